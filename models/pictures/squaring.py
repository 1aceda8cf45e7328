"""An opened picture to the square of pixels that an encoder takes. Owns regions, fits and their rounding."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.errors import BoxError
from models.pictures.opening import open_picture
from models.pictures.resizing import resize
from models.pictures.specs import DEFAULT_LIMITS, Box, PictureLimits, Preprocessing

_MAX_ASPECT = 32
_ROUNDING = 0.005  # of clients that send few digits
_BOX_HINT = "the box must lie inside the picture: [x, y, width, height] in units of 0 to 1"


def to_pixels(picture: Image.Image, spec: Preprocessing, box: Box | None = None) -> NDArray[np.uint8]:
    """Crop to `box`, resize and square an RGB picture. Returns uint8 [size, size, 3].

    Raises: BoxError when the box selects nothing or passes the edges.
    """
    if box is not None:
        picture = _cut(picture, box)
    if spec.fit == "pad":
        square = _padded(picture, spec)
    elif spec.fit == "squash":
        square = resize(picture, (spec.size, spec.size), spec.resample)
    else:
        square = _middle(picture, spec)
    return np.asarray(square, dtype=np.uint8)


def decode_pixels(
    data: bytes,
    spec: Preprocessing,
    box: Box | None = None,
    limits: PictureLimits = DEFAULT_LIMITS,
) -> NDArray[np.uint8]:
    """Picture bytes to uint8 [size, size, 3]; raises what `open_picture` and `to_pixels` raise."""
    return to_pixels(open_picture(data, limits, spec, box), spec, box)


def _padded(picture: Image.Image, spec: Preprocessing) -> Image.Image:
    width, height = _contained(picture, spec.size)
    canvas = Image.new("RGB", (spec.size, spec.size), spec.background)
    resized = resize(picture, (width, height), spec.resample)
    canvas.paste(resized, ((spec.size - width) // 2, (spec.size - height) // 2))
    return canvas


def _contained(picture: Image.Image, side: int) -> tuple[int, int]:
    """The largest size inside the square, rounded as `ImageOps.contain` does, but a line keeps one pixel."""
    width, height = picture.size
    if width > height:
        return side, max(1, round(height / width * side))
    return max(1, round(width / height * side)), side


def _middle(picture: Image.Image, spec: Preprocessing) -> Image.Image:
    picture = _without_far_ends(picture)
    # Rounded as torchvision does, with which the models were trained: a pixel more or less shifts the whole crop.
    across, down = (spec.size * side // min(picture.size) for side in picture.size)
    left, top = round((across - spec.size) / 2), round((down - spec.size) / 2)
    window = (left, top, left + spec.size, top + spec.size)
    return resize(picture, (across, down), spec.resample, window)


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
