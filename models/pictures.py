"""Picture bytes to the pixels an encoder takes: the one implementation for online, bulk and training.

Owns limits, orientation, transparency, cropping and resizing. Knows nothing of models or requests.
Pixel formats of every kind come out as 8-bit RGB; an animation gives its first frame.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from models.errors import BoxError, PictureTooLargeError, PictureUnreadableError

# MPO is opened by the JPEG plugin and has no name of its own there.
ALLOWED_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
_WHITE = (255, 255, 255)
_MAX_ASPECT = 32
_BAND_ROWS = 256
_ROUNDING = 0.005  # of clients that send few digits
_BOX_HINT = "the box must lie inside the picture: [x, y, width, height] in units of 0 to 1"


@dataclass(frozen=True)
class PictureLimits:
    """What a picture may announce in its header before anything is decoded."""

    max_bytes: int = 20_000_000
    max_pixels: int = 40_000_000
    max_scaled_pixels: int = 120_000_000
    """JPEGs up to this size are accepted because they are scaled down while decoding."""


@dataclass(frozen=True)
class Box:
    """A region in relative units of the upright picture; each value in [0, 1]."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Preprocessing:
    """How a bundle wants its pictures.

    `pad`: the whole picture on a square; `crop`: its centre; `squash`: the whole picture, stretched to the square.
    """

    size: int
    fit: Literal["pad", "crop", "squash"] = "crop"
    resample: Literal["bilinear", "bicubic", "lanczos"] = "bicubic"
    background: tuple[int, int, int] = _WHITE


def open_picture(data: bytes, limits: PictureLimits = PictureLimits()) -> Image.Image:
    """Decode `data` to an upright RGB picture.

    Raises:
        PictureTooLargeError: more bytes or pixels than `limits` allow, known from the header alone.
        PictureUnreadableError: empty, truncated, or not a picture.
    """
    if not data:
        raise PictureUnreadableError("the picture is empty: it has no bytes")
    if len(data) > limits.max_bytes:
        raise PictureTooLargeError(f"the picture has {len(data):,} bytes; at most {limits.max_bytes:,} are accepted")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=ALLOWED_FORMATS)
            _check_size(picture, limits)
            _shrink_while_decoding(picture, limits)
            picture.load()
            return _flatten(ImageOps.exif_transpose(picture))
    except PictureTooLargeError:
        raise
    except Image.DecompressionBombError as exc:
        raise PictureTooLargeError(
            f"the picture announces more than the {limits.max_pixels:,} pixels that are accepted: send a smaller copy"
        ) from exc
    except UnidentifiedImageError as exc:
        raise PictureUnreadableError("the bytes are not a picture of a known format") from exc
    except Exception as exc:
        raise PictureUnreadableError(f"the picture is damaged or incomplete: {exc}") from exc


def to_pixels(picture: Image.Image, spec: Preprocessing, box: Box | None = None) -> NDArray[np.uint8]:
    """Crop to `box`, resize and square an RGB picture. Returns uint8 [size, size, 3]."""
    if box is not None:
        picture = _cut(picture, box)
    filter_ = Image.Resampling[spec.resample.upper()]
    square = (spec.size, spec.size)
    if spec.fit == "pad":
        resized = ImageOps.contain(picture, square, method=filter_)
        canvas = Image.new("RGB", square, spec.background)
        canvas.paste(resized, ((spec.size - resized.width) // 2, (spec.size - resized.height) // 2))
        return np.asarray(canvas, dtype=np.uint8)
    if spec.fit == "squash":
        return np.asarray(picture.resize(square, filter_), dtype=np.uint8)
    picture = _without_far_ends(picture)
    # Rounded as torchvision does, with which the models were trained: a pixel more or less shifts the whole crop.
    target = (spec.size * picture.width // min(picture.size), spec.size * picture.height // min(picture.size))
    resized = picture.resize(target, filter_)
    left, top = round((resized.width - spec.size) / 2), round((resized.height - spec.size) / 2)
    return np.asarray(resized.crop((left, top, left + spec.size, top + spec.size)), dtype=np.uint8)


def decode_pixels(
    data: bytes,
    spec: Preprocessing,
    box: Box | None = None,
    limits: PictureLimits = PictureLimits(),
) -> NDArray[np.uint8]:
    """Picture bytes to uint8 [size, size, 3]; raises what `open_picture` and `to_pixels` raise."""
    return to_pixels(open_picture(data, limits), spec, box)


def _check_size(picture: Image.Image, limits: PictureLimits) -> None:
    pixels = picture.width * picture.height
    allowed = limits.max_scaled_pixels if picture.format in ("JPEG", "MPO") else limits.max_pixels
    if pixels > allowed:
        raise PictureTooLargeError(
            f"the picture is {picture.width} x {picture.height} pixels; at most {allowed:,} pixels are accepted for "
            f"{picture.format}: send a smaller copy"
        )


def _shrink_while_decoding(picture: Image.Image, limits: PictureLimits) -> None:
    """Let the JPEG decoder scale a picture that is too large to decode whole (2, 4 or 8 times smaller)."""
    if picture.format not in ("JPEG", "MPO") or picture.width * picture.height <= limits.max_pixels:
        return
    picture.draft("RGB", (picture.width // 4, picture.height // 4))


def _flatten(picture: Image.Image) -> Image.Image:
    """Any mode to RGB: 16-bit grey is scaled to 8 bits, transparency is laid on white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _eight_bit(picture).convert("RGB")
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        canvas = Image.new("RGBA", layered.size, (*_WHITE, 255))
        return Image.alpha_composite(canvas, layered).convert("RGB")
    return picture.convert("RGB")


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Deep grey to 8 bits, in bands of rows: float64 of a whole picture would take eight times its memory."""
    is_16_bit = picture.mode.startswith("I;16") or float(picture.getextrema()[1]) > 255  # type: ignore[arg-type]
    scale = 255.0 / (65535.0 if is_16_bit else 255.0)
    grey = np.empty((picture.height, picture.width), dtype=np.uint8)
    for top in range(0, picture.height, _BAND_ROWS):
        band = picture.crop((0, top, picture.width, min(top + _BAND_ROWS, picture.height)))
        deep = np.nan_to_num(np.asarray(band, dtype=np.float64))
        grey[top : top + _BAND_ROWS] = np.clip(deep * scale, 0, 255)
    return Image.fromarray(grey)


def _cut(picture: Image.Image, box: Box) -> Image.Image:
    edges = (box.x, box.y, box.x + box.width, box.y + box.height)
    if not all(0.0 <= edge <= 1.0 + _ROUNDING for edge in edges):  # NaN is not, either
        raise BoxError(_BOX_HINT)
    left, right = round(edges[0] * picture.width), round(min(edges[2], 1.0) * picture.width)
    top, bottom = round(edges[1] * picture.height), round(min(edges[3], 1.0) * picture.height)
    if right <= left or bottom <= top:
        raise BoxError(_BOX_HINT)
    return picture.crop((left, top, right, bottom))


def _without_far_ends(picture: Image.Image) -> Image.Image:
    """Of a very long picture the middle: scaling all of it up only to crop it would take gigabytes."""
    longest = _MAX_ASPECT * min(picture.size)
    if max(picture.size) <= longest:
        return picture
    width, height = min(picture.width, longest), min(picture.height, longest)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))
