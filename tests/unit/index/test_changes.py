"""Following the catalogue: from any sequence number to now, also past the tombstones that were forgotten."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.catalog import create_catalog
from index.catalog_connection import connect, transaction
from index.catalog_writer import CatalogWriter
from index.collection_state import CollectionState
from index.errors import CorruptError
from index.prepared_item import prepare
from index.types import CollectionSpec, Filter, ItemWrite, Match, SearchParameters

SPEC = CollectionSpec("shoes", "starter", "starter-1", 4, fields=("image",))
MAX_TOMBSTONES = 5


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    create_catalog(tmp_path / "catalog.sqlite", SPEC)
    with closing(connect(tmp_path / "catalog.sqlite", writable=True)) as opened:
        yield opened


def item(number: int, content: int) -> ItemWrite:
    angle = content / 7
    vector = np.array([np.cos(angle), np.sin(angle), 0, 0], dtype=np.float32)
    attributes = {"brand": f"b{content % 3}"}
    write = ItemWrite(f"i{number}", f"{content}", attributes=attributes, vectors={"image": vector})
    return replace(write, vectors={}) if content % 5 == 0 else write


def one_change(writer: CatalogWriter, chance: random.Random) -> None:
    number, content = chance.randrange(12), chance.randrange(40)
    if chance.random() < 0.5:
        writer.upsert([prepare(item(number, content), SPEC), prepare(item(number + 1, content), SPEC)])
    elif chance.random() < 0.2:
        writer.upsert([prepare(replace(item(number, content), content_hash="same"), SPEC)])
    else:
        writer.delete([f"i{number}", f"i{number + 1}"])


def picture_of(state: CollectionState) -> object:
    """Everything a reader could ask."""
    view, *_ = state.select(None)
    query = np.array([1, 0, 0, 0], dtype=np.float32)
    hits = view.segments["image"][0].search(query, 100, None, SearchParameters())
    brands = [sorted(state.matching(Filter(must=(Match("brand", (f"b{n}",)),)))) for n in range(3)]
    found = [(view.id_of[row], cosine) for row, cosine in zip(hits.rows.tolist(), hits.cosines.tolist(), strict=True)]
    return view.sequence, found, brands, state.rows_of([f"i{n}" for n in range(13)]), state.sizes()[:2]


@pytest.mark.parametrize("seed", range(5))
def test_every_reader_arrives_at_the_same_state(connection: sqlite3.Connection, seed: int) -> None:
    chance, writer = random.Random(seed), CatalogWriter(connection, SPEC.space_id, MAX_TOMBSTONES)
    often, seldom = CollectionState(SPEC), CollectionState(SPEC)
    with transaction(connection, "IMMEDIATE"):
        writer.reload()
        writer.declare({"brand": "keyword"})
    for step in range(60):
        with transaction(connection, "IMMEDIATE"):
            writer.reload()
            one_change(writer, chance)
        often.follow(connection)
        if step % 20 == 0:
            seldom.follow(connection)
    seldom.follow(connection)
    fresh = CollectionState(SPEC)
    fresh.follow(connection)
    assert picture_of(often) == picture_of(seldom) == picture_of(fresh)
    (tombstones,) = connection.execute("SELECT count(*) FROM tombstones").fetchone()
    assert tombstones <= MAX_TOMBSTONES + 2


def test_a_failed_follow_is_caught_up_by_the_next(connection: sqlite3.Connection) -> None:
    writer, state = CatalogWriter(connection, SPEC.space_id), CollectionState(SPEC)
    with transaction(connection, "IMMEDIATE"):
        writer.reload()
        writer.upsert([prepare(item(1, 1), SPEC), prepare(item(2, 2), SPEC)])
    (good,) = connection.execute("SELECT data FROM vectors WHERE row = 2").fetchone()
    connection.execute("UPDATE vectors SET data = x'00' WHERE row = 2")
    with pytest.raises(CorruptError):
        state.follow(connection)
    assert state.matching(None).to_array().tolist() == []
    connection.execute("UPDATE vectors SET data = ? WHERE row = 2", (good,))
    state.follow(connection)
    assert state.sizes()[:2] == (2, {"image": 2})


def test_the_row_of_a_deleted_item_is_not_taken_again(connection: sqlite3.Connection) -> None:
    """Readers that did not follow yet hold its vector under that number."""
    writer = CatalogWriter(connection, SPEC.space_id)
    with transaction(connection, "IMMEDIATE"):
        writer.reload()
        writer.upsert([prepare(item(1, 1), SPEC), prepare(item(2, 2), SPEC)])
        writer.delete(["i2"])
        writer.upsert([prepare(item(3, 3), SPEC), prepare(item(2, 2), SPEC)])
    rows = dict(connection.execute("SELECT id, row FROM items"))
    assert rows == {"i1": 1, "i3": 3, "i2": 4}


def test_what_is_new_is_found_without_walking_over_the_table(connection: sqlite3.Connection) -> None:
    """A scan would make each write of a large collection as dear as the collection is large."""
    writer, state = CatalogWriter(connection, SPEC.space_id), CollectionState(SPEC)
    state.follow(connection)
    with transaction(connection, "IMMEDIATE"):
        writer.reload()
        writer.upsert([prepare(item(1, 1), SPEC)])
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    state.follow(connection)
    connection.set_trace_callback(None)
    plans = [
        step
        for statement in statements
        if statement.lstrip().startswith("SELECT")
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    assert any(step.startswith("SEARCH items") for step in plans)
    assert [step for step in plans if step.startswith("SCAN") and step != "SCAN attributes"] == []
