"""Connections to `catalog.sqlite`: how they are opened, and SQLite's errors in this package's words.

Owns the pragmas that durability rests on. Knows no table.
"""

import errno
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import orjson

from index.errors import (
    CollectionLockedError,
    CollectionNotFoundError,
    CorruptError,
    ReadOnlyError,
    StorageFullError,
    StoreError,
)

BUSY_TIMEOUT_S = 5.0
LISTED = "SELECT value FROM json_each(?)"
"""The values of a list (`listed`), which is bound as one."""
WAL_LIMIT_BYTES = 16 * 2**20

ERRORS: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StorageFullError,
    sqlite3.SQLITE_CORRUPT: CorruptError,
    sqlite3.SQLITE_NOTADB: CorruptError,
    sqlite3.SQLITE_FORMAT: CorruptError,
    sqlite3.SQLITE_BUSY: CollectionLockedError,
    sqlite3.SQLITE_LOCKED: CollectionLockedError,
    sqlite3.SQLITE_READONLY: ReadOnlyError,
}
FULL_IO_ERRORS = {sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
"""A full disk shows as these where SQLite grows the WAL's shared memory, or a page cannot be written."""


def connect(path: Path, writable: bool, create: bool = False) -> sqlite3.Connection:
    """A connection that any one thread at a time may use; transactions are begun by hand."""
    mode = "rwc" if create else "rw"
    if not create and not path.exists():
        raise CollectionNotFoundError.of(path.parent.name)
    with translated():
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,
        )
        try:
            _configure(connection, writable)
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(connection: sqlite3.Connection, writable: bool) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    if not writable:
        connection.execute("PRAGMA query_only = ON")
        return
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL syncs the WAL at every commit: with NORMAL an acknowledged write could be lost with the power.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")


@contextmanager
def transaction(connection: sqlite3.Connection, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Iterator[None]:
    """Commit at the end, roll back on any error."""
    with translated():
        connection.execute(f"BEGIN {kind}")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite may have rolled back by itself
                connection.execute("ROLLBACK")
            raise


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's and the file system's errors as errors of this package."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translation(error) from error
    except OSError as error:
        raise file_error(error) from error


def listed(values: Sequence[str] | Sequence[int]) -> str:
    """A list of any length for one parameter of a statement, `LISTED`."""
    return orjson.dumps(list(values)).decode()


def file_error(error: OSError) -> StoreError:
    """A file system's error in this package's words."""
    if error.errno == errno.ENOENT:
        return CollectionNotFoundError(f"the collection's files are gone: {error.filename}")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError(f"no space left for the collection: {error.strerror}")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return ReadOnlyError(f"the collection's folder cannot be written: {error.strerror}")
    return StoreError(f"the collection's files cannot be used: {error.strerror}")


def _translation(error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in FULL_IO_ERRORS:
        return StorageFullError(f"the catalogue could not be written: {error}")
    return ERRORS.get(code & 0xFF, StoreError)(f"catalogue: {error}")
