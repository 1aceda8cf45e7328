"""Texts and pictures to vectors: cache, else decode, else queue. Owns the keys of the vector cache.

Knows no collection. Decoding comes in as a port, so that this file needs no picture library.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeAlias, TypeVar

from models.arrays import Pixels
from models.errors import TextError
from models.manifest import Manifest
from models.pictures import Box, Preprocessing
from service.cache import Cache
from service.errors import TextTooLongError
from service.metrics import StageClock
from service.queue import Encoded, EncodeQueue, Lane
from service.types import Deadline, PictureBytes

EmbedInput: TypeAlias = str | PictureBytes
_ENTRY_OVERHEAD_BYTES = 300
T = TypeVar("T")


class PixelDecoder(Protocol):
    async def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, deadline: Deadline) -> Pixels: ...


class Embedder:
    """Vectors of one model for texts and pictures."""

    def __init__(
        self, queue: EncodeQueue, cache: Cache[Encoded], decoder: PixelDecoder, max_text_chars: int = 20_000
    ) -> None:
        self._queue = queue
        self._cache = cache
        self._decoder = decoder
        self._max_text_chars = max_text_chars

    async def embed(
        self, manifest: Manifest, inputs: Sequence[EmbedInput], lane: Lane, deadline: Deadline, clock: StageClock
    ) -> list[Encoded]:
        """One vector an input, in order. Fills the stages `decode` and `embed` of `clock`.

        Raises: PictureError, TextError, TextTooLongError, EncoderFailedError, OverloadedError, DeadlineExceededError.
        """
        self._check(inputs)
        keys = [cache_key(manifest, content) for content in inputs]
        known = [await self._cache.get(key) for key in keys]
        missing = [n for n, vector in enumerate(known) if vector is None]
        with clock.stage("decode"):
            ready = await _all([self._decoded(manifest, inputs[n], deadline) for n in missing])
        with clock.stage("embed"):
            fresh = await _all([self.encode(manifest, content, lane, deadline) for content in ready])
        for n, vector in zip(missing, fresh, strict=True):
            await self._cache.put(keys[n], vector, vector.vector.nbytes + _ENTRY_OVERHEAD_BYTES)
        found = dict(zip(missing, fresh, strict=True))
        return [found[n] if vector is None else vector for n, vector in enumerate(known)]

    async def encode(self, manifest: Manifest, content: str | Pixels, lane: Lane, deadline: Deadline) -> Encoded:
        """Past the cache: one text, or the pixels of one picture."""
        return await self._queue.encode(manifest.name, content, lane, deadline)

    def _check(self, inputs: Sequence[EmbedInput]) -> None:
        for content in inputs:
            if isinstance(content, str) and not content.strip():
                raise TextError("the text is empty: say what to look for, or leave the text out")
            if isinstance(content, str) and len(content) > self._max_text_chars:
                raise TextTooLongError(
                    f"a text has {len(content):,} characters; at most {self._max_text_chars:,} are accepted: shorten it"
                )

    async def _decoded(self, manifest: Manifest, content: EmbedInput, deadline: Deadline) -> str | Pixels:
        if isinstance(content, str):
            return content
        return await self._decoder.pixels(content.data, manifest.image.preprocessing, content.box, deadline)


def cache_key(manifest: Manifest, content: EmbedInput) -> str:
    """Content, tower, precision and preprocessing: whatever the vector depends on."""
    if isinstance(content, str):
        tower, data, rest = manifest.text.fingerprint, content.encode("utf-8", "surrogatepass"), ""
    else:
        tower, data = manifest.image.fingerprint, content.data
        rest = f"{manifest.image.preprocessing}{content.box}"
    head = f"{type(content).__name__}|{tower}|{manifest.precision}|{rest}|"
    return hashlib.sha256(head.encode() + hashlib.sha256(data).digest()).hexdigest()


async def _all(awaitables: Sequence[Awaitable[T]]) -> list[T]:
    """All of them at once; the first error cancels the others."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
