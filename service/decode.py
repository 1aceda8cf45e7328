"""Picture bytes to pixels, thumbnails and working copies, in a bounded pool of threads.

The way from bytes to pixels is `models.pictures` and nothing else. Knows no model and no collection.
"""

import asyncio
import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from index.types import PicturePolicy
from models.arrays import Pixels
from models.pictures import Box, PictureLimits, Preprocessing, open_picture, to_pixels
from service.pacing import Threads, within
from service.types import Deadline

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


class Decoder:
    """Decodes for everybody; raises what `models.pictures` raises, and OverloadedError, DeadlineExceededError."""

    def __init__(self, threads: Threads, limits: PictureLimits, bulk_runs: int) -> None:
        """`bulk_runs`: pictures of items at a time; fewer than there are threads, so that a search finds one free."""
        self._threads = threads
        self._limits = limits
        self._bulk = asyncio.Semaphore(bulk_runs)  # who waits here is bounded by the requests and their windows

    async def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, deadline: Deadline) -> Pixels:
        """uint8 [size, size, 3]."""
        return await self._threads.run(deadline, _pixels, data, spec, box, self._limits)

    async def keep(self, data: bytes, spec: Preprocessing, policy: PicturePolicy, deadline: Deadline) -> KeptPicture:
        """Pixels of what is kept, so that encoding it again gives the same vector."""
        await within(deadline, self._bulk.acquire())
        try:
            return await self._threads.run(deadline, kept_picture, data, spec, policy, self._limits)
        finally:
            self._bulk.release()

    async def thumbnail(self, data: bytes, deadline: Deadline) -> bytes:
        return await self._threads.run(deadline, _thumbnail_of, data, self._limits)


def kept_picture(data: bytes, spec: Preprocessing, policy: PicturePolicy, limits: PictureLimits) -> KeptPicture:
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


def content_digest(*parts: bytes | str | None) -> str:
    """sha256 in hex of parts; None differs from an empty part, and no two lists of parts run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"-" if data is None else f"{len(data)}:".encode() + data)
    return digest.hexdigest()


def _pixels(data: bytes, spec: Preprocessing, box: Box | None, limits: PictureLimits) -> Pixels:
    return to_pixels(open_picture(data, limits), spec, box)


def _thumbnail_of(data: bytes, limits: PictureLimits) -> bytes:
    return webp(open_picture(data, limits), THUMBNAIL_SIDE, _THUMBNAIL_QUALITY)
