"""Which precision a bundle runs in. Owns the one place where a manifest gets the precision that really runs.

A bundle runs at the precision of its manifest, or at one that the settings pin. Collections, cache keys and the API
see what the encoder's manifest says, so vectors of two precisions never meet.
"""

from dataclasses import replace
from typing import get_args

from models.bundle import Bundle
from models.engines.port import Arithmetic
from models.errors import PrecisionError

PRECISIONS: tuple[Arithmetic, ...] = get_args(Arithmetic)


def arithmetic_of(precision: str) -> Arithmetic:
    """What a bundle of this precision computes in as it is: bf16 bundles have rounded weights and fp32 arithmetic."""
    exact: dict[str, Arithmetic] = {"fp16": "fp16", "int8": "int8"}
    return exact.get(precision, "fp32")


def target_of(bundle: Bundle, pinned: str | None) -> Arithmetic:
    """The arithmetic in which the bundle shall run; raises PrecisionError for a word that is no precision."""
    own = bundle.manifest.precision
    if not pinned or pinned == own:
        return arithmetic_of(own)
    for precision in PRECISIONS:
        if precision == pinned:
            return precision
    raise PrecisionError(f"there is no precision {pinned!r}; there are: {', '.join(PRECISIONS)}")


def pin(bundle: Bundle, pinned: str | None) -> Bundle:
    """The bundle with the precision that runs in its manifest."""
    target = target_of(bundle, pinned)
    if target == arithmetic_of(bundle.manifest.precision):
        return bundle
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"precision": target}))
