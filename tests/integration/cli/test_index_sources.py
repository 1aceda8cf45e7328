"""`lookalike index` of every kind of source, with broken rows, from file to search."""

import base64
import csv
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS
from tests.integration.cli.conftest import Cli, summary_of

Line = dict[str, object]


def lines(folder: Path) -> list[Line]:
    """Eight good rows, one whose picture is gone, one whose picture is none."""
    rows: list[Line] = [
        {"sku": name, "picture": f"{name}.png", "title": f"a {name} square", "price": number + 0.5, "round": False}
        for number, name in enumerate(COLOURS)
    ]
    for name, colour in COLOURS.items():
        (folder / f"{name}.png").write_bytes(picture(colour))
    (folder / "text.png").write_text("no picture")
    gone = {"sku": "gone", "picture": "gone.png", "title": "gone", "price": 1.5, "round": True}
    return [*rows, gone, {**gone, "sku": "text", "picture": "text.png"}]


def write_csv(path: Path, rows: list[Line]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_jsonl(path: Path, rows: list[Line]) -> None:
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))


def write_parquet(path: Path, rows: list[Line]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


WRITERS = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def ids(cli: Cli, *arguments: str) -> list[str]:
    result = cli("search", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return [hit["id"] for hit in orjson.loads(result.stdout)["hits"]]


@pytest.mark.parametrize("form", WRITERS)
def test_a_table_is_indexed_and_found(cli: Cli, tmp_path: Path, form: str) -> None:
    source = tmp_path / f"catalogue.{form}"
    WRITERS[form](source, lines(tmp_path))
    result = cli("index", source, "--collection", "shapes", "--json")
    assert result.exit_code == 1, result.output
    summary = summary_of(result)
    assert (summary["created"], summary["failed"], summary["is_complete"]) == (8, 2, True)
    failed = [orjson.loads(line) for line in Path("shapes.errors.jsonl").read_bytes().splitlines()]
    assert {row["id"]: row["code"] for row in failed} == {"gone": "picture_missing", "text": "picture_unreadable"}
    assert all(row["line"] >= 9 and row["why"] for row in failed)
    assert ids(cli, "shapes", "red", "--limit", "1") == ["red"]
    assert ids(cli, "shapes", "red", "--filter", "price>6", "--limit", "9") != []
    assert set(ids(cli, "shapes", "red", "--filter", "price>6")) == {"black", "white"}


def test_a_folder_is_indexed_and_found(cli: Cli, folder: Path) -> None:
    result = cli("index", folder, "--collection", "shapes")
    assert result.exit_code == 1, result.output
    failed = [orjson.loads(line) for line in Path("shapes.errors.jsonl").read_bytes().splitlines()]
    assert [row["id"] for row in failed] == ["broken.jpg", "empty.png"]
    image = str(folder / "light" / "red-square.png")
    assert ids(cli, "shapes", "--image", image, "--limit", "1") == ["light/red-square.png"]
    assert ids(cli, "shapes", "blue", "--filter", "folder=light", "--limit", "1") == ["light/blue-square.png"]
    changed = ids(cli, "shapes", "--image", image, "--change", "in blue", "--limit", "8")
    assert len(changed) == 8


def test_pictures_inside_the_file(cli: Cli, tmp_path: Path) -> None:
    rows = [{"id": n, "image": base64.b64encode(picture(c)).decode(), "name": n} for n, c in COLOURS.items()]
    write_jsonl(tmp_path / "inside.jsonl", [dict(row) for row in rows])
    assert cli("index", tmp_path / "inside.jsonl", "-c", "inside").exit_code == 0
    assert ids(cli, "inside", "green", "--limit", "1") == ["green"]


def test_a_dry_run_finds_what_is_wrong_and_writes_nothing(cli: Cli, folder: Path, data: Path) -> None:
    result = cli("index", folder, "-c", "shapes", "--dry-run", "--json")
    assert result.exit_code == 1
    assert (summary_of(result)["created"], summary_of(result)["failed"]) == (8, 2)
    assert not (data / "collections").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nowhere", "-c", "x"], 2, "no file or folder"),
        (["a.txt", "-c", "x"], 2, "no folder of pictures"),
        (["a.csv", "-c", "x"], 2, "--id"),
        (["a.csv", "-c", "x", "--id", "sku"], 2, "no column 'sku'"),
        (["b.csv", "-c", "NOT A NAME"], 3, ""),
        (["b.csv", "-c", "x", "--model", "other"], 3, "loaded are: tiny"),
        (["b.csv", "-c", "x", "--url", "http://127.0.0.1:1"], 3, "is it running"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(cli: Cli, arguments: list[str], code: int, says: str) -> None:
    Path("a.txt").write_text("x")
    Path("a.csv").write_text("title,price\nx,1\n")
    Path("b.csv").write_text("id,title\n1,red\n")
    result = cli("index", *arguments)
    assert (result.exit_code, "Traceback" in result.output) == (code, False), result.output
    assert says in " ".join(result.output.split())
