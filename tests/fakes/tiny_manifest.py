"""The manifest of the tiny model alone, for what needs no graph and no library that writes one."""

from typing import Any

from models.manifest import CalibrationPart, ImageTower, Manifest, TextTower

DIMENSION = 16
SIZE = 32
CONTEXT = 12


def tiny_manifest(name: str = "tiny", **changes: Any) -> Manifest:
    """The manifest alone, for tests that need no graph."""
    fields: dict[str, Any] = {
        "name": name,
        "version": "1",
        "licence": "Apache-2.0",
        "space_id": "tiny-1",
        "dimension": DIMENSION,
        "image": ImageTower(
            size=SIZE,
            fit="pad",
            resample="bicubic",
            mean=(127.5, 127.5, 127.5),
            std=(127.5, 127.5, 127.5),
            fingerprint="tiny-image",
        ),
        "text": TextTower(context_length=CONTEXT, padding="longest", fingerprint="tiny-text"),
        "logit_scale": 10.0,
        "image_mean": (0.05,) * DIMENSION,
        "text_mean": (-0.05,) * DIMENSION,
        "calibration": {
            "text_image": CalibrationPart(slope=8.0, intercept=-3.0),
            "image_image": CalibrationPart(slope=12.0, intercept=-8.0),
            "composed_image": CalibrationPart(slope=6.0, intercept=-3.0),
            "product_product": CalibrationPart(slope=10.0, intercept=-6.0),
        },
        "prompts": ("{}", "a photo of {}"),
    }
    return Manifest(**fields | changes)
