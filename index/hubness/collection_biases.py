"""The hubness correction of one collection: of each vector field a file of biases, and what newer items have."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.hubness.bias import Biases
from index.hubness.bias_file import remove_biases
from index.hubness.bias_reader import BiasReader, Changed
from index.hubness.building import bias_path, build_biases
from index.types import CollectionSpec, FieldName, HubnessInfo, Vectors

FieldVectors: TypeAlias = Callable[[FieldName, NDArray[np.int64]], tuple[Sequence[bool], Vectors]]


class CollectionBiases:
    """Safe to call from several threads. The fields that it is asked for exist."""

    def __init__(self, root: Path, spec: CollectionSpec, changed: Changed, vectors: FieldVectors) -> None:
        """`root`: the folder of the collection."""
        self._root = root
        self._readers = {
            field: BiasReader(bias_path(root, field), spec.space_id, changed, partial(vectors, field))
            for field in spec.fields
        }

    @property
    def info(self) -> HubnessInfo | None:
        """None where pictures are not corrected."""
        return self._readers["image"].info if "image" in self._readers else None

    def biases(self, field: FieldName, rows: Sequence[int], sequence: int) -> Biases | None:
        """As `BiasReader.biases`."""
        return self._readers[field].biases(rows, sequence)

    def correct(self, field: FieldName, bank: Vectors, k: int, alpha: float) -> HubnessInfo:
        """As `build_biases`."""
        return build_biases(self._root, field, bank, k, alpha)

    def forget(self, field: FieldName) -> bool:
        """Whether there was a correction."""
        return remove_biases(bias_path(self._root, field))
