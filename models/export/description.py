"""The manifest of a new bundle, from what the source says and what was measured."""

from collections.abc import Mapping
from pathlib import Path

from models.bundle import file_sha256
from models.export.measuring import Measured
from models.export.naming import slug
from models.export.request import ExportRequest
from models.export.source import SourceModel
from models.export.weights import fingerprint
from models.manifest import FILE_NAME, NO_TEXT, CalibrationPart, ImageTower, LicencePart, Manifest, TextTower

VERSION = "1"
_PROMPTS = ("{}", "a photo of a {}", "a picture of a {}")


def bundle_name(request: ExportRequest, source: SourceModel) -> str:
    """As asked for, or the source's with the precision behind it where that is not fp32."""
    suffix = "" if request.precision == "fp32" else f"-{request.precision}"
    return slug(request.bundle_name or f"{source.name}{suffix}")


def first_manifest(name: str, source: SourceModel, dimension: int, trims: bool) -> Manifest:
    """Complete enough to encode with; means, curves, figures and files are still to come."""
    licence = source.licence
    return Manifest(
        name=name,
        version=VERSION,
        description=source.origin,
        licence=licence.name,
        licences=(LicencePart(part="weights", licence=licence.name, source=licence.source),),
        commercial_use=licence.commercial_use,
        space_id=source.space_id,
        dimension=dimension,
        image=_image(source),
        text=_text(source, trims),
        logit_scale=source.logit_scale,
        logit_bias=source.logit_bias,
        image_mean=(0.0,) * dimension,
        text_mean=(0.0,) * dimension,
        calibration={},
        prompts=_PROMPTS,
    )


def final_manifest(
    first: Manifest, request: ExportRequest, measured: Measured, parity: Mapping[str, float]
) -> Manifest:
    """With everything but the files, which are counted last."""
    curves = {pair: CalibrationPart(slope=c.slope, intercept=c.intercept) for pair, c in measured.calibration.items()}
    return first.model_copy(
        update={
            "description": "; ".join((first.description, *measured.warnings)),
            "precision": request.precision,
            "image_mean": measured.image_mean,
            "text_mean": measured.text_mean,
            "calibration": curves,
            "parity": dict(parity),
        }
    )


def with_files(manifest: Manifest, folder: Path) -> Manifest:
    """With name and sha256 of every file in the folder."""
    paths = sorted(path for path in folder.iterdir() if path.name != FILE_NAME)
    return manifest.model_copy(update={"files": {path.name: file_sha256(path) for path in paths}})


def _image(source: SourceModel) -> ImageTower:
    geometry, colours = source.preparation.geometry, source.preparation
    return ImageTower(
        size=geometry.size,
        fit=geometry.fit,
        resample=geometry.resample,
        background=geometry.background,
        mean=colours.mean,
        std=colours.std,
        fingerprint=fingerprint(source.image),
    )


def _text(source: SourceModel, trims: bool) -> TextTower:
    if source.text is None:
        return NO_TEXT
    return TextTower(
        context_length=source.text.context_length,
        padding="longest" if trims else "fixed",
        pad_id=source.text.pad_id,
        takes_attention_mask=False,
        fingerprint=source.text.fingerprint,
    )
