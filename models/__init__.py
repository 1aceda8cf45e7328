"""Encoders and everything that makes them: bundles, pictures, composition, calibration, training, evaluation."""

from models.bundle import Bundle, find_bundles, open_bundle
from models.calibration import Calibration
from models.encoder import EncodedTexts, Encoder, OnnxEncoder
from models.manifest import Manifest
from models.pictures import Box, PictureLimits, Preprocessing, open_picture, to_pixels

__all__ = [
    "Box",
    "Bundle",
    "Calibration",
    "EncodedTexts",
    "Encoder",
    "Manifest",
    "OnnxEncoder",
    "PictureLimits",
    "Preprocessing",
    "find_bundles",
    "open_bundle",
    "open_picture",
    "to_pixels",
]
