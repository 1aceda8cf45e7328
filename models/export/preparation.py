"""How a checkpoint wants its pictures: read from its own configuration, never guessed.

Translates the words of open_clip and timm into the ones of a manifest; refuses what `models.pictures` cannot do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from models.export.errors import UnknownModelError
from models.pictures import Preprocessing

_T = TypeVar("_T")

Fit: TypeAlias = Literal["pad", "crop", "squash"]
Resample: TypeAlias = Literal["bilinear", "bicubic", "lanczos"]
Colours: TypeAlias = tuple[float, float, float]

_FITS: dict[str, Fit] = {"shortest": "crop", "squash": "squash", "longest": "pad"}
_RESAMPLES: dict[str, Resample] = {
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "lanczos": "lanczos",
    "random": "bicubic",  # open_clip: random while training, bicubic afterwards
}
_CROP_TOLERANCE = 0.999


@dataclass(frozen=True)
class Preparation:
    """Geometry and normalisation. `mean` and `std` are per channel on pixels of 0 to 255."""

    geometry: Preprocessing
    mean: Colours
    std: Colours


def from_open_clip(config: Mapping[str, object]) -> Preparation:
    """From open_clip's `preprocess_cfg`; raises UnknownModelError for what a bundle cannot do."""
    fill = _number(config.get("fill_color", 0))
    geometry = Preprocessing(
        size=_square(config["size"]),
        fit=_word(_FITS, config.get("resize_mode", "shortest"), "resize mode"),
        resample=_word(_RESAMPLES, config.get("interpolation", "bicubic"), "interpolation"),
        background=(int(fill), int(fill), int(fill)),
    )
    return Preparation(geometry, _colours(config["mean"]), _colours(config["std"]))


def from_timm(config: Mapping[str, object]) -> Preparation:
    """From timm's data configuration; the whole short side must be used (`crop_pct` 1)."""
    if config.get("crop_mode", "center") not in ("center", "squash"):
        raise UnknownModelError(f"the crop mode {config['crop_mode']!r} of this model is not supported")
    if _number(config.get("crop_pct", 1.0)) < _CROP_TOLERANCE and config.get("crop_mode") != "squash":
        raise UnknownModelError(
            f"this model was trained on the inner {config['crop_pct']} of a picture, which bundles do not support"
        )
    geometry = Preprocessing(
        size=_square(_sequence(config["input_size"])[1:]),
        fit="squash" if config.get("crop_mode") == "squash" else "crop",
        resample=_word(_RESAMPLES, config["interpolation"], "interpolation"),
    )
    return Preparation(geometry, _colours(config["mean"]), _colours(config["std"]))


def _square(size: object) -> int:
    if isinstance(size, int):
        return size
    sides = _sequence(size)
    if sides[0] != sides[-1]:
        raise UnknownModelError(f"the model takes pictures of {sides} pixels; bundles take square ones")
    return int(_number(sides[0]))


def _word(table: Mapping[str, _T], word: object, what: str) -> _T:
    if str(word) not in table:
        raise UnknownModelError(f"the {what} {word!r} of this checkpoint is not supported")
    return table[str(word)]


def _colours(values: object) -> Colours:
    red, green, blue = (_number(value) * 255.0 for value in _sequence(values))
    return red, green, blue


def _sequence(value: object) -> Sequence[object]:
    if not isinstance(value, Sequence) or not value:
        raise UnknownModelError(f"{value!r} in the checkpoint's picture configuration is not a list")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise UnknownModelError(f"{value!r} in the checkpoint's picture configuration is not a number")
    return float(value)
