"""Cache, decode, queue: in that order, and with keys that hold everything a vector depends on."""

import asyncio

import numpy as np
import pytest

from models.arrays import Pixels
from models.errors import NoTextTowerError, TextError
from models.manifest import NO_TEXT
from models.pictures import Box, Preprocessing
from service.admission import Admission
from service.cache import MemoryCache
from service.embedder import Embedder, EmbedInput, cache_key
from service.errors import OverloadedError, TextTooLongError
from service.metrics import Metrics
from service.queue import Content, Encoded, Estimate, Group, Lane
from service.types import Deadline, PictureBytes, QueueFigures
from tests.fakes.tiny_bundle import tiny_manifest

MANIFEST = tiny_manifest()
SOON = Deadline.after(3600)  # made when the test is collected, long before it may run


class RecordingQueue:
    """Answers with the number of the call as vector."""

    def __init__(self) -> None:
        self.asked: list[tuple[Content, Lane]] = []
        self.wait_ms = 0.0

    async def encode(self, model: str, content: Content, lane: Lane, deadline: Deadline) -> Encoded:
        self.asked.append((content, lane))
        return Encoded(np.full(4, len(self.asked), dtype=np.float32))

    def estimate(self, group: Group, lane: Lane) -> Estimate:
        return Estimate(room=9, wait_ms=self.wait_ms, run_ms=1.0, share_ms=1.0)

    def figures(self) -> QueueFigures:
        raise NotImplementedError

    def close(self, grace_s: float) -> None: ...


class ConstantDecoder:
    def __init__(self) -> None:
        self.decoded: list[tuple[bytes, Box | None]] = []

    async def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, deadline: Deadline) -> Pixels:
        self.decoded.append((data, box))
        return np.zeros((spec.size, spec.size, 3), dtype=np.uint8)


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


@pytest.fixture
def decoder() -> ConstantDecoder:
    return ConstantDecoder()


@pytest.fixture
def embedder(queue: RecordingQueue, decoder: ConstantDecoder) -> Embedder:
    admission = Admission(queue, Metrics())
    return Embedder(queue, MemoryCache(100, 10_000, 60), decoder, admission, max_text_chars=50)


async def test_known_contents_are_neither_decoded_nor_encoded(
    embedder: Embedder, queue: RecordingQueue, decoder: ConstantDecoder
) -> None:
    inputs = ["a", PictureBytes(b"p"), "b"]
    first = await embedder.embed(MANIFEST, inputs, "interactive", SOON, Metrics().start_clock())
    again = await embedder.embed(MANIFEST, [*inputs, "c"], "bulk", SOON, Metrics().start_clock())
    assert [one.vector[0] for one in again[:3]] == [one.vector[0] for one in first]
    assert [content for content, _ in queue.asked if isinstance(content, str)] == ["a", "b", "c"]
    assert queue.asked[-1] == ("c", "bulk")
    assert decoder.decoded == [(b"p", None)]


async def test_the_stages_are_measured(embedder: Embedder) -> None:
    clock = Metrics().start_clock()
    await embedder.embed(MANIFEST, ["a", PictureBytes(b"p")], "interactive", SOON, clock)
    assert clock.ms("decode") > 0 and clock.ms("embed") > 0


async def test_texts_have_no_time_of_decoding(embedder: Embedder) -> None:
    metrics = Metrics()
    with metrics.start_clock() as clock:
        await embedder.embed(MANIFEST, ["a"], "interactive", SOON, clock)
    counted = metrics.registry.get_sample_value
    assert counted("lookalike_stage_seconds_count", {"stage": "decode"}) is None
    assert counted("lookalike_stage_seconds_count", {"stage": "embed"}) == 1


