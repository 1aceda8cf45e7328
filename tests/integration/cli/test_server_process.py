"""`lookalike serve` as a process: answers, takes the job's items, drains, and says what is wrong with a port."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.integration.cli.conftest import Cli, summary_of
from tests.server_process import ServerProcess


def test_a_server_answers_and_drains_on_sigterm(server: ServerProcess) -> None:
    assert httpx.get(f"{server.url}/readyz").json()["status"] == "ready"
    assert server.stop() == 0


def test_ctrl_c_stops_it_too(server: ServerProcess) -> None:
    server.process.send_signal(signal.SIGINT)
    assert server.stop() == 0


def test_an_index_run_goes_through_the_server_that_holds_the_collection(
    cli: Cli, folder: Path, server: ServerProcess
) -> None:
    collection = f"{server.url}/v1/collections/shapes"
    httpx.put(collection, json={}).raise_for_status()
    httpx.post(f"{collection}/items", json={"items": [{"id": "first", "text": "red"}]}).raise_for_status()
    result = cli("index", folder, "-c", "shapes")
    assert result.exit_code == 1, result.output
    assert f"The server at {server.url} has this collection open" in " ".join(result.output.split())
    assert httpx.get(collection).json()["items"] == 9
    assert summary_of(cli("index", folder, "-c", "shapes", "--json", "--url", server.url))["unchanged"] == 8


def test_a_server_sees_what_a_job_writes_beside_it(cli: Cli, folder: Path, server: ServerProcess) -> None:
    cli("index", folder, "-c", "shapes")
    body = {"query": {"text": "red"}, "limit": 1}
    answer = httpx.post(f"{server.url}/v1/collections/shapes/search", json=body).json()
    assert [hit["id"] for hit in answer["hits"]] == ["light/red-square.png"]


def test_a_taken_port_is_said_with_what_to_do(cli: Cli, server: ServerProcess) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    result = cli("serve", "--port", port)
    assert result.exit_code == 3
    assert f"--port {port + 1}" in result.output
