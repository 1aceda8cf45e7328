"""Texts and pictures to vectors: cache, else admission, decoder, queue. Owns the keys of the vector cache.

Knows no collection. Decoding comes in as a port, so that this file needs no picture library.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Protocol, TypeAlias

from models.arrays import Pixels
from models.errors import NoTextTowerError, TextError
from models.manifest import Manifest
from models.pictures import Box, Preprocessing
from service.admission import Admission, Place
from service.cache import Cache
from service.errors import TextTooLongError
from service.flights import Flights
from service.metrics import StageClock
from service.pacing import in_window
from service.queue import Encoded, EncodeQueue, Group, Lane, Tower
from service.types import Deadline, PictureBytes

EmbedInput: TypeAlias = str | PictureBytes
_ENTRY_OVERHEAD_BYTES = 300
_WINDOW = 64


class PixelDecoder(Protocol):
    async def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, deadline: Deadline) -> Pixels: ...


class Embedder:
    """Vectors of one model for texts and pictures. Belongs to one event loop."""

    def __init__(
        self,
        queue: EncodeQueue,
        cache: Cache[Encoded],
        decoder: PixelDecoder,
        admission: Admission,
        max_text_chars: int = 20_000,
    ) -> None:
        self._queue = queue
        self._cache = cache
        self._decoder = decoder
        self._admission = admission
        self._max_text_chars = max_text_chars
        self._flights: Flights[_Flown] = Flights()

    async def embed(
        self,
        manifest: Manifest,
        inputs: Sequence[EmbedInput],
        lane: Lane,
        deadline: Deadline,
        clock: StageClock,
        window: int = _WINDOW,
    ) -> list[Encoded]:
        """One vector an input, in order; `window` of them on their way at a time. The first error is raised.

        Equal inputs, of this call and of others at the same time, are decoded and encoded once. Fills the stages
        `decode` (until the last picture was decoded, where there is one) and `embed` (the rest) of `clock`.

        Raises: PictureError, TextError, TextTooLongError, EncoderFailedError, OverloadedError, DeadlineExceededError.
        """
        self._check(manifest, inputs)
        started = perf_counter()
        keys = [cache_key(manifest, content) for content in inputs]
        found = dict(zip(keys, await self._cache.get_many(keys), strict=True))
        missing = {key: content for key, content in zip(keys, inputs, strict=True) if found[key] is None}
        fresh = await self._fresh(manifest, missing, lane, deadline, window)
        decode_s = max((flown.decode_s for flown in fresh.values()), default=0.0)
        if decode_s:
            clock.add("decode", decode_s)
        clock.add("embed", max(0.0, perf_counter() - started - decode_s))
        return [found[key] or fresh[key].encoded for key in keys]

    async def encode(self, manifest: Manifest, content: str | Pixels, lane: Lane, deadline: Deadline) -> Encoded:
        """Past the cache: one text, or the pixels of one picture."""
        return await self._queue.encode(manifest.name, content, lane, deadline)

    async def _fresh(
        self, manifest: Manifest, missing: Mapping[str, EmbedInput], lane: Lane, deadline: Deadline, window: int
    ) -> dict[str, "_Flown"]:
        """Of each content by its key, begun here or by somebody else."""
        new = {f"{lane}:{key}": content for key, content in missing.items() if not self._flights.has(f"{lane}:{key}")}
        groups = [Group(manifest.name, _tower(content)) for content in new.values()]
        with self._admission.admit(groups, lane, deadline) as places:
            place_of = dict(zip(new, places, strict=True))

            async def one(key: str) -> _Flown:
                place, flight = place_of.get(f"{lane}:{key}"), f"{lane}:{key}"
                work = partial(self._fly, key, manifest, missing[key], lane, deadline, place)
                return await self._flights.join(flight, deadline, work)

            flown = await in_window(one, list(missing), window) if len(missing) != 1 else [await one(*missing)]
        return dict(zip(missing, flown, strict=True))

    async def _fly(
        self,
        key: str,
        manifest: Manifest,
        content: EmbedInput,
        lane: Lane,
        deadline: Deadline,
        place: Place | None,
    ) -> "_Flown":
        started = perf_counter()
        ready = await self._decoded(manifest, content, deadline)
        decode_s = perf_counter() - started if content is not ready else 0.0
        if place is not None:
            place.leave()
        encoded = await self.encode(manifest, ready, lane, deadline)
        await self._cache.put(key, encoded, encoded.vector.nbytes + _ENTRY_OVERHEAD_BYTES)
        return _Flown(encoded, decode_s)

    def _check(self, manifest: Manifest, inputs: Sequence[EmbedInput]) -> None:
        for content in inputs:
            if isinstance(content, str) and not manifest.encodes_text:
                raise NoTextTowerError(f"the model {manifest.name} encodes pictures only: send a picture")
            if isinstance(content, str) and not content.strip():
                raise TextError("the text is empty: say what to look for, or leave the text out")
            if isinstance(content, str) and len(content) > self._max_text_chars:
                raise TextTooLongError(
                    f"a text has {len(content):,} characters; at most {self._max_text_chars:,} are accepted: shorten it"
                )

    async def _decoded(self, manifest: Manifest, content: EmbedInput, deadline: Deadline) -> str | Pixels:
        if isinstance(content, str):
            return content
        with self._admission.decoding():
            return await self._decoder.pixels(content.data, manifest.image.preprocessing, content.box, deadline)


@dataclass(frozen=True)
class _Flown:
    """A vector, and how long its picture was decoded, the wait for the decoder included; 0 for a text."""

    encoded: Encoded
    decode_s: float


def _tower(content: EmbedInput) -> Tower:
    return "text" if isinstance(content, str) else "image"


def cache_key(manifest: Manifest, content: EmbedInput) -> str:
    """Content, tower, precision and preprocessing: whatever the vector depends on."""
    if isinstance(content, str):
        tower, data, rest = manifest.text.fingerprint, content.encode("utf-8", "surrogatepass"), ""
    else:
        tower, data = manifest.image.fingerprint, content.data
        rest = f"{manifest.image.preprocessing}{content.box}"
    head = f"{type(content).__name__}|{tower}|{manifest.precision}|{rest}|"
    return hashlib.sha256(head.encode() + hashlib.sha256(data).digest()).hexdigest()
