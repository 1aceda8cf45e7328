"""Checks the sealed items of a snapshot: that they are whole, and name what the catalogue names."""

import sqlite3
from collections.abc import Iterator

from index.catalog_connection import transaction
from index.checking.finding import Finding, several
from index.errors import CorruptError
from index.sealed.sealed_items import SealedItems
from index.sealed.snapshot import Snapshot, SnapshotFiles

PAGE = 16_384
_PAGE = "SELECT row, id FROM items WHERE row > ? AND sequence <= ? ORDER BY row LIMIT ?"


def check_items(connection: sqlite3.Connection, snapshot: Snapshot, files: SnapshotFiles) -> Iterator[Finding]:
    """Each item that did not change since the snapshot is there under its id."""
    if snapshot.items is None:
        return  # of a format without
    try:
        items = SealedItems(files.items(snapshot.items))
    except CorruptError as error:
        yield Finding("sealed", f"{error}: the items are read from the catalogue until they are built again")
        return
    wrong = [row for row, id_ in _items(connection, snapshot.sequence) if not _names(items, row, id_)]
    if wrong:
        yield Finding("sealed", f"the sealed items name rows {several(wrong)} otherwise than the catalogue")


def _items(connection: sqlite3.Connection, to: int) -> Iterator[tuple[int, str]]:
    last = -1
    while True:
        with transaction(connection):
            found = connection.execute(_PAGE, (last, to, PAGE)).fetchall()
        if not found:
            return
        yield from found
        last = found[-1][0]


def _names(items: SealedItems, row: int, id_: str) -> bool:
    return row in items.live and items.ids.id_of(row) == id_ and items.ids.row_of(id_) == row