@pytest.mark.parametrize(("text", "error"), [("", TextError), (" \n", TextError), ("x" * 51, TextTooLongError)])
async def test_bad_texts_reach_nobody(
    embedder: Embedder, queue: RecordingQueue, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await embedder.embed(MANIFEST, ["good", text], "interactive", SOON, Metrics().start_clock())
    assert queue.asked == []


async def test_a_model_of_pictures_alone_says_so(embedder: Embedder, queue: RecordingQueue) -> None:
    pictures_only = tiny_manifest(text=NO_TEXT)
    with pytest.raises(NoTextTowerError, match="tiny encodes pictures only"):
        await embedder.embed(pictures_only, [PictureBytes(b"p"), "red"], "interactive", SOON, Metrics().start_clock())
    assert queue.asked == []


def test_the_key_holds_whatever_the_vector_depends_on() -> None:
    image, text = MANIFEST.image, MANIFEST.text
    variants = [
        (MANIFEST, "a"),
        (MANIFEST, "b"),
        (MANIFEST, PictureBytes(b"a")),
        (MANIFEST, PictureBytes(b"b")),
        (MANIFEST, PictureBytes(b"a", Box(0, 0, 1, 1))),
        (MANIFEST, PictureBytes(b"a", Box(0, 0, 1, 0.5))),
        (MANIFEST.model_copy(update={"precision": "int8"}), "a"),
        (MANIFEST.model_copy(update={"precision": "int8"}), PictureBytes(b"a")),
        (MANIFEST.model_copy(update={"text": text.model_copy(update={"fingerprint": "x"})}), "a"),
        (MANIFEST.model_copy(update={"image": image.model_copy(update={"fingerprint": "x"})}), PictureBytes(b"a")),
        (MANIFEST.model_copy(update={"image": image.model_copy(update={"size": 64})}), PictureBytes(b"a")),
    ]
    assert len({cache_key(manifest, content) for manifest, content in variants}) == len(variants)


def test_a_text_is_keyed_without_the_image_tower_and_the_other_way_round() -> None:
    other_image = MANIFEST.model_copy(update={"image": MANIFEST.image.model_copy(update={"fingerprint": "x"})})
    assert cache_key(other_image, "a") == cache_key(MANIFEST, "a")
    other_text = MANIFEST.model_copy(update={"text": MANIFEST.text.model_copy(update={"fingerprint": "x"})})
    assert cache_key(other_text, PictureBytes(b"a")) == cache_key(MANIFEST, PictureBytes(b"a"))


class HeldDecoder(ConstantDecoder):
    """Decodes when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, deadline: Deadline) -> Pixels:
        pixels = await super().pixels(data, spec, box, deadline)
        await self.let.wait()
        return pixels


@pytest.fixture
def held() -> HeldDecoder:
    return HeldDecoder()


@pytest.fixture
def holding(queue: RecordingQueue, held: HeldDecoder) -> Embedder:
    return Embedder(queue, MemoryCache(100, 10_000, 60), held, Admission(queue, Metrics()))


def asking(embedder: Embedder, *inputs: EmbedInput, lane: Lane = "interactive") -> "asyncio.Task[list[Encoded]]":
    clock = Metrics().start_clock()
    return asyncio.ensure_future(embedder.embed(MANIFEST, inputs, lane, SOON, clock))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_equal_inputs_of_one_call_are_encoded_once(embedder: Embedder, queue: RecordingQueue) -> None:
    clock = Metrics().start_clock()
    answers = await embedder.embed(MANIFEST, ["a", "b", "a"], "bulk", SOON, clock)
    assert [one.vector[0] for one in answers] == [1, 2, 1]
    assert len(queue.asked) == 2


async def test_equal_inputs_at_the_same_time_are_decoded_and_encoded_once(
    holding: Embedder, held: HeldDecoder, queue: RecordingQueue
) -> None:
    tasks = [asking(holding, PictureBytes(b"p")) for _ in range(4)]
    await settle()
    tasks[0].cancel()
    await settle()
    held.let.set()
    answers = [one for (one,) in await asyncio.gather(*tasks[1:])]
    assert tasks[0].cancelled()
    assert len(held.decoded) == len(queue.asked) == len({id(one) for one in answers}) == 1


async def test_interactive_work_does_not_wait_for_the_same_work_of_bulk(
    holding: Embedder, held: HeldDecoder, queue: RecordingQueue
) -> None:
    tasks = [asking(holding, PictureBytes(b"p"), lane="bulk"), asking(holding, PictureBytes(b"p"))]
    held.let.set()
    await asyncio.gather(*tasks)
    assert {lane for _, lane in queue.asked} == {"bulk", "interactive"}


async def test_what_nobody_waits_for_is_not_encoded(
    holding: Embedder, held: HeldDecoder, queue: RecordingQueue
) -> None:
    task = asking(holding, PictureBytes(b"p"))
    await settle()
    task.cancel()
    await settle()
    held.let.set()
    await settle()
    assert (len(held.decoded), queue.asked) == (1, [])


async def test_what_would_be_late_is_refused_before_it_is_decoded(
    holding: Embedder, held: HeldDecoder, queue: RecordingQueue
) -> None:
    queue.wait_ms = 4_000_000.0
    with pytest.raises(OverloadedError):
        await asking(holding, PictureBytes(b"p"))
    assert held.decoded == []


async def test_what_the_cache_holds_is_answered_in_any_backlog(embedder: Embedder, queue: RecordingQueue) -> None:
    first = await asking(embedder, "a")
    queue.wait_ms = 4_000_000.0
    assert await asking(embedder, "a") == first


async def test_the_window_bounds_what_is_on_its_way(holding: Embedder, held: HeldDecoder) -> None:
    inputs = [PictureBytes(bytes([n])) for n in range(9)]
    task = asyncio.ensure_future(holding.embed(MANIFEST, inputs, "bulk", SOON, Metrics().start_clock(), window=3))
    await settle()
    assert len(held.decoded) == 3
    held.let.set()
    assert len(await task) == 9
