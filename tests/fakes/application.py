"""An application core that answers from memory: for tests of the gateway alone.

Every part records what it was asked in `calls`, and raises `error` instead of answering where it is set.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from index.types import CollectionInfo, CollectionSpec, Facet, Item
from service.bootstrap import Application
from service.errors import OverloadedError
from service.metrics import Metrics
from service.queue import Group, Lane
from service.settings import Settings
from service.tracing import NO_TRACING, Tracing
from service.types import (
    Check,
    Classification,
    ClassifiedBatch,
    Deadline,
    EmbeddedBatch,
    FacetCounts,
    Hit,
    ItemInput,
    ItemOutcome,
    LiveRecallFigure,
    ModelInfo,
    Notice,
    QueueFigures,
    RankedDocument,
    Readiness,
    RerankedBatch,
    SearchResult,
    StageTimes,
    UpsertOutcome,
)
from tests.fakes.tiny_bundle import tiny_manifest

DIMENSION = 4
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
PNG = b"\x89PNG\r\n\x1a\n0000"
SPEC = CollectionSpec("shoes", "tiny", "tiny/1", DIMENSION)
ITEM = Item(0, "sku/1", "red shoe", {"brand": "acme", "tags": ("a", "b")}, "hash", "sha256:00", 7)


@dataclass
class Script:
    """What the parts share: what they were asked, what they raise, how long they wait."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    error: BaseException | None = None
    hangs: bool = False
    is_ready: bool = True
    is_hopeless: bool = False
    asked_early: list[tuple[Sequence[Group], Lane, Deadline]] = field(default_factory=list)
    was_cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def note(self, *call: Any) -> None:
        self.calls.append(call)
        if self.error is not None:
            raise self.error
        if self.hangs:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.was_cancelled.set()
                raise


class FakeSearcher:
    def __init__(self, script: Script) -> None:
        self._script = script

    async def search(self, *call: Any) -> SearchResult:
        await self._script.note("search", *call)
        return _result()

    async def refine(self, *call: Any) -> SearchResult:
        await self._script.note("refine", *call)
        return _result()

    async def same_style(self, *call: Any) -> SearchResult:
        await self._script.note("same_style", *call)
        return _result()


class FakeItems:
    def __init__(self, script: Script) -> None:
        self._script = script

    async def upsert(self, name: str, inputs: Sequence[ItemInput | ItemOutcome], deadline: Any) -> UpsertOutcome:
        await self._script.note("upsert", name, inputs)
        outcomes = [it if isinstance(it, ItemOutcome) else ItemOutcome(it.id, "created") for it in inputs]
        return UpsertOutcome(outcomes, 8)

    async def get(self, *call: Any) -> Item:
        await self._script.note("get", *call)
        return ITEM

    async def patch(self, *call: Any) -> int:
        await self._script.note("patch", *call)
        return 9

    async def delete(self, name: str, ids: Sequence[str], deadline: Any) -> tuple[int, int]:
        await self._script.note("delete", name, ids, deadline)
        return sum(id_ == ITEM.id for id_ in ids), 10

    async def delete_matching(self, *call: Any) -> tuple[int, int]:
        await self._script.note("delete_matching", *call)
        return 3, 11

    async def thumbnail(self, *call: Any) -> bytes:
        await self._script.note("thumbnail", *call)
        return WEBP

    async def picture(self, *call: Any) -> bytes:
        await self._script.note("picture", *call)
        return PNG


