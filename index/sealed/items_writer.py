"""Writes the sealed items of a snapshot from the catalogue, page by page, so that no read transaction lasts."""

import sqlite3
import uuid
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

import numpy as np
import orjson

from index.attribute_values import Schema
from index.bitmaps import from_rows
from index.catalog_connection import transaction, translated
from index.durable_files import place_durably, sync_file, sync_folder
from index.geo_column import on_sphere
from index.sealed.hashed_texts import hash_of, write_hashes
from index.sealed.packed_arrays import PackedWriter, starts_of
from index.sealed.sealed_columns import write_numbers, write_places, write_postings
from index.sealed.sealed_items import ARRAYS, DESCRIPTION, ItemsDescription
from index.sealed.segment_files import named_after, sha256_of
from index.spec_text import load_attributes
from index.types import AttributeType, AttributeValue, GeoPoint, Scalar

PAGE = 16_384
_PAGE = "SELECT row, id, attributes, sequence FROM items WHERE row > ? ORDER BY row LIMIT ?"
ItemRow: TypeAlias = tuple[int, str, str]


def write_items(parent: Path, connection: sqlite3.Connection, schema: Schema, to: int) -> str:
    """Every item that last changed at `to` or before, in a new folder of `parent`. Durable when it returns its name."""
    folder = parent / f"items-{uuid.uuid4().hex[:12]}"
    with translated():
        folder.mkdir(parents=True)
        with (folder / ARRAYS).open("wb") as file:
            packed = PackedWriter(file)
            columns = {key: _column(type_) for key, type_ in schema.items()}
            ids = _Ids()
            for row, id_, attributes in _items(connection, to):
                ids.add(row, id_)
                for key, value in load_attributes(attributes).items():
                    if key in columns:  # one declared later came with a later change of another item
                        columns[key].add(row, value)
            ids.write(packed)
            for key, column in columns.items():
                column.write(packed, f"of {key}")
        sync_file(folder / ARRAYS)
        description = ItemsDescription(to, schema, packed.places, sha256_of(folder / ARRAYS))
        place_durably({folder / DESCRIPTION: orjson.dumps(asdict(description))})
        sync_folder(folder)
        name = named_after(folder.name, sha256_of(folder / DESCRIPTION))
        folder.rename(parent / name)
        sync_folder(parent)
    return name


def _items(connection: sqlite3.Connection, to: int) -> Iterator[ItemRow]:
    last = -1
    while True:
        with transaction(connection):
            found = connection.execute(_PAGE, (last, PAGE)).fetchall()
        if not found:
            return
        last = found[-1][0]
        yield from ((row, id_, attributes) for row, id_, attributes, sequence in found if sequence <= to)


class _Ids:
    """Ids as they come, by row, in few bytes each."""

    def __init__(self) -> None:
        self._rows, self._lengths, self._hashes = array("I"), array("I"), array("I")
        self._bytes = bytearray()

    def add(self, row: int, id_: str) -> None:
        text = id_.encode()
        self._rows.append(row)
        self._lengths.append(len(text))
        self._hashes.append(hash_of(text))
        self._bytes += text

    def write(self, packed: PackedWriter) -> None:
        """An id is found under its row: rows that are not there have empty ones."""
        rows = np.frombuffer(self._rows, np.uint32) if self._rows else np.empty(0, np.uint32)
        lengths = np.zeros(int(rows[-1]) + 1 if len(rows) else 0, np.int64)
        lengths[rows] = self._lengths
        live = from_rows(rows)
        live.run_optimize()
        packed.add("live", np.frombuffer(live.serialize(), np.uint8))
        packed.add("ids.bytes", np.frombuffer(self._bytes, np.uint8))
        packed.add("ids.starts", starts_of(lengths))
        write_hashes(packed, "ids", np.array(self._hashes, np.uint32), rows)


class _Postings:
    def __init__(self) -> None:
        self._rows: dict[Scalar, array[int]] = {}

    def add(self, row: int, value: AttributeValue) -> None:
        """A value that is repeated counts once."""
        assert value is not None and not isinstance(value, GeoPoint)
        values: Iterable[Scalar] = dict.fromkeys(value) if isinstance(value, tuple) else (value,)
        for one in values:
            rows = self._rows.get(one)
            if rows is None:
                rows = self._rows[one] = array("I")
            rows.append(row)

    def write(self, packed: PackedWriter, name: str) -> None:
        write_postings(packed, name, self._rows)


class _Numbers:
    def __init__(self) -> None:
        self._rows, self._values = array("I"), array("d")

    def add(self, row: int, value: object) -> None:
        assert isinstance(value, int | float)
        self._rows.append(row)
        self._values.append(value)

    def write(self, packed: PackedWriter, name: str) -> None:
        write_numbers(packed, name, np.array(self._rows, np.int64), np.array(self._values, np.float64))


class _Places:
    def __init__(self) -> None:
        self._rows, self._places = array("I"), array("d")

    def add(self, row: int, value: object) -> None:
        assert isinstance(value, GeoPoint)
        self._rows.append(row)
        self._places.extend(on_sphere(value))

    def write(self, packed: PackedWriter, name: str) -> None:
        places = np.array(self._places, np.float64).reshape(-1, 3)
        write_places(packed, name, np.array(self._rows, np.int64), places)


def _column(type_: AttributeType) -> _Postings | _Numbers | _Places:
    match type_:
        case "number":
            return _Numbers()
        case "geo":
            return _Places()
        case _:
            return _Postings()
