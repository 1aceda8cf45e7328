"""The biases that searches use: those of the file, and those of items that were written since.

Owns what was last seen of the file. An item that is newer than the file gets its bias from the file's own bank when a
search first meets it, so that a write costs nothing and a new item is judged as the old ones are.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.durable_files import stamp_of
from index.errors import CorruptError
from index.hubness.bias import Biases, biases
from index.hubness.bias_file import BiasTable, read_biases
from index.row_array import RowArray
from index.types import HubnessInfo, Vectors

log = logging.getLogger(__name__)
Changed: TypeAlias = Callable[[int], Sequence[int]]
"""The rows whose vectors were written after a sequence number."""
VectorsOf: TypeAlias = Callable[[NDArray[np.int64]], tuple[Sequence[bool], Vectors]]


class BiasReader:
    """Of one field. Safe to call from several threads."""

    def __init__(self, path: Path, space_id: str, changed: Changed, vectors_of: VectorsOf) -> None:
        self._path = path
        self._space_id = space_id
        self._changed = changed
        self._vectors_of = vectors_of
        self._lock = threading.Lock()  # guards everything below
        self._stamp: tuple[int, int] | None = None
        self._table: BiasTable | None = None
        self._sequence = -1
        self._later = RowArray(np.float32(np.nan))
        self._is_later = RowArray(np.int8(0))

    @property
    def info(self) -> HubnessInfo | None:
        """None where the correction is off."""
        with self._lock:
            table = self._current()
        return None if table is None else table.head.info

    def biases(self, rows: Sequence[int], sequence: int) -> Biases | None:
        """float32 [n], to be taken off the cosines; None where the correction is off. `sequence`: what is visible."""
        with self._lock:
            table = self._current()
            if table is None:
                return None
            self._notice_writes(sequence)
            seen = self._sequence
            wanted = np.asarray(rows, dtype=np.int64)
            found = table.of_rows(wanted)
            later = self._is_later.take(wanted) == 1
            found[later] = self._later.take(wanted[later])
        missing = np.flatnonzero(np.isnan(found))
        if len(missing):
            found[missing] = self._of_later(table, wanted[missing], seen)
        return found

    def _of_later(self, table: BiasTable, rows: NDArray[np.int64], seen: int) -> Biases:
        """Outside the lock: it takes a while. Rows that vanished meanwhile count as the average item.

        Kept only if nothing was written since `seen`: else a vector that changed meanwhile would keep its old bias.
        """
        there, vectors = self._vectors_of(rows)
        made = biases(vectors, table.bank, table.head.info.k, table.head.info.alpha) - np.float32(table.head.mean)
        made[~np.asarray(there, dtype=np.bool_)] = 0.0
        with self._lock:
            if self._table is table and self._sequence == seen:
                self._later.put(rows, made)
                self._is_later.put(rows, np.int8(1))
        return made

    def _notice_writes(self, sequence: int) -> None:
        """Vectors that were written since have another bias, or none yet."""
        if sequence <= self._sequence:
            return
        rows = np.asarray(self._changed(self._sequence), dtype=np.int64)
        self._later.put(rows, np.float32(np.nan))
        self._is_later.put(rows, np.int8(1))
        self._sequence = sequence

    def _current(self) -> BiasTable | None:
        stamp = stamp_of(self._path)
        if stamp != self._stamp:
            self._stamp, self._table = stamp, self._opened()
            self._sequence = -1 if self._table is None else self._table.head.info.sequence
            self._later, self._is_later = RowArray(np.float32(np.nan)), RowArray(np.int8(0))
        return self._table

    def _opened(self) -> BiasTable | None:
        try:
            table = read_biases(self._path)
        except FileNotFoundError:
            return None
        except CorruptError as error:
            log.error("%s; searches go on without: run `lookalike hubness` again", error)
            return None
        return table if table.head.space_id == self._space_id else None
