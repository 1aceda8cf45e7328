"""Holds what came of a file against what should have."""

from dataclasses import dataclass

import numpy as np

from tests.poison.case import Case, Fate


@dataclass(frozen=True)
class Outcome:
    """A vector or pixels, or the code of a problem with its status."""

    vector: list[float] | None = None
    status: int = 200
    code: str = ""


def fault_of(case: Case, outcome: Outcome) -> str | None:
    """What is wrong with the outcome; None where it is right."""
    if outcome.vector is not None:
        if case.fate is Fate.REFUSED:
            return "was answered"
        return None if _is_unit(outcome.vector) else "has no finite vector of unit length"
    if case.fate is Fate.ANSWERED or not 400 <= outcome.status < 500 or outcome.code not in case.codes:
        return f"was refused with {outcome.status} {outcome.code}"
    return None


def _is_unit(vector: list[float]) -> bool:
    numbers = np.asarray(vector, dtype=np.float64)
    return bool(np.isfinite(numbers).all()) and abs(float(np.linalg.norm(numbers)) - 1.0) < 1e-3
