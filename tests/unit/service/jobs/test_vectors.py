"""Files of vectors as a source: mapped, brought to unit length, joined with ids and tables, refused where damaged."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from index.types import GeoPoint, Vectors
from service.jobs.index_job import ColumnWishes, Source, SourceError, VectorWishes, open_vectors
from service.jobs.index_job.batches import MAX_VECTOR_ITEMS, in_batches
from service.jobs.index_job.record import BrokenRecord, Record, SourceRecord

D = 8


def some(count: int) -> Vectors:
    return (5 * np.random.default_rng(0).standard_normal((count, D))).astype(np.float32)


def npy(folder: Path, values: np.ndarray, name: str = "v.npy") -> Path:
    np.save(folder / name, values)
    return folder / name


def fvecs(folder: Path, values: Vectors) -> Path:
    heads = np.full((len(values), 1), values.shape[1], "<i4")
    path = folder / "v.fvecs"
    np.hstack([heads, np.ascontiguousarray(values).view("<i4")]).tofile(path)
    return path


def opened(path: Path, table: Path | None = None, ids: str | Path | None = None, **wishes: object) -> Source:
    named = VectorWishes(path, None if ids is None else str(ids), **wishes)  # type: ignore[arg-type]
    return open_vectors(named, table, ColumnWishes())[0]


def good(records: list[Record]) -> list[SourceRecord]:
    return [record for record in records if isinstance(record, SourceRecord)]


def codes(records: list[Record]) -> list[tuple[str, str]]:
    return [(record.id, record.code) for record in records if isinstance(record, BrokenRecord)]


@pytest.mark.parametrize("kind", ["npy", "float16", "integers", "columns", "fvecs", "parquet"])
def test_every_form_gives_the_same_directions_at_unit_length(tmp_path: Path, kind: str) -> None:
    values = np.round(some(2500))
    match kind:
        case "fvecs":
            path = fvecs(tmp_path, values)
        case "parquet":
            path = tmp_path / "v.parquet"
            parquet.write_table(pa.table({"id": [str(n) for n in range(2500)], "embedding": values.tolist()}), path)
        case _:
            types = {"float16": values.astype(np.float16), "integers": values.astype(np.int8)}
            path = npy(tmp_path, types.get(kind, np.asfortranarray(values) if kind == "columns" else values))
    records = good(list(opened(path)))
    assert [record.id for record in records] == [str(n) for n in range(2500)]
    found = np.array([record.vectors["image"] for record in records])
    assert np.allclose(found, values / np.linalg.norm(values, axis=1, keepdims=True), atol=1e-6)


def test_vectors_without_a_direction_are_broken_records_and_their_neighbours_are_not(tmp_path: Path) -> None:
    values = some(6).astype(np.float64)
    values[1] = 0
    values[2, 3] = np.nan
    values[4, 0] = np.inf
    values[5] *= 1e300
    records = list(opened(npy(tmp_path, values)))
    assert codes(records) == [("1", "vector_invalid"), ("2", "vector_invalid"), ("4", "vector_invalid")]
    assert np.linalg.norm(good(records)[-1].vectors["image"]) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("kind", ["txt", "npy", "strings", "csv"])
def test_ids_come_from_a_file_in_order(tmp_path: Path, kind: str) -> None:
    ids = tmp_path / {"txt": "i.txt", "csv": "i.csv"}.get(kind, "i.npy")
    match kind:
        case "txt":
            ids.write_text("a\nb\nc\n\n")
        case "csv":
            ids.write_text("sku,price\na,1\nb,2\nc,3\n")
        case "npy":
            np.save(ids, np.array([7, 8, 9]))
        case "strings":
            np.save(ids, np.array(["a", "b", "c"]))
    found = [record.id for record in good(list(opened(npy(tmp_path, some(3)), ids=ids)))]
    assert found == (["7", "8", "9"] if kind == "npy" else ["a", "b", "c"])


@pytest.mark.parametrize("lines", ["a\nb\n", "a\nb\nc\nd\n"])
def test_ids_that_are_not_as_many_are_refused_before_anything_is_read(tmp_path: Path, lines: str) -> None:
    (tmp_path / "i.txt").write_text(lines)
    np.save(tmp_path / "i.npy", np.array(lines.split()))
    for ids in ("i.txt", "i.npy"):
        with pytest.raises(SourceError, match=r"has 3 vectors, and there are [24] ids"):
            opened(npy(tmp_path, some(3)), ids=tmp_path / ids)


@pytest.mark.parametrize(("rows", "told"), [("id\na\nb\n", "fewer"), ("id\na\nb\nc\nd\n", "more")])
def test_rows_that_are_not_as_many_stop_the_job(tmp_path: Path, rows: str, told: str) -> None:
    (tmp_path / "t.csv").write_text(rows)
    with pytest.raises(SourceError, match=f"the ids or rows beside it are {told}"):
        list(opened(npy(tmp_path, some(3)), tmp_path / "t.csv"))


def test_a_table_beside_gives_ids_texts_and_attributes_in_order(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    first_line = '{"id": "a", "title": "red", "price": 1, "image": "pictures/a.jpg"}'
    table.write_text(first_line + '\n{"title": "no id"}\n{"id": "c", "tags": ["x"]}\n')
    records = list(opened(npy(tmp_path, some(3)), table))
    first, last = good(records)
    assert (first.text, first.image, first.image_ref, first.attributes) == ("red", None, "pictures/a.jpg", {"price": 1})
    assert (last.id, last.attributes) == ("c", {"tags": ("x",)})
    assert np.allclose(last.vectors["image"], some(3)[2] / np.linalg.norm(some(3)[2]), atol=1e-6)
    assert codes(records) == [("", "id_missing")]


def test_a_table_is_joined_by_id_where_the_vectors_have_ids(tmp_path: Path) -> None:
    (tmp_path / "i.txt").write_text("a\nb\nc\n")
    table = tmp_path / "t.csv"
    table.write_text("id,title,price\nc,old,1\nz,alone,2\nc,three,3\na,one,4\n")
    records = list(opened(npy(tmp_path, some(3)), table, ids=tmp_path / "i.txt"))
    assert [(record.id, record.text, dict(record.attributes)) for record in good(records)] == [
        ("a", "one", {"price": 4}),
        ("b", None, {}),
        ("c", "three", {"price": 3}),
    ]
    assert codes(records) == [("z", "vector_missing")]


def test_a_joined_table_may_hold_values_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "i.txt").write_text("a\n")
    table = tmp_path / "t.jsonl"
    table.write_text('{"id": "a", "where": {"lat": 52.5, "lon": 13.4}, "tags": ["x", "y"], "sold": true}\n')
    (record,) = good(list(opened(npy(tmp_path, some(1)), table, ids=tmp_path / "i.txt")))
    expected = {"where": GeoPoint(52.5, 13.4), "tags": ("x", "y"), "sold": True}
    assert dict(record.attributes) == expected


def test_parquet_brings_its_own_columns(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    vectors = [list(map(float, range(1, 5))), None, [1.0, 2.0], [0.0, 0.0, 3.0, 0.0]]
    columns = {"sku": ["a", "b", "c", "d"], "emb": vectors, "name": ["red", "x", "y", "blue"], "price": [1.0, 2, 3, 4]}
    parquet.write_table(pa.table(columns), path)
    records = list(opened(path, field="product"))
    assert [(record.id, record.text, dict(record.attributes)) for record in good(records)] == [
        ("a", "red", {"price": 1.0}),
        ("d", "blue", {"price": 4.0}),
    ]
    assert good(records)[1].vectors["product"].tolist() == [0.0, 0.0, 1.0, 0.0]
    assert codes(records) == [("b", "vector_invalid"), ("c", "vector_invalid")]
    both = list(opened(path, path, field="product"))
    assert [(record.id, record.text) for record in good(both)] == [("a", "red"), ("d", "blue")]


def test_a_fixed_size_column_is_read_and_another_one_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "v.parquet"
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(some(3).ravel()), D)
    parquet.write_table(pa.table({"id": [1, 2, 3], "one": fixed, "two": [[1.0, 0.0]] * 3}), path)
    with pytest.raises(SourceError, match="one, two"):
        opened(path)
    assert open_vectors(VectorWishes(path, column="one"), None, ColumnWishes())[1] == D
    records = good(list(opened(path, column="one", ids="id")))
    assert [record.id for record in records] == ["1", "2", "3"]


def test_damaged_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    cut = fvecs(tmp_path, some(10))
    whole = cut.read_bytes()
    cut.write_bytes(whole[:-3])
    with pytest.raises(SourceError, match="cut off"):
        opened(cut)
    cut.write_bytes(np.array([2_000_000_000], "<i4").tobytes() + whole[4:])
    with pytest.raises(SourceError, match="dimensions"):
        opened(cut)
    changed = np.frombuffer(whole, "<i4").copy()
    changed[5 * (D + 1)] = D + 1
    changed.tofile(cut)
    with pytest.raises(SourceError, match="vector 6 says 9"):
        list(opened(cut))
    path = npy(tmp_path, some(10))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SourceError, match="mapped"):
        opened(path)
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(SourceError, match="mapped"):
        opened(path)
    with pytest.raises(SourceError, match="shape"):
        opened(npy(tmp_path, np.zeros(5)))
    with pytest.raises(SourceError, match="none of"):
        opened(tmp_path / "t.csv") if (tmp_path / "t.csv").write_text("a") else None


def test_vectors_come_in_large_batches(tmp_path: Path) -> None:
    batches = list(in_batches(opened(npy(tmp_path, some(MAX_VECTOR_ITEMS + 1)))))
    assert [len(batch.records) for batch in batches] == [MAX_VECTOR_ITEMS, 1]