class FakeCollections:
    def __init__(self, script: Script) -> None:
        self._script = script

    async def create(self, *call: Any) -> CollectionInfo:
        await self._script.note("create", *call)
        return _info()

    async def describe(self, *call: Any) -> CollectionInfo:
        await self._script.note("describe", *call)
        return _info()

    def live_recall(self, name: str) -> Sequence[LiveRecallFigure]:
        return [LiveRecallFigure(name, "image", "text", 0.96, 120, 0.95, False)]

    async def facets(self, *call: Any) -> Sequence[Facet]:
        await self._script.note("facets", *call)
        return [Facet("brand", "keyword", [("acme", 2)]), Facet("price", "number", (), 1.0, 9.5)]

    async def count_facets(self, *call: Any) -> FacetCounts:
        await self._script.note("count_facets", *call)
        return FacetCounts(2, [Facet("brand", "keyword", [("acme", 2)])])

    async def names(self) -> Sequence[str]:
        await self._script.note("names")
        return ["shoes"]

    async def drop(self, *call: Any) -> None:
        await self._script.note("drop", *call)


class FakeEmbeddings:
    def __init__(self, script: Script) -> None:
        self._script = script

    async def embed(self, model: str | None, inputs: Sequence[Any], *rest: Any) -> EmbeddedBatch:
        await self._script.note("embed", model, inputs, *rest)
        count = len(inputs)
        vectors = np.full((count, DIMENSION), 0.5, dtype=np.float32)
        return EmbeddedBatch("tiny", "tiny/1", vectors, [2] * count, [False] * (count - 1) + [True])

    async def classify(self, model: str | None, inputs: Sequence[Any], labels: Sequence[str], *rest: Any) -> Any:
        await self._script.note("classify", model, inputs, labels, *rest)
        probabilities = [(index + 1) / sum(range(1, len(labels) + 1)) for index in range(len(labels))]
        return ClassifiedBatch("tiny", labels, [Classification(probabilities, probabilities)] * len(inputs))

    async def rerank(self, model: str | None, query: Any, documents: Sequence[Any], deadline: Any) -> RerankedBatch:
        await self._script.note("rerank", model, query, documents)
        ranked = [RankedDocument(index, 1 / (index + 1), 0.5) for index in range(len(documents))]
        return RerankedBatch("tiny", ranked)


class FakeAdmission:
    def __init__(self, script: Script) -> None:
        self._script = script

    def refuse_hopeless(self, groups: Sequence[Group], lane: Lane, deadline: Deadline) -> None:
        self._script.asked_early.append((groups, lane, deadline))
        if self._script.is_hopeless:
            raise OverloadedError("the queue is long", retry_after_s=7)


class FakeModels:
    def __init__(self, script: Script) -> None:
        self._script = script

    def describe(self) -> Sequence[ModelInfo]:
        return [ModelInfo(tiny_manifest(), True, QueueFigures(2, 0, 0, 0, 256, 1024, 1.5))]

    async def ready(self, deadline: Any) -> Readiness:
        await self._script.note("ready")
        return Readiness([Check("encoder", self._script.is_ready, "" if self._script.is_ready else "no answer")])


def fake_application(settings: Settings, script: Script, tracing: Tracing = NO_TRACING) -> Application:
    """An application of which the parts that the gateway uses are fakes, and the others are not there."""
    parts = SimpleNamespace(
        settings=settings,
        metrics=Metrics(),
        tracing=tracing,
        searcher=FakeSearcher(script),
        items=FakeItems(script),
        collections=FakeCollections(script),
        embeddings=FakeEmbeddings(script),
        models=FakeModels(script),
        admission=FakeAdmission(script),
    )
    return cast(Application, parts)


def _result() -> SearchResult:
    vector = np.full(DIMENSION, 0.5, dtype=np.float32)
    hits = [
        Hit("sku/1", 0.9, 0.4, "red shoe", ITEM.attributes, True, vector, {"a": 1.0}),
        Hit("sku-2", 0.8, 0.3, None, {}, False),
    ]
    return SearchResult(hits, "q1", "tiny/1", StageTimes(1.0, 2.0, 0.5, 0.1), [Notice("text_truncated", "cut")])


def _info() -> CollectionInfo:
    return CollectionInfo(SPEC, 2, {"image": 1, "product": 2}, 7, 1000, 2000, True)
