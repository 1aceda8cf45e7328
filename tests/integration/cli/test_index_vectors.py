"""`lookalike index --vectors`: straight into the catalogue, through a server, again, and what is refused."""

from pathlib import Path

import httpx
import numpy as np
import orjson
import pytest

from tests.integration.cli.conftest import Cli, ServerProcess, summary_of

D = 12


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    values = np.random.default_rng(0).standard_normal((2100, D)).astype(np.float32)
    values[7] = 0
    np.save(tmp_path / "v.npy", values)
    return tmp_path / "v.npy"


def counts(result: object) -> tuple[object, ...]:
    found = summary_of(result)  # type: ignore[arg-type]
    return tuple(found[key] for key in ("created", "updated", "unchanged", "failed"))


def test_vectors_go_in_and_are_known_the_second_time(cli: Cli, vectors: Path, tmp_path: Path) -> None:
    first = cli("index", "--vectors", vectors, "-c", "mine", "--json")
    assert first.exit_code == 1 and counts(first) == (2099, 0, 0, 1)
    (failure,) = [orjson.loads(line) for line in (tmp_path / "mine.errors.jsonl").read_bytes().splitlines()]
    assert (failure["id"], failure["line"], failure["code"]) == ("7", 8, "vector_invalid")
    assert counts(cli("index", "--vectors", vectors, "-c", "mine", "--json")) == (0, 0, 2099, 1)
    described = orjson.loads(cli("collections", "describe", "mine", "--json").stdout)
    assert (described["model"], described["space"], described["dimension"]) == (None, "mine", D)
    searched = cli("search", "mine", "red", "--pictures-only")
    assert searched.exit_code == 3 and "no loaded model" in searched.output


def test_no_model_is_needed(cli: Cli, vectors: Path, data: Path) -> None:
    (data / "bundles").rename(data / "elsewhere")
    assert counts(cli("index", "--vectors", vectors, "-c", "mine", "--space", "clip", "--json")) == (2099, 0, 0, 1)
    assert "clip" in cli("collections", "describe", "mine").output


def test_a_table_beside_brings_attributes(cli: Cli, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.eye(3, D))
    (tmp_path / "t.csv").write_text("sku,price\na,1\nb,2\nc,cheap\n")
    assert counts(cli("index", tmp_path / "t.csv", "--vectors", tmp_path / "v.npy", "-c", "mine", "--json"))[0] == 3
    (tmp_path / "t.csv").write_text("sku,price,stock\na,1,1\nb,2,2\nc,3,3\n")
    result = cli("index", tmp_path / "t.csv", "--vectors", tmp_path / "v.npy", "-c", "mine", "--json")
    assert counts(result) == (0, 0, 0, 3)  # price is a keyword there
    assert b"attribute_value_invalid" in (tmp_path / "mine.errors.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--ids", "ids.txt"], 2, "add --vectors"),
        ([], 2, "say what to index"),
        (["--vectors", "none.npy"], 2, "there is no file"),
        (["--vectors", "v.npy", "--model", "tiny"], 2, "--model"),
        (["--vectors", "v.npy", "--ids", "none.txt"], 2, "none.txt"),
    ],
)
def test_wrong_use_is_said(cli: Cli, vectors: Path, arguments: list[str], code: int, says: str) -> None:
    result = cli("index", *arguments, "-c", "mine")
    assert result.exit_code == code and says in result.output


def test_the_space_of_a_model_has_the_dimension_of_the_model(cli: Cli, vectors: Path, data: Path) -> None:
    refused = cli("index", "--vectors", vectors, "-c", "mine", "--space", "tiny-1")
    assert refused.exit_code == 3 and "with 16 dimensions, not 12" in refused.output
    assert not (data / "collections" / "mine").exists()


def test_ids_that_are_not_as_many_leave_no_collection(cli: Cli, vectors: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "i.txt").write_text("a\nb\n")
    refused = cli("index", "--vectors", vectors, "--ids", tmp_path / "i.txt", "-c", "mine")
    assert refused.exit_code == 2 and "2,100 vectors, and there are 2 ids" in refused.output
    assert not (data / "collections" / "mine").exists()


def test_other_vectors_are_refused_by_a_collection_that_is_there(cli: Cli, vectors: Path, folder: Path) -> None:
    cli("index", "--vectors", vectors, "-c", "mine", "--json")
    np.save(vectors, np.eye(4))
    other = cli("index", "--vectors", vectors, "-c", "mine")
    assert other.exit_code == 3 and "4 dimensions" in other.output
    np.save(vectors, np.eye(D))
    assert "not 'else'" in cli("index", "--vectors", vectors, "-c", "mine", "--space", "else").output
    assert "no 'product'" in cli("index", "--vectors", vectors, "-c", "mine", "--field", "product").output


def test_into_a_collection_of_a_model_only_by_the_name_of_its_space(cli: Cli, folder: Path, tmp_path: Path) -> None:
    cli("index", folder, "-c", "shop", "--json")
    np.save(tmp_path / "v.npy", np.eye(2, 16))
    refused = cli("index", "--vectors", tmp_path / "v.npy", "-c", "shop")
    assert refused.exit_code == 3 and "--space tiny-1" in refused.output
    result = cli("index", "--vectors", tmp_path / "v.npy", "-c", "shop", "--space", "tiny-1", "--json")
    assert counts(result) == (2, 0, 0, 0)
    found = orjson.loads(cli("search", "shop", "red", "--json").stdout)
    assert {"0", "1"} <= {hit["id"] for hit in found["hits"]}  # the field `product` was derived


def test_through_a_running_server(cli: Cli, vectors: Path, server: ServerProcess) -> None:
    result = cli("index", "--vectors", vectors, "-c", "mine", "--url", server.url, "--json")
    assert counts(result) == (2099, 0, 0, 1)
    forwarded = cli("index", "--vectors", vectors, "-c", "mine", "--json")
    assert counts(forwarded) == (0, 0, 2099, 1)
    url = f"{server.url}/v1/collections/mine"
    wanted = np.load(vectors)[42].tolist()
    hits = httpx.post(f"{url}/search", json={"query": {"vector": wanted}}).json()["hits"]
    assert hits[0]["id"] == "42"
    hits = httpx.post(f"{url}/search", json={"query": {"image": {"item": "42"}}}).json()["hits"]
    assert hits and hits[0]["id"] != "42"
    refused = httpx.post(f"{url}/search", json={"query": {"text": "red"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "space_without_model")
