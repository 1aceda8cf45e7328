"""A `lookalike serve` process for the time of a test run, and what is put into it. Uses HTTP and signals only."""

import base64
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.e2e.products import Product

START_S = 60.0
STOP_S = 20.0
_ADDRESS = re.compile(r"http://[0-9.]+:\d+")


@contextmanager
def serve(folder: Path, model: str) -> Iterator[str]:
    """Serve `folder` on a free port; gives the address once the process answers there."""
    command = [str(Path(sys.executable).with_name("lookalike")), "serve", "--port", "0", "--data", str(folder)]
    environment = {**os.environ, "LOOKALIKE_DEFAULT_MODEL": model, "LOOKALIKE_LOG_LEVEL": "warning"}
    log = folder / "server.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as process,
    ):
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            process.wait(STOP_S)


def index(address: str, collection: str, products: Sequence[Product]) -> None:
    """Make the collection and put the products into it; none may fail."""
    items = [
        {
            "id": product.id,
            "text": product.text,
            "image": {"base64": base64.b64encode(product.picture.read_bytes()).decode()},
            "attributes": product.attributes,
        }
        for product in products
    ]
    path = f"/v1/collections/{collection}"
    with httpx.Client(base_url=address, timeout=60) as client:
        client.put(path, json={}).raise_for_status()
        answer = client.post(f"{path}/items", json={"items": items}).raise_for_status().json()
    assert [item for item in answer["items"] if item["status"] != "created"] == []


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address of the line in which the server says that it serves."""
    assert process.stdout is not None
    deadline = time.monotonic() + START_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            line = process.stdout.readline()
            if found := _ADDRESS.search(line.decode()):
                return found[0]
            if not line:
                break
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
