"""Brings a catalogue to this version's format: the missing steps in one transaction, or none of them.

Owns who may do it (the holder of the writer lock) and what is said of formats that cannot be served. A power cut
in the middle leaves the old format; a process of an older version is refused by the new one.
"""

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from index.catalog_connection import connect, transaction, translated
from index.catalog_schema import FORMAT_VERSION, STEPS, Step
from index.collection_files import CollectionFiles
from index.errors import CollectionLockedError, CorruptError
from index.writer_lock import WriterLock

log = logging.getLogger(__name__)


def format_of(connection: sqlite3.Connection) -> int:
    """Raises CorruptError where this is no catalogue."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    try:
        noted = connection.execute("SELECT value FROM meta WHERE key = 'format_version'").fetchone()
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):
            raise
        raise CorruptError(f"this is not a catalogue: {error}") from error
    if noted != (version or 1,):
        raise CorruptError(f"the catalogue says that its format is {version} and {noted}")
    return version or 1


def require_format(connection: sqlite3.Connection) -> None:
    """Raises CorruptError where the catalogue is not of this version's format."""
    found = format_of(connection)
    if found > FORMAT_VERSION:
        raise CorruptError(f"the catalogue has format {found}; this version reads {FORMAT_VERSION}: use a newer one")
    if found < FORMAT_VERSION:
        raise CorruptError(
            f"the catalogue has format {found}; this version reads {FORMAT_VERSION}: open it for writing once"
            " (`lookalike collections list`), which brings it up to date"
        )


def migrate(files: CollectionFiles, owner: str | None) -> None:
    """Nothing where the format is this version's. Raises CollectionLockedError, StorageFullError, CorruptError."""
    with closing(connect(files.catalog, writable=False)) as connection, translated():
        found = format_of(connection)
    if found >= FORMAT_VERSION:
        return
    lock = _lock(files, owner, found)
    try:
        with closing(connect(files.catalog, writable=True)) as connection, transaction(connection, "IMMEDIATE"):
            take_steps(connection)
    finally:
        lock.release()


def take_steps(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """All steps that the catalogue misses. Inside a transaction: the caller's."""
    found = format_of(connection)
    for step in steps:
        if step.to > found:
            log.info("the catalogue takes the step to format %d: %s", step.to, step.why)
            for statement in step.statements:
                connection.execute(statement)
    newest = max(found, *(step.to for step in steps))
    connection.execute("UPDATE meta SET value = ? WHERE key = 'format_version'", (newest,))
    connection.execute(f"PRAGMA user_version = {newest}")


def _lock(files: CollectionFiles, owner: str | None, found: int) -> WriterLock:
    try:
        return WriterLock(files.lock, owner)
    except CollectionLockedError as error:
        raise CollectionLockedError(
            f"{error}, and its format {found} has to become {FORMAT_VERSION}: end that process first", error.owner
        ) from error
