"""Writes a sealed segment from vectors that come in chunks, in bounded memory.

A slot is a position in list order. One pass finds the list of each vector, one puts the vectors into their slots of
a mapped file, and then they are coded slot by slot.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.bitmaps import Rows
from index.sealed.segment_files import BY_ROW, LISTS, ROWS, VECTORS, SegmentDescription, SegmentFiles, sha256_of
from index.stored_vectors import STORED
from index.types import Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has
Chunks: TypeAlias = Callable[[], Iterator[tuple[Rows, Vectors]]]
"""Called twice: rows int64 [n] and vectors float32 [n, d], both times in the same order."""

CHUNK = 16_384
"""Vectors coded at a time."""


def write_segment(folder: Path, codec: Any, codec_name: str, field: str, space: str, chunks: Chunks) -> SegmentFiles:
    """Fill `folder` (empty) from a trained, empty `codec`, which is used up. The description comes last."""
    files = SegmentFiles(folder)
    rows, lists = _assigned(codec, chunks)
    order = np.lexsort((rows, lists))
    _write_rows(files, rows[order])
    stored = _write_vectors(files, codec.d, order, chunks)
    _code(codec, stored)
    faiss.write_index(codec, str(files.lists))
    sums = {name: sha256_of(folder / name) for name in (LISTS, VECTORS, ROWS, BY_ROW)}
    files.describe(SegmentDescription(field, space, codec.d, len(rows), codec_name, sums))
    return files


def _assigned(codec: Any, chunks: Chunks) -> tuple[Rows, NDArray[np.int64]]:
    """The rows in the order they come, and the list of each."""
    rows, lists = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    quantizer = faiss.extract_index_ivf(codec).quantizer
    for chunk_rows, vectors in chunks():
        rows.append(chunk_rows)
        lists.append(quantizer.assign(rotated(codec, vectors), 1).ravel())
    return np.concatenate(rows), np.concatenate(lists)


def rotated(codec: Any, vectors: Vectors) -> Vectors:
    """The vectors as the lists see them: after the codec's rotation, where it has one."""
    turned = np.ascontiguousarray(vectors)
    if isinstance(codec, faiss.IndexPreTransform):
        for number in range(codec.chain.size()):
            turned = codec.chain.at(number).apply(turned)
    return turned


def _write_rows(files: SegmentFiles, rows: Rows) -> None:
    rows.astype("<i8").tofile(files.rows)
    np.argsort(rows).astype("<i4").tofile(files.by_row)


def _write_vectors(files: SegmentFiles, dimension: int, order: NDArray[np.intp], chunks: Chunks) -> NDArray[np.float16]:
    slots = np.empty(len(order), np.int64)
    slots[order] = np.arange(len(order))
    stored = np.memmap(files.vectors, STORED, "w+", shape=(len(order), dimension)) if len(order) else _none(dimension)
    start = 0
    for _, vectors in chunks():
        stored[slots[start : start + len(vectors)]] = vectors.astype(STORED)
        start += len(vectors)
    if isinstance(stored, np.memmap):
        stored.flush()
    else:
        files.vectors.touch()
    return stored


def _code(codec: Any, stored: NDArray[np.float16]) -> None:
    """Slot by slot: FAISS numbers them as they come."""
    for start in range(0, len(stored), CHUNK):
        codec.add(stored[start : start + CHUNK].astype(np.float32))


def _none(dimension: int) -> NDArray[np.float16]:
    return np.empty((0, dimension), STORED)
