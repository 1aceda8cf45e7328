"""The one composition root: chooses the parts by the settings and puts them together."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from index.ports import CollectionStore
from index.sealed.policy import SealPolicy
from models.encoder import Encoder
from models.manifest import Manifest
from models.pictures import PictureLimits
from service.admission import Admission
from service.caches import Caches, open_caches
from service.children import start_decoders, start_encoder
from service.decode import PictureWork, WorkHere
from service.decode.decoder import Decoder
from service.embedder import Embedder
from service.encoders import load, manifests
from service.engine_settings import encoder_plan_of
from service.errors import SettingsError
from service.licences import warn_of_licences
from service.metrics import Metrics
from service.pacing import Threads, Turns
from service.parts import part
from service.pipeline.access import Access
from service.pipeline.collections import Collections
from service.pipeline.composition import Composer
from service.pipeline.embeddings import Embeddings
from service.pipeline.ingredients import Ingredients
from service.pipeline.interpret import Interpreter
from service.pipeline.item_encoder import ItemEncoder
from service.pipeline.items import Items
from service.pipeline.models import Models
from service.pipeline.recall.live_recall import LiveRecall
from service.pipeline.recall.made_queries import QueryMaker
from service.pipeline.recall.watch import RecallWatch, WatchPlan
from service.pipeline.search import Searcher
from service.queue import DirectRunner, EncodeQueue, Runner
from service.realtime import NO_REALTIME, realtime_priority
from service.settings import Settings
from service.tracing import NO_TRACING, Tracing
from service.tracing_settings import tracing_of
from service.types import Limits

QUEUES = {"local": "service.transports:local_queue", "redis": "service.transports:redis_queue"}
"""Called with (settings, runner, manifests, metrics, tracing)."""
STORES = {"local": "index.store:LocalStore"}
"""Called with the folder of the collections."""

_WAITING_PER_THREAD = 32
_WAITERS = 4
_DECODES_OF_SEARCHES = 1
"""Threads that pictures of items never take."""


@dataclass(frozen=True)
class Workshop:
    """What works on inputs: in this process, or in its children."""

    runner: Runner | None
    """None: encoders run elsewhere, behind the queue."""
    pictures: PictureWork
    manifests: Mapping[str, Manifest]

    def close(self) -> None:
        if self.runner is not None:
            self.runner.close()
        self.pictures.close()


@dataclass(frozen=True)
class Application:
    """Ready parts. `async with build(settings) as application: …` closes them in order."""

    settings: Settings
    metrics: Metrics
    tracing: Tracing
    searcher: Searcher
    items: Items
    collections: Collections
    embeddings: Embeddings
    models: Models
    admission: Admission
    caches: Caches
    queue: EncodeQueue
    store: CollectionStore
    workshop: Workshop
    pools: tuple[Threads, ...]
    watch: RecallWatch

    async def close(self) -> None:
        """Refuse new work, let accepted work finish within `drain_s`, close the store. May be called twice."""
        await self.watch.close()
        await asyncio.to_thread(self._close)
        await self.caches.close()

    def _close(self) -> None:
        self.queue.close(self.settings.drain_s)
        for pool in self.pools:
            pool.close()
        self.workshop.close()
        self.store.close()
        self.tracing.close()

    async def __aenter__(self) -> "Application":
        self.watch.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def build(settings: Settings, address: str | None = None, *, in_children: bool = False) -> Application:
    """Load the bundles and open the store; blocks for about a second.

    `address` is this process's URL where it serves: others that want to write are sent there. `in_children`: encode
    and decode in supervised processes, so that this one survives whatever an input does to them.
    Raises: NoBundleError, BundleError, SettingsError, EncoderFailedError, and what the store raises.
    """
    metrics = Metrics()
    tracing = tracing_of(settings, "lookalike", metrics)
    workshop = open_workshop(settings, metrics) if in_children else open_workshop_here(settings)
    try:
        return _joined(settings, metrics, tracing, workshop, open_store(settings, address))
    except BaseException:
        workshop.close()
        tracing.close()
        raise


def open_workshop(settings: Settings, metrics: Metrics) -> Workshop:
    """Child processes, started side by side."""
    count = settings.decode_runs + _DECODES_OF_SEARCHES
    pictures = start_decoders(settings, picture_limits_of(settings), count, metrics)
    try:
        if not settings.encodes_here:
            return Workshop(None, pictures, manifests(encoder_plan_of(settings)))
        runner = start_encoder(settings, encoder_plan_of(settings), metrics)
    except BaseException:
        pictures.close()
        raise
    return Workshop(runner, pictures, runner.manifests)


def open_workshop_here(settings: Settings) -> Workshop:
    """Threads of this process, as the command line needs them."""
    if settings.encodes_here:
        return workshop_here(settings, load_encoders(settings))
    return Workshop(None, WorkHere(picture_limits_of(settings)), manifests(encoder_plan_of(settings)))


def workshop_here(settings: Settings, encoders: Mapping[str, Encoder]) -> Workshop:
    """Threads of this process."""
    manifests = {name: encoder.manifest for name, encoder in encoders.items()}
    return Workshop(DirectRunner(encoders), WorkHere(picture_limits_of(settings)), manifests)


def open_store(settings: Settings, address: str | None = None) -> CollectionStore:
    """The collections alone, for what needs no model. Raises SettingsError, and what the store raises."""
    make_store: Any = part(STORES, settings.store, "store")
    store: CollectionStore = make_store(
        settings.collections_dir, owner=address, sealing=sealing_of(settings), on_card=settings.search_on_gpu
    )
    return store


def sealing_of(settings: Settings) -> SealPolicy:
    return SealPolicy(settings.seal_from, memory_bytes=settings.seal_memory_bytes, age_s=settings.seal_age_s)


def load_encoders(settings: Settings) -> Mapping[str, Encoder]:
    """Every bundle of the folders in an engine of this process, by the name in its manifest."""
    return load(encoder_plan_of(settings))


def assemble(
    settings: Settings, encoders: Mapping[str, Encoder], store: CollectionStore, tracing: Tracing = NO_TRACING
) -> Application:
    """Put ready parts together; owns them from here on."""
    return _joined(settings, Metrics(), tracing, workshop_here(settings, encoders), store)


def _joined(
    settings: Settings, metrics: Metrics, tracing: Tracing, workshop: Workshop, store: CollectionStore
) -> Application:
    warn_of_licences(workshop.manifests)
    limits = limits_of(settings)
    make_queue: Any = part(QUEUES, settings.queue, "queue")
    queue: EncodeQueue = make_queue(settings, workshop.runner, workshop.manifests, metrics, tracing)
    decoding = _threads("decode", settings.decode_runs + _DECODES_OF_SEARCHES)
    turns = Turns(settings.decode_runs + _DECODES_OF_SEARCHES, _DECODES_OF_SEARCHES, settings.queue_bulk)
    storing = _threads("store", settings.store_threads)
    writing = _threads("write", settings.write_threads)
    waiting = _threads("wait", _WAITERS)
    upkeep = Threads("upkeep", 1, _WAITING_PER_THREAD, yield_to_others=True)
    decoder = Decoder(decoding, workshop.pictures, turns, metrics, tracing)
    admission = Admission(queue, metrics)
    caches = open_caches(settings, metrics)
    embedder = Embedder(queue, caches.vectors, decoder, admission, limits.max_text_chars)
    default = default_model(settings, workshop.manifests)
    models = Models(workshop.manifests, default, queue, store, storing)
    realtime = realtime_priority() if settings.search_realtime else NO_REALTIME
    access = Access(store, models, storing, writing, waiting, realtime)
    ingredients = Ingredients(access, embedder)
    interpreter = Interpreter(ingredients, Composer(access, ingredients), limits)
    watch = RecallWatch(
        WatchPlan(settings.query_log, settings.recall_share, settings.seal_from // 2),
        access,
        QueryMaker(upkeep, embedder),
        upkeep,
        LiveRecall(),
        metrics,
    )
    metrics.watch_recall(watch.live.figures)
    window = 2 * (settings.encoder_runs + settings.decode_runs)
    return Application(
        settings=settings,
        metrics=metrics,
        tracing=tracing,
        searcher=Searcher(access, interpreter, caches.queries, metrics, limits, watch),
        items=Items(access, ItemEncoder(decoder, embedder), decoder, metrics, limits, window, settings.read_deadline_s),
        collections=Collections(store, models, storing, writing, settings.read_deadline_s, watch.live),
        embeddings=Embeddings(models, embedder, metrics, limits, window),
        models=models,
        admission=admission,
        caches=caches,
        queue=queue,
        store=store,
        workshop=workshop,
        pools=(decoding, storing, writing, waiting, upkeep),
        watch=watch,
    )


def default_model(settings: Settings, names: Mapping[str, object]) -> str:
    """The one that was asked for, or the first where the default was left alone and is not there."""
    if settings.default_model in names:
        return settings.default_model
    if "default_model" in settings.model_fields_set:
        raise SettingsError(f"LOOKALIKE_DEFAULT_MODEL is {settings.default_model!r}; loaded are {', '.join(names)}")
    return min(names)


def limits_of(settings: Settings) -> Limits:
    return Limits(
        max_batch_items=settings.max_batch_items,
        max_limit=settings.max_limit,
        max_reach=settings.max_reach,
        max_text_chars=settings.max_text_chars,
        max_terms=settings.max_terms,
    )


def picture_limits_of(settings: Settings) -> PictureLimits:
    return PictureLimits(settings.max_picture_bytes, settings.max_picture_pixels, settings.max_jpeg_pixels)


def _threads(name: str, workers: int) -> Threads:
    return Threads(name, workers, workers * _WAITING_PER_THREAD)
