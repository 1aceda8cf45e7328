"""Makes the biases of a field from the catalogue, page by page. May run in any process, beside whoever writes."""

from contextlib import closing
from pathlib import Path

import numpy as np

from index.catalog import read_spec
from index.catalog_connection import connect, transaction
from index.errors import SpaceMismatchError, VectorError
from index.hubness.bias import biases
from index.hubness.bias_file import BiasHead, as_stored, bank_fingerprint, write_biases
from index.sealed.catalog_vectors import rows_between, vectors_of
from index.stored_vectors import unit_rows
from index.types import CollectionSpec, FieldName, HubnessInfo, Vectors


def bias_path(root: Path, field: FieldName) -> Path:
    return root / "hubness" / f"{field}.bias"


def build_biases(root: Path, field: FieldName, bank: Vectors, k: int, alpha: float) -> HubnessInfo:
    """Replace the biases of a field. `bank`: float32 [q, d] of unit length, at least k of them.

    Raises: SpaceMismatchError, VectorError, and what the store raises.
    """
    with closing(connect(root / "catalog.sqlite", writable=False)) as connection:
        with transaction(connection):
            spec = read_spec(connection)
            (sequence,) = connection.execute("SELECT value FROM meta WHERE key = 'sequence'").fetchone()
        _check(bank, k, spec)
        stored = as_stored(bank)
        live = rows_between(connection, spec, field, -1, sequence)
        by_row = np.full(live.max() + 1 if live else 0, np.nan, dtype=np.float32)
        for rows, found in vectors_of(connection, spec, field, live, sequence):
            by_row[rows] = biases(unit_rows(found), stored, k, alpha)
    info = HubnessInfo(k, alpha, len(bank), bank_fingerprint(bank), sequence)
    known = by_row[np.isfinite(by_row)]
    mean = float(known.mean()) if len(known) else 0.0
    head = BiasHead(info, spec.space_id, spec.dimension, len(by_row), mean)
    write_biases(bias_path(root, field), head, by_row, bank)
    return info


def _check(bank: Vectors, k: int, spec: CollectionSpec) -> None:
    if bank.ndim != 2 or bank.shape[1] != spec.dimension:
        raise SpaceMismatchError(f"the bank has shape {bank.shape}; wanted are queries of {spec.dimension} dimensions")
    if not 1 <= k <= len(bank):
        raise VectorError(f"the bank has {len(bank)} queries; it needs at least k = {k}: give more, or a smaller k")
    if not np.isfinite(bank).all():
        raise VectorError("the bank holds NaN or infinity")
