"""The lock of the one writer, within a process; other processes are the integration tests'."""

from pathlib import Path

import pytest

from index.errors import CollectionLockedError, CollectionNotFoundError
from index.writer_lock import WriterLock


def test_the_second_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    first = WriterLock(tmp_path / "writer.lock", "http://127.0.0.1:8000")
    with pytest.raises(CollectionLockedError, match=r"127\.0\.0\.1:8000") as raised:
        WriterLock(tmp_path / "writer.lock", None)
    assert raised.value.owner == "http://127.0.0.1:8000"
    first.release()
    WriterLock(tmp_path / "writer.lock", None).release()


def test_an_owner_without_an_address_is_none(tmp_path: Path) -> None:
    first = WriterLock(tmp_path / "writer.lock", None)
    with pytest.raises(CollectionLockedError) as raised:
        WriterLock(tmp_path / "writer.lock", None)
    assert raised.value.owner is None
    first.release()


def test_what_a_dead_owner_wrote_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "writer.lock").write_text("http://127.0.0.1:1")
    WriterLock(tmp_path / "writer.lock", "me").release()


def test_a_missing_folder_is_a_missing_collection(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFoundError):
        WriterLock(tmp_path / "gone" / "writer.lock", None)
