"""Picture bytes to an upright RGB picture. Owns what is refused: formats, limits, damage.

Pixel formats of every kind come out as 8-bit RGB; an animation gives its first frame.
"""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from models.errors import PictureTooLargeError, PictureUnreadableError
from models.pictures.specs import DEFAULT_LIMITS, WHITE, Box, PictureLimits, Preprocessing

# MPO is opened by the JPEG plugin and has no name of its own there.
ALLOWED_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
_JPEGS = ("JPEG", "MPO")
_BAND_ROWS = 256
_LEFT_TO_FILTER = 2
"""What the filter still has to shrink after a scaled decoding: with less the vectors move (docs/benchmarks.md)."""


def open_picture(
    data: bytes,
    limits: PictureLimits = DEFAULT_LIMITS,
    spec: Preprocessing | None = None,
    box: Box | None = None,
) -> Image.Image:
    """Decode `data` to an upright RGB picture.

    With a `spec` of fast pixels the picture may come out smaller: as `to_pixels` of it (and of `box`) wants it.

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
            warnings.simplefilter("ignore")  # of bombs, which the limits judge, and of damage, which decoding judges
            picture = Image.open(io.BytesIO(data), formats=ALLOWED_FORMATS)
            _check_size(picture, limits)
            _shrink_while_decoding(picture, limits, spec, box)
            picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            return _flatten(picture)
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


def _check_size(picture: Image.Image, limits: PictureLimits) -> None:
    pixels = picture.width * picture.height
    allowed = limits.max_scaled_pixels if picture.format in _JPEGS else limits.max_pixels
    if pixels > allowed:
        raise PictureTooLargeError(
            f"the picture is {picture.width} x {picture.height} pixels; at most {allowed:,} pixels are accepted for "
            f"{picture.format}: send a smaller copy"
        )


def _shrink_while_decoding(
    picture: Image.Image, limits: PictureLimits, spec: Preprocessing | None, box: Box | None
) -> None:
    """Let the JPEG decoder scale (2, 4 or 8 times down) what is too large to decode whole, or what `spec` lets it."""
    if picture.format not in _JPEGS:
        return
    divisor = 4 if picture.width * picture.height > limits.max_pixels else 1
    if spec is not None and spec.pixels == "fast":
        divisor = max(divisor, int(_shrinkage(picture, spec, box) / _LEFT_TO_FILTER))
    if divisor > 1:
        picture.draft("RGB", (max(1, picture.width // divisor), max(1, picture.height // divisor)))


def _shrinkage(picture: Image.Image, spec: Preprocessing, box: Box | None) -> float:
    """How many times larger the wanted part is than what becomes of it; rather too little: it may lie on its side."""
    share = 1.0 if box is None else min(1.0, max(0.0, min(box.width, box.height)))  # NaN gives 0
    side = max(picture.size) if spec.fit == "pad" else min(picture.size)
    return share * side / spec.size


def _flatten(picture: Image.Image) -> Image.Image:
    """Any mode to RGB: 16-bit grey is scaled to 8 bits, transparency is laid on white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _eight_bit(picture).convert("RGB")
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        canvas = Image.new("RGBA", layered.size, (*WHITE, 255))
        return Image.alpha_composite(canvas, layered).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


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
