"""`manifest.json` of a model bundle: what a bundle says of itself, checked when it is read.

Vectors of one `space_id` may meet; a text tower realigned to the same image tower keeps it.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.arrays import Vector
from models.calibration import Calibration
from models.errors import BundleError
from models.pictures import Preprocessing
from models.space import GENERIC_CURVE

FILE_NAME = "manifest.json"

QueryKind: TypeAlias = Literal["text", "image", "composed", "product", "vector"]
FieldKind: TypeAlias = Literal["image", "product"]
PairKind: TypeAlias = str
"""`<query kind>_<field>`, for instance `text_image`, `image_image`, `product_product`."""

_FALLBACKS: dict[str, tuple[str, ...]] = {
    "text_product": ("text_image",),
    "image_product": ("product_product", "image_image"),
    "product_image": ("image_image",),
    "composed_image": ("image_image",),
    "composed_product": ("composed_image", "product_product", "image_image"),
    "vector_image": ("image_image",),
    "vector_product": ("product_product", "image_image"),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageTower(_Part):
    """How pictures are prepared for `image.onnx` and which tower it is."""

    size: Annotated[int, Field(gt=0)]
    fit: Literal["pad", "crop", "squash"]
    resample: Literal["bilinear", "bicubic", "lanczos"]
    background: tuple[int, int, int] = (255, 255, 255)
    pixels: Literal["exact", "fast"] = "exact"
    """Which way the pixels are made (ADR 7); vectors of the two are not the same to the last digit."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    """Per channel on [0, 255] pixels; applied inside the graph, stated here for the record."""
    fingerprint: str

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(self.size, self.fit, self.resample, self.background, self.pixels)


class TextTower(_Part):
    """How texts are prepared for `text.onnx` and which tower it is."""

    context_length: Annotated[int, Field(ge=0)]
    """Tokens at most; 0 means that there is no text tower."""
    padding: Literal["longest", "fixed"]
    pad_id: int = 0
    takes_attention_mask: bool = True
    fingerprint: str


NO_TEXT = TextTower(context_length=0, padding="fixed", takes_attention_mask=False, fingerprint="")
"""Of a bundle that encodes pictures only."""


class CalibrationPart(_Part):
    slope: float
    intercept: float


class Composition(_Part):
    """Defaults of composed search, tuned on validation data (methods: PDV)."""

    alpha: float = 1.4
    beta: float = 0.75
    sum_weight: float = 2.0
    """Weight of the text beside the picture in the `sum` method."""


class LicencePart(_Part):
    part: str
    licence: str
    source: str


class Manifest(_Part):
    """The whole manifest. Frozen; unknown keys are an error."""

    format: Literal[1] = 1
    name: str
    version: str
    description: str = ""
    licence: str
    licences: tuple[LicencePart, ...] = ()
    commercial_use: bool = True
    space_id: str
    dimension: Annotated[int, Field(gt=0)]
    precision: str = "fp32"
    image: ImageTower
    text: TextTower = NO_TEXT
    logit_scale: float
    logit_bias: float = 0.0
    image_mean: tuple[float, ...]
    text_mean: tuple[float, ...]
    """Modality means [dimension]: subtracted before vectors of different modalities are added."""
    calibration: dict[PairKind, CalibrationPart]
    composition: Composition = Composition()
    product_image_weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    prompts: tuple[str, ...] = ("{}",)
    """Zero-shot templates; `{}` is the label."""
    parity: dict[str, float] = {}
    files: dict[str, str] = {}
    """File name to sha256 in hex, for every file of the bundle but this one."""

    @model_validator(mode="after")
    def _means_fit(self) -> "Manifest":
        if len(self.image_mean) != self.dimension or len(self.text_mean) != self.dimension:
            raise ValueError("image_mean and text_mean must have `dimension` values")
        return self

    @property
    def encodes_text(self) -> bool:
        """False for a bundle that serves image-to-image collections only."""
        return self.text.context_length > 0

    def mean(self, modality: Literal["image", "text"]) -> Vector:
        """float32 [dimension]; not of unit length."""
        return np.asarray(self.image_mean if modality == "image" else self.text_mean, dtype=np.float32)

    def calibration_for(self, query: str, field: str) -> Calibration:
        """The curve of this pair of modalities, or of the nearest pair that was fitted."""
        part = self._curve(query, field)
        return GENERIC_CURVE if part is None else Calibration(part.slope, part.intercept)

    def is_calibrated(self, query: str, field: str) -> bool:
        return self._curve(query, field) is not None

    def _curve(self, query: str, field: str) -> CalibrationPart | None:
        name = f"{query}_{field}"
        pairs = (name, *_FALLBACKS.get(name, ()), "image_image")
        return next((self.calibration[pair] for pair in pairs if pair in self.calibration), None)


def read_manifest(folder: Path) -> Manifest:
    """Read and check `folder/manifest.json`; raises BundleError with what is wrong."""
    path = folder / FILE_NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as exc:
        raise BundleError(f"{folder} is not a model bundle: it has no {FILE_NAME}") from exc
    except ValidationError as exc:
        raise BundleError(f"{path}: {exc}") from exc


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `folder/manifest.json`."""
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
