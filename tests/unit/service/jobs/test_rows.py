"""Rows of CSV, JSONL and Parquet: types, positions, and rows that break alone."""

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from index.types import GeoPoint
from service.jobs.index_job.csv_rows import CsvRows
from service.jobs.index_job.jsonl_rows import JsonlRows
from service.jobs.index_job.parquet_rows import ParquetRows
from service.jobs.index_job.record import BrokenRecord, SourceError
from service.jobs.index_job.table import Row


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_csv_columns_take_the_type_of_their_first_rows(tmp_path: Path) -> None:
    rows = CsvRows(written(tmp_path, "a.csv", "id,price,stock,sale,code\n1,39.9,4,true,007\n2,,5,FALSE,12\n"))
    rows.infer_types(["price", "stock", "sale", "code"])
    first, second = (row.cells for row in rows if isinstance(row, Row))
    assert first == {"id": "1", "price": 39.9, "stock": 4, "sale": True, "code": "007"}
    assert second == {"id": "2", "price": None, "stock": 5, "sale": False, "code": "12"}


def test_csv_numbers_may_be_missing_and_serials_are_keywords(tmp_path: Path) -> None:
    rows = CsvRows(written(tmp_path, "a.csv", f"id,price,serial,us\n1,NaN,{'9' * 16},{2**53}\n2,3.5,1,1\n"))
    rows.infer_types(["price", "serial", "us"])
    first, second = (row.cells for row in rows if isinstance(row, Row))
    assert math.isnan(first["price"])  # type: ignore[arg-type]
    assert (first["serial"], first["us"]) == ("9" * 16, 2**53)
    assert (second["price"], second["serial"]) == (3.5, "1")


def test_csv_places_are_geo_uris_and_decimal_commas_are_none(tmp_path: Path) -> None:
    text = 'id,shop,price,mixed\n1,"geo:52.52,-13.405","12,50","geo:1,2"\n2,"GEO:-1,+2","3,99",x\n3,,,\n'
    rows = CsvRows(written(tmp_path, "a.csv", text))
    rows.infer_types(["shop", "price", "mixed"])
    first, second, third = (row.cells for row in rows if isinstance(row, Row))
    assert first == {"id": "1", "shop": GeoPoint(52.52, -13.405), "price": "12,50", "mixed": "geo:1,2"}
    assert (second["shop"], third["shop"]) == (GeoPoint(-1, 2), None)


def test_a_csv_row_that_does_not_fit_breaks_alone(tmp_path: Path) -> None:
    many = "".join(f"{n},{n}\n" for n in range(1000))
    rows = CsvRows(written(tmp_path, "a.csv", f"id,price\n{many}x,cheap\ny,1,2\nz,3\n"))
    rows.infer_types(["price"])
    *_, bad_value, bad_width, good = rows
    assert isinstance(bad_value, BrokenRecord) and (bad_value.position, bad_value.code) == (
        1002,
        "attribute_value_invalid",
    )
    assert isinstance(bad_width, BrokenRecord) and "3 cells where the header has 2" in bad_width.why
    assert isinstance(good, Row) and good.cells == {"id": "z", "price": 3}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_off_the_header(tmp_path: Path, delimiter: str) -> None:
    text = f'\ufeffid{delimiter}title\n1{delimiter}"a{delimiter} b\nc"\n'
    rows = CsvRows(written(tmp_path, "a.csv", text))
    assert rows.names == ["id", "title"]
    assert [row.cells for row in rows if isinstance(row, Row)] == [{"id": "1", "title": f"a{delimiter} b\nc"}]


@pytest.mark.parametrize(("text", "says"), [("", "empty"), ("id,id\n", "twice")])
def test_a_csv_without_a_usable_header_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        CsvRows(written(tmp_path, "a.csv", text))


def test_jsonl_lines_may_differ_and_break_alone(tmp_path: Path) -> None:
    rows = JsonlRows(written(tmp_path, "a.jsonl", b'{"id": 1}\n\n{"id": 2, "title": "x"}\n[1]\n{"id":\n\xff\n'))
    assert rows.names == ["id", "title"]
    found = list(rows)
    assert [row.position for row in found] == [1, 3, 4, 5, 6]
    assert [isinstance(row, BrokenRecord) for row in found] == [False, False, True, True, True]


def test_jsonl_without_objects_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="one object a line"):
        JsonlRows(written(tmp_path, "a.jsonl", "[]\n"))


def test_parquet_rows_keep_their_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1, 2], "image": [b"\x01", None], "tags": [["a"], []]}), path)
    rows = ParquetRows(path)
    assert (rows.names, rows.total) == (["id", "image", "tags"], 2)
    assert [row.cells for row in rows] == [
        {"id": 1, "image": b"\x01", "tags": ["a"]},
        {"id": 2, "image": None, "tags": []},
    ]


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no Parquet file"):
        ParquetRows(written(tmp_path, "a.parquet", "nope"))
