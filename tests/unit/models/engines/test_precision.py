"""One place gives a manifest the precision that runs."""

from pathlib import Path

import pytest

from models.engines import pin
from models.engines.precision import arithmetic_of, target_of
from models.errors import PrecisionError
from tests.fakes.tiny_bundle import make_tiny_bundle


@pytest.mark.parametrize(
    ("own", "pinned", "precision"),
    [
        ("fp32", None, "fp32"),
        ("fp32", "", "fp32"),
        ("fp32", "bf16", "bf16"),
        ("fp32", "fp16", "fp16"),
        ("int8", "int8", "int8"),
        ("bf16", "bf16", "bf16"),
        ("fp16 weights, fp32 arithmetic", "fp32", "fp16 weights, fp32 arithmetic"),
        ("fp16 weights, fp32 arithmetic", "bf16", "bf16"),
    ],
)
def test_the_manifest_says_what_runs(tmp_path: Path, own: str, pinned: str | None, precision: str) -> None:
    assert pin(make_tiny_bundle(tmp_path, precision=own), pinned).manifest.precision == precision


def test_a_bundle_with_rounded_weights_computes_in_fp32() -> None:
    assert [arithmetic_of(own) for own in ("bf16", "fp16", "int8", "fp32")] == ["fp32", "fp16", "int8", "fp32"]


def test_a_word_that_is_no_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PrecisionError, match="fp32, fp16, bf16, int8"):
        target_of(make_tiny_bundle(tmp_path), "double")
