"""Removes points beyond those to be kept, and the objects that no point names any more. Bounded memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from index.backup.point import Point, Repository
from index.backup.reading import lines
from index.catalog_connection import translated


def prune(repository: Repository, keep: int | None) -> int:
    """Returns how many bytes went. Raises CorruptError, and removes nothing, where a point that stays is damaged."""
    numbers = repository.numbers()
    if keep is None:
        return 0
    kept = [repository.read(number) for number in numbers[-keep:]]
    # A temporary database: it lies on the disk where it grows beyond SQLite's page cache.
    with translated(), closing(sqlite3.connect("", isolation_level=None)) as used:
        used.execute("CREATE TABLE used (checksum TEXT PRIMARY KEY) WITHOUT ROWID")
        for point in kept:
            used.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((name,) for name in _named(repository, point)))
        repository.forget([number for number in numbers if number < kept[0].number])
        query = "SELECT 1 FROM used WHERE checksum = ?"
        return repository.objects.remove_but(lambda name: used.execute(query, (name,)).fetchone() is not None)


def _named(repository: Repository, point: Point) -> Iterator[str]:
    for file in (point.catalog, *point.sealed, point.pictures, point.thumbnails):
        yield from file.pieces
    for list_ in (point.pictures, point.thumbnails):
        yield from lines(repository.objects, list_)
