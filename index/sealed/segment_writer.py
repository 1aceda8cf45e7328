"""Writes a sealed segment from vectors that come in chunks, in bounded memory.

A slot is a position in list order. The vectors are spooled as they come while their lists are found, then moved to
their slots, and coded slot by slot. So the source is walked once, and may change behind us.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.bitmaps import Rows
from index.durable_files import sync_file, sync_folder
from index.sealed.card import on_card
from index.sealed.coarse import centroids_of, rotated
from index.sealed.codec import KIND_OF
from index.sealed.segment_files import FILES, SegmentDescription, SegmentFiles, sha256_of
from index.stored_vectors import STORED, Stored, unit_rows

faiss: Any = faiss_library  # its type stubs do not know all it has
Chunks: TypeAlias = Iterable[tuple[Rows, Stored]]
"""Rows int64 [n] and their vectors float16 [n, d]; a row comes once."""

CHUNK = 16_384
"""Vectors moved or coded at a time."""


def write_segment(folder: Path, codec: Any, codec_name: str, field: str, space: str, chunks: Chunks) -> float:
    """Fill `folder` (empty) from a trained, empty `codec`, which is used up. Durable when it returns.

    Returns the misfit: how far a vector lies from the centroid of its list, as the mean of 1 less their cosine.
    """
    files = SegmentFiles(folder)
    spool = folder / "spool"
    rows, lists, misfit = _spooled(spool, codec, chunks)
    order = np.lexsort((rows, lists))
    bounds = _write_rows(files, rows[order])
    stored = _write_vectors(files, _mapped(spool, codec.d), order)
    spool.unlink()
    _add(codec, stored, lists[order])
    faiss.write_index(codec, str(files.lists))
    kind = KIND_OF[type(faiss.downcast_index(faiss.extract_index_ivf(codec))).__name__]
    _describe(files, SegmentDescription(field, space, codec.d, len(rows), codec_name, kind, *bounds, {}))
    return misfit


def _spooled(spool: Path, codec: Any, chunks: Chunks) -> tuple[Rows, NDArray[np.int64], float]:
    """The rows in the order they come, the list of each, and the misfit of all."""
    rows, lists, distance = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0.0
    centroids = on_card(centroids_of(faiss.extract_index_ivf(codec)))
    with spool.open("wb") as file:
        for chunk_rows, stored in chunks:
            cosines, numbers = centroids.search(rotated(codec, unit_rows(stored)), 1)
            rows.append(chunk_rows)
            lists.append(numbers.ravel())
            distance += float((1.0 - cosines).sum(dtype=np.float64))
            stored.tofile(file)
    return np.concatenate(rows), np.concatenate(lists), distance / max(1, sum(map(len, rows)))


def _write_rows(files: SegmentFiles, rows: Rows) -> tuple[int, int]:
    """The rows slot by slot, and the way back. Returns the least and the greatest row."""
    rows.astype("<u4").tofile(files.rows)
    if not len(rows):
        files.slots.touch()
        return 0, -1
    first, last = int(rows.min()), int(rows.max())
    slots = np.memmap(files.slots, "<i4", "w+", shape=(last - first + 1,))  # what is not set takes no disk
    slots[rows - first] = np.arange(1, len(rows) + 1, dtype=np.int32)
    slots.flush()
    return first, last


def _write_vectors(files: SegmentFiles, spooled: Stored, order: NDArray[np.intp]) -> Stored:
    with files.vectors.open("wb") as file:
        for start in range(0, len(order), CHUNK):
            spooled[order[start : start + CHUNK]].tofile(file)
    return _mapped(files.vectors, spooled.shape[1])


def _mapped(path: Path, dimension: int) -> Stored:
    if not path.stat().st_size:
        return np.empty((0, dimension), STORED)
    return np.memmap(path, STORED, "r").reshape(-1, dimension)


def _add(codec: Any, stored: Stored, lists: NDArray[np.int64]) -> None:
    """Code them; FAISS numbers them as they come. `lists`: the list of each, ascending.

    FAISS would look for the lists again, among all: most of the time of a large segment. A chunk lies in a few
    neighbouring lists, so for its turn the codec is given a quantiser that knows these only.
    """
    ivf = faiss.downcast_index(faiss.extract_index_ivf(codec))
    whole = ivf.quantizer
    centroids = whole.reconstruct_n(0, ivf.nlist)
    try:
        for start in range(0, len(stored), CHUNK):
            near = np.unique(lists[start : start + CHUNK])
            few = faiss.IndexFlat(codec.d, codec.metric_type)
            few_by_list = faiss.IndexIDMap2(few)
            few_by_list.add_with_ids(centroids[near], near)
            ivf.quantizer = few_by_list
            codec.add(stored[start : start + CHUNK].astype(np.float32))
    finally:
        ivf.quantizer = whole


def _describe(files: SegmentFiles, description: SegmentDescription) -> None:
    """The description comes last, when everything it names is on the disk."""
    for name in FILES:
        sync_file(files.root / name)
        description.files[name] = sha256_of(files.root / name)
    files.describe(description)
    sync_folder(files.root)
