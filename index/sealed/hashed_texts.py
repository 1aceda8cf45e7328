"""Finds a text among very many without holding them: their hashes, sorted, in a mapped array."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from index.sealed.packed_arrays import Arrays, PackedWriter


def hash_of(text: bytes) -> int:
    """32 bits, the same in every process."""
    return int.from_bytes(blake2b(text, digest_size=4).digest(), "little")


class HashedTexts:
    """Hash to the numbers under which a text may be found; whoever holds the texts compares them."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._hashes: NDArray[np.uint32] = arrays[f"{name}.hashes"]
        self._numbers: NDArray[np.uint32] = arrays[f"{name}.numbers"]

    def candidates(self, text: bytes) -> Iterator[int]:
        """Nearly always one number, or none."""
        wanted = np.uint32(hash_of(text))
        place = int(np.searchsorted(self._hashes, wanted))
        while place < len(self._hashes) and self._hashes[place] == wanted:
            yield int(self._numbers[place])
            place += 1


def write_hashes(
    packed: PackedWriter, name: str, hashes: NDArray[np.uint32], numbers: NDArray[np.uint32] | None = None
) -> None:
    """`numbers`: those of the texts; 0, 1, 2 … where None."""
    order = np.argsort(hashes, kind="stable")
    packed.add(f"{name}.hashes", hashes[order])
    packed.add(f"{name}.numbers", order.astype(np.uint32) if numbers is None else numbers[order])


def hashes_of(texts: Sequence[bytes]) -> NDArray[np.uint32]:
    return np.fromiter(map(hash_of, texts), np.uint32, len(texts))
