"""Checks one collection, and repairs what is derived where that is asked for.

A check only reads, and goes on beside a server. A repair takes the writer lock first.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from index.catalog import begin_history, read_spec
from index.catalog_connection import connect, transaction, translated
from index.checking.derived import check_sealed, check_text_index, check_thumbnails
from index.checking.finding import Finding
from index.checking.repair import MakeThumbnail, repair_sealed, repair_text_index, repair_thumbnails
from index.checking.truth import check_catalogue, check_pictures
from index.collection_files import CollectionFiles, files_of
from index.errors import CollectionLockedError, CollectionNotFoundError, CorruptError
from index.sealed.policy import DEFAULT_POLICY, SealPolicy
from index.sealed.snapshot import SnapshotFiles
from index.writer_lock import WriterLock

ATTEMPTS = 3
"""A builder may replace a snapshot while it is being checked."""


@dataclass(frozen=True)
class CheckOrder:
    """What is asked for."""

    name: str
    repair: bool = False
    make_thumbnail: MakeThumbnail = lambda picture: None
    sealing: SealPolicy = DEFAULT_POLICY
    """When a field is sealed at all."""


@dataclass(frozen=True)
class CheckReport:
    """What was found, and of that what is wrong no more."""

    name: str
    findings: tuple[Finding, ...]
    repaired: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be checked."""

    @property
    def is_clean(self) -> bool:
        return not self.findings


@dataclass
class _Checked:
    findings: list[Finding] = field(default_factory=list)
    segments: set[str] = field(default_factory=set)
    thumbnails: set[str] = field(default_factory=set)
    is_catalogue_whole: bool = False

    def of(self, *parts: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.part in parts]


def check(directory: Path, order: CheckOrder) -> CheckReport:
    """`directory` holds the collections. Raises CollectionNotFoundError, CollectionLockedError (to repair)."""
    files = files_of(directory, order.name)
    if not files.root.is_dir():
        raise CollectionNotFoundError.of(order.name)
    if files.identity() is None:
        return CheckReport(order.name, (Finding("truth", "there is no catalogue: restore a backup"),))
    if order.repair:
        with _writer_lock(files):
            return _repaired(files, order)
    found = _checked(files).findings
    try:
        with _writer_lock(files):  # for this alone: a server's first write would find it taken
            found += _text(files)
    except CollectionLockedError:
        return CheckReport(order.name, tuple(found), notes=("the text index, since another process writes just now",))
    return CheckReport(order.name, tuple(found))


def _repaired(files: CollectionFiles, order: CheckOrder) -> CheckReport:
    before = _checked(files)
    if before.is_catalogue_whole:  # nothing is built from a damaged one, or written into it
        before.findings += _text(files)
    if not before.of("sealed", "thumbnails", "text"):
        return CheckReport(order.name, tuple(before.findings))
    with translated(), closing(connect(files.catalog, writable=True)) as connection:
        if before.of("thumbnails", "text"):  # a backup must not take what is changed now for what it has
            with transaction(connection, "IMMEDIATE"):
                begin_history(connection)
        if before.of("sealed"):
            repair_sealed(files.root, before.segments, order.sealing.least_of(read_spec(connection).dimension))
        if before.of("thumbnails"):
            repair_thumbnails(connection, files.root, sorted(before.thumbnails), order.make_thumbnail)
        if before.of("text"):
            repair_text_index(connection)
    left = [*_checked(files).findings, *_text(files)]
    repaired = tuple(finding for finding in before.findings if finding not in left)
    return CheckReport(order.name, tuple(left), repaired)


@contextmanager
def _writer_lock(files: CollectionFiles) -> Iterator[None]:
    lock = WriterLock(files.lock, None)
    try:
        yield
    finally:
        lock.release()


def _checked(files: CollectionFiles) -> _Checked:
    for _ in range(ATTEMPTS):
        before = SnapshotFiles(files.root).stamp()
        found = _Checked()
        for finding in _findings(files, found):
            found.findings.append(finding)
        if SnapshotFiles(files.root).stamp() == before or not found.of("sealed"):
            break
    return found


def _findings(files: CollectionFiles, found: _Checked) -> Iterator[Finding]:
    try:
        with closing(connect(files.catalog, writable=False)) as connection, translated():
            broken = list(check_catalogue(connection))
            yield from broken
            try:
                spec = read_spec(connection)
            except CorruptError:
                return  # which was said
            found.is_catalogue_whole = not broken
            yield from check_pictures(connection, files)
            if not found.is_catalogue_whole:
                return  # what is derived from the catalogue cannot be judged
            yield from check_sealed(connection, spec, SnapshotFiles(files.root), found.segments)
            yield from check_thumbnails(connection, files, found.thumbnails)
    except CorruptError as error:
        found.is_catalogue_whole = False
        yield Finding("truth", f"the catalogue cannot be read ({error}): restore a backup")


def _text(files: CollectionFiles) -> list[Finding]:
    try:
        with translated(), closing(connect(files.catalog, writable=True)) as connection:
            return list(check_text_index(connection))
    except (CorruptError, sqlite3.DatabaseError):
        return []  # the catalogue itself is damaged, which was said
