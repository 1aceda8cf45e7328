"""What a bundle says of itself."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.errors import BundleError
from models.manifest import CalibrationPart, read_manifest, write_manifest
from tests.fakes.tiny_bundle import DIMENSION, tiny_manifest


def test_a_written_manifest_reads_back_the_same(tmp_path: Path) -> None:
    manifest = tiny_manifest()
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not a model bundle"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"surprise": 1}, "surprise"),
        ({"dimension": 0}, "dimension"),
        ({"format": 2}, "format"),
        ({"image": {}}, "size"),
    ],
)
def test_a_wrong_manifest_is_refused_with_the_reason(tmp_path: Path, change: dict[str, object], says: str) -> None:
    fields = json.loads(tiny_manifest().model_dump_json()) | change
    (tmp_path / "manifest.json").write_text(json.dumps(fields))
    with pytest.raises(BundleError, match=says):
        read_manifest(tmp_path)


def test_a_manifest_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"\xff{")
    with pytest.raises(BundleError):
        read_manifest(tmp_path)


def test_means_of_another_dimension_are_refused() -> None:
    with pytest.raises(ValidationError, match="image_mean and text_mean"):
        tiny_manifest(image_mean=(0.0,) * (DIMENSION + 1))


def test_the_mean_of_each_modality() -> None:
    manifest = tiny_manifest()
    assert manifest.mean("image").tolist() == pytest.approx([0.05] * DIMENSION)
    assert manifest.mean("text").tolist() == pytest.approx([-0.05] * DIMENSION)


def test_each_pair_takes_its_own_curve_or_the_nearest() -> None:
    manifest = tiny_manifest()
    assert manifest.calibration_for("text", "image").slope == 8
    assert manifest.calibration_for("product", "product").slope == 10
    assert manifest.calibration_for("image", "product").slope == 10
    assert manifest.calibration_for("text", "product").slope == 8
    assert manifest.calibration_for("vector", "image").slope == 12


def test_an_uncalibrated_bundle_still_has_a_curve() -> None:
    assert tiny_manifest(calibration={}).calibration_for("text", "image").slope > 0
    only = {"image_image": CalibrationPart(slope=3, intercept=0)}
    assert tiny_manifest(calibration=only).calibration_for("composed", "product").slope == 3


def test_a_manifest_of_before_there_was_a_choice_has_exact_pixels(tmp_path: Path) -> None:
    fields = json.loads(tiny_manifest().model_dump_json())
    del fields["image"]["pixels"]
    (tmp_path / "manifest.json").write_text(json.dumps(fields))
    assert read_manifest(tmp_path).image.preprocessing.pixels == "exact"


def test_the_choice_of_pixels_is_part_of_the_preprocessing() -> None:
    image = tiny_manifest().image.model_copy(update={"pixels": "fast"})
    assert image.preprocessing.pixels == "fast"
    assert str(image.preprocessing) != str(tiny_manifest().image.preprocessing)  # cache keys are made of it
