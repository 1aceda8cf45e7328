"""Files that hold vectors alone: `.npy` and `.fvecs`, mapped and read a chunk at a time, never whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.jobs.index_job.record import SourceError

CHUNK = 1024
MAX_DIMENSION = 8_192
Raw: TypeAlias = NDArray[Any]
"""Numbers [n, d] as the file has them; not checked, of any length."""


class VectorFile(Protocol):
    """Vectors in a fixed order."""

    @property
    def count(self) -> int: ...

    @property
    def dimension(self) -> int: ...

    def chunks(self) -> Iterator[Raw]:
        """All of them in order; NaN where there is none. Raises SourceError where the file turns out to be damaged."""


class NpyFile:
    """A two-dimensional NumPy array of numbers, a vector a row. Nothing is unpickled."""

    def __init__(self, path: Path) -> None:
        try:
            self._matrix: Raw = np.lib.format.open_memmap(path, mode="r")
        except (ValueError, OSError, EOFError) as exc:
            raise SourceError(f"{path.name} is no NumPy array that can be mapped: {exc}") from exc
        if self._matrix.ndim != 2 or self._matrix.dtype.kind not in "fiu":
            raise SourceError(
                f"{path.name} holds {self._matrix.dtype} of shape {self._matrix.shape}: wanted are numbers of shape "
                "(vectors, dimensions)"
            )
        self.count, self.dimension = self._matrix.shape
        _check_dimension(path, self.dimension)

    def chunks(self) -> Iterator[Raw]:
        for start in range(0, self.count, CHUNK):
            yield np.asarray(self._matrix[start : start + CHUNK])


class FvecsFile:
    """The form of the TEXMEX data sets: before each vector of float32 its dimension as an int32, little endian."""

    def __init__(self, path: Path) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = np.frombuffer(file.read(4), dtype="<i4")
        if not len(head):
            raise SourceError(f"{path.name} is empty")
        self._name = path.name
        self.dimension = int(head[0])
        _check_dimension(path, self.dimension)
        width = 4 * (self.dimension + 1)
        if size % width:
            raise SourceError(
                f"{path.name} has {size:,} bytes, no multiple of the {width:,} of a vector: it is cut off or damaged"
            )
        self.count = size // width
        self._words: NDArray[np.int32] = np.memmap(path, "<i4", "r", shape=(self.count, self.dimension + 1))

    def chunks(self) -> Iterator[Raw]:
        for start in range(0, self.count, CHUNK):
            words = np.asarray(self._words[start : start + CHUNK])
            wrong = np.flatnonzero(words[:, 0] != self.dimension)
            if len(wrong):
                found = int(words[wrong[0], 0])
                raise SourceError(
                    f"{self._name}: vector {start + int(wrong[0]) + 1} says {found} dimensions and the first "
                    f"{self.dimension}: the file is damaged, or no .fvecs file"
                )
            yield words[:, 1:].view("<f4")


def open_vector_file(path: Path) -> VectorFile:
    """Raises SourceError."""
    if not path.is_file():
        raise SourceError(f"there is no file {path}")
    kinds: dict[str, type[NpyFile] | type[FvecsFile]] = {".npy": NpyFile, ".fvecs": FvecsFile}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise SourceError(f"{path.name} is none of .npy, .fvecs, .parquet")
    return kind(path)


def _check_dimension(path: Path, dimension: int) -> None:
    if not 1 <= dimension <= MAX_DIMENSION:
        raise SourceError(f"{path.name} says {dimension} dimensions; 1 to {MAX_DIMENSION:,} are possible")
