"""Many arrays in one file, read by mapping it. Owns the layout: one after another, each aligned for its type."""

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
ALIGNMENT = 64


@dataclass(frozen=True)
class Place:
    """Where an array lies."""

    offset: int
    count: int
    dtype: str


class PackedWriter:
    """Arrays of one dimension go in one by one; what each was called leads back to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.places: dict[str, Place] = {}

    def add(self, name: str, values: NDArray[Any]) -> None:
        """`values`: any shape [n] of a little-endian number type."""
        self._file.write(b"\0" * (-self._file.tell() % ALIGNMENT))
        self.places[name] = Place(self._file.tell(), len(values), values.dtype.str)
        self._file.write(values.data)

    def add_texts(self, name: str, texts: list[bytes]) -> None:
        """As two arrays: the bytes of all, and where each begins."""
        self.add(f"{name}.bytes", np.frombuffer(b"".join(texts), np.uint8))
        self.add(f"{name}.starts", starts_of(np.fromiter(map(len, texts), np.int64, len(texts))))


def starts_of(lengths: NDArray[np.int64]) -> NDArray[np.uint32] | NDArray[np.int64]:
    """[n + 1]: where each begins, and where the last ends; of 32 bits where these suffice."""
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    return starts.astype(np.uint32) if starts[-1] < 2**32 else starts


def open_packed(path: Path, places: Mapping[str, Place]) -> Arrays:
    """The arrays, mapped and read-only. Raises OSError, ValueError where the file is too short."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return {name: np.frombuffer(mapped, np.dtype(at.dtype), at.count, at.offset) for name, at in places.items()}


@dataclass(frozen=True)
class Texts:
    """What `add_texts` wrote."""

    joined: NDArray[np.uint8]
    starts: NDArray[np.uint32] | NDArray[np.int64]

    @classmethod
    def of(cls, arrays: Arrays, name: str) -> "Texts":
        return cls(arrays[f"{name}.bytes"], arrays[f"{name}.starts"])

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return self.joined[self.starts[number] : self.starts[number + 1]].tobytes()
