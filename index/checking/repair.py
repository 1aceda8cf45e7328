"""Builds derived files again. Whoever calls holds the writer lock. Changes no item, no vector and no picture."""

import logging
import sqlite3
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

import orjson

from index.catalog_connection import transaction, translated
from index.checking.derived import TEXT_INDEXES
from index.durable_files import sync_folder
from index.errors import CorruptError, StoreError
from index.pictures import PictureStore
from index.sealed.sealer import builder_command
from index.sealed.segment_files import SegmentFiles
from index.sealed.snapshot import SnapshotFiles
from index.sealed.trust import note_damage

log = logging.getLogger(__name__)
MakeThumbnail = Callable[[bytes], bytes | None]
"""A picture's bytes to those of its thumbnail; None where that cannot be."""


def repair_sealed(root: Path, damaged: Collection[str], least: int) -> None:
    """Seal again what is damaged, in a process of its own; a field of fewer than `least` vectors stays exact.

    Raises StoreError where the builder fails.
    """
    files = SnapshotFiles(root)
    for name in damaged:
        if files.segment(name).is_dir():
            note_damage(SegmentFiles(files.segment(name)), "found by a check")
    try:
        files.read()
    except CorruptError:
        _unseal(files)
    done = subprocess.run(builder_command(root, least), capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise StoreError(f"the builder ended with {done.returncode}: {said[-1] if said else 'it said nothing'}")
    if orjson.loads(done.stdout.splitlines()[-1])["snapshot"] is None:
        _unseal(files)  # too few vectors to be sealed anew
    files.sweep()


def _unseal(files: SnapshotFiles) -> None:
    """Everything is searched exactly from now on, until it is sealed."""
    with translated():
        files.current.unlink(missing_ok=True)
        sync_folder(files.root)


def repair_thumbnails(connection: sqlite3.Connection, root: Path, ids: Collection[str], make: MakeThumbnail) -> None:
    """From the kept pictures; what has none stays as it is."""
    pictures = PictureStore(root)
    for id_ in ids:
        (ref,) = connection.execute("SELECT picture_ref FROM items WHERE id = ?", (id_,)).fetchone() or (None,)
        picture = pictures.picture(ref)
        made = None if picture is None else make(picture)
        if made is not None:
            name = pictures.keep_thumbnail(made)
            with transaction(connection, "IMMEDIATE"):
                connection.execute("UPDATE items SET thumbnail = ? WHERE id = ?", (name, id_))


def repair_text_index(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute(TEXT_INDEXES).fetchall():
        with transaction(connection, "IMMEDIATE"):
            connection.execute(f'INSERT INTO "{name}" ("{name}") VALUES (\'rebuild\')')
