"""Folders and tables become records; pictures are read from wherever the cell says."""

import base64
from pathlib import Path

import orjson
import pytest

from service.jobs.index_job.columns import ColumnWishes
from service.jobs.index_job.folder import title_of
from service.jobs.index_job.open_source import open_source
from service.jobs.index_job.picture_cells import PictureCells
from service.jobs.index_job.record import BrokenRecord, RecordError, SourceError, SourceRecord
from tests.fakes.pictures import picture

LIMIT = 1_000_000


def test_a_folder_gives_pictures_in_order_with_title_and_folder(tmp_path: Path) -> None:
    for name in ("b-red_shoe.png", "sub/deep/IMG_1234.jpg", ".hidden/x.png", "notes.txt", "sub/huge.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (LIMIT + 1) if "huge" in name else picture())
    source = open_source(tmp_path, ColumnWishes(), LIMIT)
    first, huge, deep = source
    assert source.total == 3
    assert isinstance(first, SourceRecord) and isinstance(deep, SourceRecord) and isinstance(huge, BrokenRecord)
    assert (first.id, first.text, first.attributes) == ("b-red_shoe.png", "b red shoe", {"folder": tmp_path.name})
    assert (deep.id, deep.text, deep.attributes) == ("sub/deep/IMG_1234.jpg", None, {"folder": "sub/deep"})
    assert (huge.id, huge.code) == ("sub/huge.png", "picture_too_large")


@pytest.mark.parametrize(
    ("stem", "title"),
    [("red-canvas_shoe.2", "red canvas shoe 2"), ("DSC0001", None), ("0123456789abcdef0123", None), ("été", "été")],
)
def test_titles_of_file_names(stem: str, title: str | None) -> None:
    assert title_of(stem) == title


@pytest.mark.parametrize("name", ["none", "a.txt", "empty"])
def test_what_is_no_source_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        open_source(tmp_path / name, ColumnWishes(), LIMIT)


def test_a_table_gives_records_with_nested_attributes(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(picture())
    lines = [
        {"id": "a", "image": "p.png", "title": "A", "attributes": {"brand": "x", "none": None}, "price": 2},
        {"id": "b", "image": "gone.png"},
        {"title": "no id"},
    ]
    (tmp_path / "c.jsonl").write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    good, missing, nameless = open_source(tmp_path / "c.jsonl", ColumnWishes(), LIMIT)
    assert good == SourceRecord(1, "a", "A", picture(), "p.png", {"brand": "x", "price": 2})
    assert isinstance(missing, BrokenRecord) and (missing.id, missing.code) == ("b", "picture_missing")
    assert isinstance(nameless, BrokenRecord) and nameless.code == "id_missing"


def test_pictures_come_as_bytes_base64_data_uri_or_object(tmp_path: Path) -> None:
    data = picture()
    text = base64.b64encode(data).decode()
    cells: list[object] = [data, text, f"data:image/png;base64,{text}", {"bytes": data, "path": None}, {"base64": text}]
    read = PictureCells(tmp_path, LIMIT)
    for cell in cells:
        found = read.read(cell)
        assert found is not None and found.data == data
    assert read.read(None) is None and read.read("") is None


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("https://example.org/a.png", "url_not_fetched"),
        ("a.png", "picture_missing"),
        ("data:image/png;base64,@@@", "base64_invalid"),
        ("x" * 2000 + "!", "base64_invalid"),
        (7, "picture_unreadable"),
    ],
)
def test_cells_that_are_no_picture(tmp_path: Path, cell: object, code: str) -> None:
    with pytest.raises(RecordError) as caught:
        PictureCells(tmp_path, LIMIT).read(cell)
    assert caught.value.code == code
