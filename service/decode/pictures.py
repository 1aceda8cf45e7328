"""What is made of a picture's bytes: pixels, thumbnails and working copies; the port to it, and the work itself.

The way from bytes to pixels is `models.pictures` and nothing else. Knows no model and no collection.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PIL import Image

from models.arrays import Pixels
from models.pictures import Box, PictureLimits, Preprocessing, decode_pixels, open_picture, to_pixels

if TYPE_CHECKING:
    from index.types import PicturePolicy

THUMBNAIL_SIDE = 320
WORKING_COPY_SIDE = 512
_THUMBNAIL_QUALITY = 80
_WORKING_COPY_QUALITY = 92


@dataclass(frozen=True)
class KeptPicture:
    """What an item needs of its picture. `kept` and `thumbnail` are None where the policy keeps nothing."""

    pixels: Pixels
    kept: bytes | None
    thumbnail: bytes | None


class PictureWork(Protocol):
    """Who turns bytes into pixels. Blocks; called from several threads at a time.

    Every method raises what `models.pictures` raises, InputQuarantinedError for bytes that ended a decoder twice,
    and OverloadedError when no decoder was there within `wait_s`.
    """

    def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, wait_s: float) -> Pixels:
        """uint8 [size, size, 3]."""

    def keep(self, data: bytes, spec: Preprocessing, policy: "PicturePolicy", wait_s: float) -> KeptPicture:
        """Pixels of what is kept, so that encoding it again gives the same vector."""

    def thumbnail(self, data: bytes, wait_s: float) -> bytes:
        """A WebP."""

    def close(self) -> None: ...


class WorkHere:
    """Adapter of `PictureWork` in this process: for the command line and tests. A native crash takes it along."""

    def __init__(self, limits: PictureLimits) -> None:
        self._limits = limits

    def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, wait_s: float) -> Pixels:
        return decode_pixels(data, spec, box, self._limits)

    def keep(self, data: bytes, spec: Preprocessing, policy: "PicturePolicy", wait_s: float) -> KeptPicture:
        return kept_picture(data, spec, policy, self._limits)

    def thumbnail(self, data: bytes, wait_s: float) -> bytes:
        return webp(open_picture(data, self._limits), THUMBNAIL_SIDE, _THUMBNAIL_QUALITY)

    def close(self) -> None:
        """Nothing to end."""


def kept_picture(data: bytes, spec: Preprocessing, policy: "PicturePolicy", limits: PictureLimits) -> KeptPicture:
    """Decode once (twice where a working copy is made) and derive the rest. Blocks."""
    picture = open_picture(data, limits)
    if policy == "none":
        return KeptPicture(to_pixels(picture, spec), None, None)
    if policy == "working_copy" and max(picture.size) > WORKING_COPY_SIDE:
        data = webp(picture, WORKING_COPY_SIDE, _WORKING_COPY_QUALITY)
        picture = open_picture(data, limits)
    return KeptPicture(to_pixels(picture, spec), data, webp(picture, THUMBNAIL_SIDE, _THUMBNAIL_QUALITY))


def webp(picture: Image.Image, longest_side: int, quality: int) -> bytes:
    """A WebP no larger than `longest_side`; never scaled up."""
    small = picture.copy()
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "WEBP", quality=quality, method=2)
    return file.getvalue()
