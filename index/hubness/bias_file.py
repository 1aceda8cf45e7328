"""The file that holds the biases of one vector field, with the bank they were made from. Derived; replaced as a whole.

First the sha256 of all that follows; then a head (JSON, its length before it) that says what the rest is; then float32
by row number (NaN where there is no vector); then the bank as float16 [q, d], so that new items get their bias from it.
"""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from index.catalog_connection import translated
from index.durable_files import place_durably, remove_left, sync_folder
from index.errors import CorruptError
from index.hubness.bias import Biases
from index.stored_vectors import STORED
from index.types import HubnessInfo, Vectors

MAGIC = b"LKBIAS01"
_HEAD_LENGTH = np.dtype("<u4")


@dataclass(frozen=True)
class BiasHead:
    """What the file says of itself."""

    info: HubnessInfo
    space_id: str
    dimension: int
    rows: int
    mean: float
    """Over all items: biases are used as differences from it, so that a corrected cosine stays a cosine in size."""


@dataclass(frozen=True)
class BiasTable:
    """An open file."""

    head: BiasHead
    by_row: Biases
    """float32 [rows], mapped; NaN where the row had no vector."""
    bank: Vectors

    def of_rows(self, rows: NDArray[np.int64]) -> Biases:
        """float32 [n] less the mean; NaN for rows that came later."""
        known = (rows >= 0) & (rows < len(self.by_row))
        found = np.full(len(rows), np.nan, dtype=np.float32)
        found[known] = self.by_row[rows[known]] - np.float32(self.head.mean)
        return found


def bank_fingerprint(bank: Vectors) -> str:
    return hashlib.sha256(bank.astype(STORED).tobytes()).hexdigest()


def as_stored(bank: Vectors) -> Vectors:
    """The bank as it is after a round through the file: what all biases are made from."""
    return _unit(bank.astype(STORED))


def write_biases(path: Path, head: BiasHead, by_row: Biases, bank: Vectors) -> None:
    """Durable when it returns; whoever reads sees the old file or the new one."""
    text = orjson.dumps(asdict(head))
    length = np.array([len(text)], _HEAD_LENGTH).tobytes()
    body = length + text + by_row.astype("<f4").tobytes() + bank.astype(STORED).tobytes()
    with translated():
        path.parent.mkdir(exist_ok=True)
        remove_left(path.parent)
        place_durably({path: MAGIC + hashlib.sha256(body).digest() + body})
        sync_folder(path.parent)


def remove_biases(path: Path) -> bool:
    """Whether there were any."""
    with translated():
        if not path.exists():
            return False
        path.unlink()
        sync_folder(path.parent)
        return True


def read_biases(path: Path) -> BiasTable:
    """Checked against its checksum. Raises CorruptError, FileNotFoundError."""
    try:
        return _read(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CorruptError(f"the hubness biases of '{path.parent.parent.name}' cannot be read: {error}") from error


def _read(path: Path) -> BiasTable:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("it does not begin as such a file does")
        checksum = file.read(hashlib.sha256().digest_size)
        body = file.tell()
        if hashlib.file_digest(file, "sha256").digest() != checksum:
            raise ValueError("its checksum is another")
        file.seek(body)
        length = int(np.frombuffer(file.read(_HEAD_LENGTH.itemsize), _HEAD_LENGTH)[0])
        head = _head(orjson.loads(file.read(length)))
        start = file.tell()
        file.seek(start + 4 * head.rows)
        stored = np.frombuffer(file.read(), STORED).reshape(head.info.queries, head.dimension)
    by_row = np.memmap(path, "<f4", "r", offset=start, shape=(head.rows,)) if head.rows else np.empty(0, np.float32)
    return BiasTable(head, by_row, _unit(stored))


def _head(found: dict[str, Any]) -> BiasHead:
    return BiasHead(**{**found, "info": HubnessInfo(**found["info"])})


def _unit(stored: NDArray[np.float16]) -> Vectors:
    vectors = stored.astype(np.float32)
    lengths = np.sqrt(np.vecdot(vectors, vectors))
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0)[:, None], dtype=np.float32)
