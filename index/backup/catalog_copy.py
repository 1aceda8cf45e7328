"""A consistent copy of a catalogue that may be written meanwhile, and what has to be known of it.

SQLite's online backup inside one read transaction: the copy is the catalogue as it stood at one commit, page by
page, so that pages which did not change lie where they lay in an earlier copy.
"""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.backup.point import Source
from index.catalog_connection import connect, transaction, translated
from index.catalog_migration import format_of
from index.errors import CorruptError

PAGES_A_STEP = 4_096


@contextmanager
def open_source(path: Path) -> Iterator[tuple[sqlite3.Connection, Source]]:
    """The catalogue at one moment: a read transaction that lasts as long as this."""
    with closing(connect(path, writable=False)) as connection, transaction(connection):
        meta = dict(connection.execute("SELECT key, value FROM meta WHERE key IN ('history', 'sequence')"))
        status = path.stat()
        yield (
            connection,
            Source(meta.get("history"), meta["sequence"], format_of(connection), status.st_dev, status.st_ino),
        )


@contextmanager
def copied(connection: sqlite3.Connection, folder: Path) -> Iterator[Path]:
    """A copy in `folder`, gone at the end. Raises CorruptError where SQLite finds the catalogue damaged."""
    for left in folder.glob(".catalog-*.tmp*"):  # of a backup that was killed
        left.unlink(missing_ok=True)
    path = folder / f".catalog-{uuid.uuid4().hex}.tmp"
    try:
        with translated(), closing(sqlite3.connect(path, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous = OFF")
            connection.backup(target, pages=PAGES_A_STEP)
        check(path)
        yield path
    finally:
        for left in folder.glob(f"{path.name}*"):
            left.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Raises CorruptError."""
    with reading(path) as connection:
        found = [text for (text,) in connection.execute("PRAGMA quick_check(1)")]
    if found != ["ok"]:
        raise CorruptError(f"the catalogue is damaged: {found[0]}; `lookalike fsck` tells more")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy that nobody else uses: no files appear beside it."""
    with translated(), closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        yield connection
