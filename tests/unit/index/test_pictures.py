"""Content-addressed files: kept whole, named once, swept when nothing refers to them."""

import errno
import os
from pathlib import Path

import pytest

from index.errors import StorageFullError
from index.pictures import NamesInUse, PictureStore

HOUR_S = 3600.0


def nothing() -> tuple[list[str], list[str]]:
    return [], []


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_equal_pictures_are_one_file(tmp_path: Path) -> None:
    store = PictureStore(tmp_path)
    refs = store.keep([b"one", b"two", b"one"])
    assert refs[0] == refs[2] != refs[1]
    assert store.keep([b"one"]) == refs[:1]
    assert [store.picture(ref) for ref in refs] == [b"one", b"two", b"one"]
    assert files_in(tmp_path) == sorted(ref.removeprefix("sha256:") for ref in set(refs))


def test_keeping_nothing_makes_nothing(tmp_path: Path) -> None:
    assert PictureStore(tmp_path).keep([]) == []
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    "ref", [None, "", "shop/a.jpg", "sha256:", "sha256:../../../../etc/passwd", "sha256:" + "0" * 64]
)
def test_what_is_not_kept_is_none(tmp_path: Path, ref: str | None) -> None:
    assert PictureStore(tmp_path).picture(ref) is None


def test_a_lost_thumbnail_is_no_error(tmp_path: Path) -> None:
    store = PictureStore(tmp_path)
    name = store.keep_thumbnail(b"small")
    assert store.thumbnail(name) == b"small"
    next(tmp_path.rglob(name)).unlink()
    assert store.thumbnail(name) is None
    assert store.thumbnail(None) is None
    store.keep_thumbnail(b"small")
    assert store.thumbnail(name) == b"small"


def test_the_sweep_takes_old_files_that_nothing_refers_to(tmp_path: Path) -> None:
    store = PictureStore(tmp_path)
    kept, lost = store.keep([b"kept", b"lost"])
    thumbnail, old = store.keep_thumbnail(b"small"), store.keep_thumbnail(b"old")
    assert store.sweep(lambda: ([kept], [thumbnail])) == 0  # all are young
    later = PictureStore(tmp_path, clock=lambda: durable_time(tmp_path) + HOUR_S)
    assert later.sweep(lambda: ([kept], [thumbnail])) == 2
    assert (store.picture(kept), store.picture(lost)) == (b"kept", None)
    assert (store.thumbnail(thumbnail), store.thumbnail(old)) == (b"small", None)


def test_what_is_kept_again_is_young_again(tmp_path: Path) -> None:
    """It may have lost its last row, and the next one is on its way."""
    store = PictureStore(tmp_path)
    (ref,) = store.keep([b"picture"])
    name = store.keep_thumbnail(b"small")
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    assert (store.keep([b"picture"]), store.keep_thumbnail(b"small")) == ([ref], name)
    assert store.sweep(nothing) == 0


def test_a_damaged_file_is_replaced_by_what_is_kept_again(tmp_path: Path) -> None:
    store = PictureStore(tmp_path)
    (ref,) = store.keep([b"picture"])
    next(tmp_path.rglob(ref.removeprefix("sha256:"))).write_bytes(b"pict")
    assert store.keep([b"picture"]) == [ref]
    assert store.picture(ref) == b"picture"


def test_names_in_use() -> None:
    names = ["sha256:" + 64 * "a", 64 * "b", "https://shop/a.jpg", "", "-1", "-12345", "12", "0x12"]
    used = NamesInUse(names)
    assert [name in used for name in (*names, 64 * "c", "sha256:" + 64 * "b", 1)] == [1, 1, *6 * [0], 0, 1, 0]
    assert 64 * "a" not in NamesInUse([])


def durable_time(folder: Path) -> float:
    return max(path.stat().st_mtime for path in folder.rglob("*"))


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageFullError):
        PictureStore(tmp_path).keep([b"one", b"two"])
    assert files_in(tmp_path) == []
