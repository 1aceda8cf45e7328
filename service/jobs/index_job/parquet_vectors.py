"""A column of vectors in a Parquet file, read a batch at a time. Needs pyarrow (extra `parquet`)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from service.jobs.index_job.parquet_rows import open_parquet
from service.jobs.index_job.record import SourceError
from service.jobs.index_job.vector_files import CHUNK, MAX_DIMENSION, Raw

_NAMES = ("vector", "vectors", "embedding", "embeddings", "emb", "features")


class ParquetVectors:
    """Lists of numbers, of fixed length or not; the first one that is there says the dimension."""

    def __init__(self, path: Path, column: str | None) -> None:
        self._file = open_parquet(path)
        self.columns_of_vectors = _columns_of_vectors(self._file.schema_arrow)
        self.column = _vector_column(path.name, self.columns_of_vectors, column)
        self.count: int = self._file.metadata.num_rows
        self.dimension = self._first_length()
        if not 1 <= self.dimension <= MAX_DIMENSION:
            raise SourceError(
                f"column {self.column!r} of {path.name} holds {self.dimension} numbers a row; 1 to {MAX_DIMENSION:,} "
                "are possible"
            )

    def chunks(self) -> Iterator[Raw]:
        for batch in self._file.iter_batches(batch_size=CHUNK, columns=[self.column]):
            yield _matrix(batch.column(0), self.dimension)

    def _first_length(self) -> int:
        for batch in self._file.iter_batches(batch_size=CHUNK, columns=[self.column]):
            found = next((cell for cell in batch.column(0) if cell.is_valid), None)
            if found is not None:
                return len(found)
        return 0


def _matrix(cells: Any, dimension: int) -> Raw:
    """float64 [n, d] of an Arrow array of lists; NaN where a row is null or of another length."""
    rows = np.full((len(cells), dimension), np.nan)
    lengths = cells.value_lengths().to_numpy(zero_copy_only=False)
    numbers = np.asarray(cells.flatten().to_numpy(zero_copy_only=False), dtype=np.float64)
    known = np.nan_to_num(lengths, nan=0.0).astype(np.int64)  # a null gives no numbers
    fits = known == dimension
    rows[fits] = numbers[np.repeat(fits, known)].reshape(-1, dimension)
    return rows


def _columns_of_vectors(schema: Any) -> list[str]:
    import pyarrow.types as kinds  # noqa: PLC0415 - an extra

    def holds_vectors(type_: Any) -> bool:
        is_list = kinds.is_list(type_) or kinds.is_large_list(type_) or kinds.is_fixed_size_list(type_)
        return bool(is_list and (kinds.is_floating(type_.value_type) or kinds.is_integer(type_.value_type)))

    return [field.name for field in schema if holds_vectors(field.type)]


def _vector_column(file: str, found: Sequence[str], wished: str | None) -> str:
    """Raises SourceError."""
    if wished is not None:
        if wished not in found:
            raise SourceError(f"{file} has no column {wished!r} of vectors; there are: {', '.join(found) or 'none'}")
        return wished
    named = [name for name in _NAMES if name in found]
    if len(found) == 1 or named:
        return (named or found)[0]
    raise SourceError(
        f"{file} has {len(found)} columns of vectors ({', '.join(found)}): name one with --vector-column"
        if found
        else f"{file} has no column that holds lists of numbers"
    )
