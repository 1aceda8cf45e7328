"""The one composition root: chooses the parts by the settings and puts them together."""

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from index.ports import CollectionStore
from models.bundle import Bundle, find_bundles
from models.encoder import Encoder
from models.pictures import PictureLimits
from service.admission import Admission
from service.caches import Caches, open_caches
from service.decode import Decoder
from service.embedder import Embedder
from service.errors import NoBundleError, SettingsError
from service.metrics import Metrics
from service.pacing import Threads
from service.pipeline.access import Access
from service.pipeline.collections import Collections
from service.pipeline.composition import Composer
from service.pipeline.embeddings import Embeddings
from service.pipeline.ingredients import Ingredients
from service.pipeline.interpret import Interpreter
from service.pipeline.item_encoder import ItemEncoder
from service.pipeline.items import Items
from service.pipeline.models import Models
from service.pipeline.search import Searcher
from service.queue import DirectRunner, EncodeQueue, LocalQueue
from service.settings import Settings
from service.types import Limits

ENGINES = {"onnxruntime": "models.encoder:OnnxEncoder"}
"""Called with (bundle, threads)."""
STORES = {"local": "index.store:LocalStore"}
"""Called with the folder of the collections."""

_WAITING_PER_THREAD = 32
_WAITERS = 4
_DECODES_OF_SEARCHES = 1
"""Threads that pictures of items never take."""


@dataclass(frozen=True)
class Application:
    """Ready parts. `async with build(settings) as application: …` closes them in order."""

    settings: Settings
    metrics: Metrics
    searcher: Searcher
    items: Items
    collections: Collections
    embeddings: Embeddings
    models: Models
    admission: Admission
    caches: Caches
    queue: EncodeQueue
    store: CollectionStore
    pools: tuple[Threads, ...]

    async def close(self) -> None:
        """Refuse new work, let accepted work finish within `drain_s`, close the store. May be called twice."""
        await asyncio.to_thread(self._close)
        await self.caches.close()

    def _close(self) -> None:
        self.queue.close(self.settings.drain_s)
        for pool in self.pools:
            pool.close()
        self.store.close()

    async def __aenter__(self) -> "Application":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def build(settings: Settings, address: str | None = None) -> Application:
    """Load the bundles and open the store; blocks for about a second.

    `address` is this process's URL where it serves: others that want to write are sent there.
    Raises: NoBundleError, BundleError, SettingsError, and what the store raises.
    """
    return assemble(settings, load_encoders(settings), open_store(settings, address))


def open_store(settings: Settings, address: str | None = None) -> CollectionStore:
    """The collections alone, for what needs no model. Raises SettingsError, and what the store raises."""
    make_store: Any = _part(STORES, settings.store, "store")
    settings.collections_dir.mkdir(parents=True, exist_ok=True)
    store: CollectionStore = make_store(settings.collections_dir, owner=address)
    return store


def load_encoders(settings: Settings) -> dict[str, Encoder]:
    """Every bundle of the folders in an engine of its own, by the name in its manifest."""
    make: Any = _part(ENGINES, settings.engine, "engine")
    bundles: dict[str, Bundle] = {}
    for bundle in (bundle for folder in settings.bundle_folders for bundle in find_bundles(folder, verify=True)):
        if bundle.manifest.name in bundles:
            raise SettingsError(f"two bundles are called {bundle.manifest.name!r}: remove {bundle.folder}")
        bundles[bundle.manifest.name] = bundle
    if not bundles:
        places = " and ".join(str(folder) for folder in settings.bundle_folders)
        raise NoBundleError(
            f"there is no model bundle in {places}: `make demo` puts the starter model there, and "
            "LOOKALIKE_BUNDLE_DIRS names other folders"
        )
    return {name: make(bundle, settings.encoder_threads) for name, bundle in bundles.items()}


def assemble(settings: Settings, encoders: Mapping[str, Encoder], store: CollectionStore) -> Application:
    """Put ready encoders and a ready store together; owns both from here on."""
    metrics = Metrics()
    limits = limits_of(settings)
    queue = LocalQueue(
        DirectRunner(encoders),
        metrics,
        workers=settings.encoder_runs,
        capacity={"interactive": settings.queue_interactive, "bulk": settings.queue_bulk},
    )
    decoding = _threads("decode", settings.decode_runs + _DECODES_OF_SEARCHES)
    storing = _threads("store", settings.store_threads)
    writing = _threads("write", settings.write_threads)
    waiting = _threads("wait", _WAITERS)
    decoder = Decoder(decoding, picture_limits_of(settings), settings.decode_runs)
    admission = Admission(queue, metrics)
    caches = open_caches(settings, metrics)
    embedder = Embedder(queue, caches.vectors, decoder, admission, limits.max_text_chars)
    manifests = {name: encoder.manifest for name, encoder in encoders.items()}
    models = Models(manifests, default_model(settings, manifests), queue, store, storing)
    access = Access(store, models, storing, writing, waiting)
    ingredients = Ingredients(access, embedder)
    interpreter = Interpreter(ingredients, Composer(access, ingredients), limits)
    window = 2 * (settings.encoder_runs + settings.decode_runs)
    return Application(
        settings=settings,
        metrics=metrics,
        searcher=Searcher(access, interpreter, caches.queries, metrics, limits),
        items=Items(access, ItemEncoder(decoder, embedder), decoder, metrics, limits, window, settings.read_deadline_s),
        collections=Collections(store, models, storing, writing, settings.read_deadline_s),
        embeddings=Embeddings(models, embedder, metrics, limits, window),
        models=models,
        admission=admission,
        caches=caches,
        queue=queue,
        store=store,
        pools=(decoding, storing, writing, waiting),
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



def _part(registry: Mapping[str, str], name: str, what: str) -> object:
    """The class behind a name of a registry; imported now, so that nothing heavy is loaded that was not chosen."""
    if name not in registry:
        raise SettingsError(f"there is no {what} {name!r}; there are: {', '.join(registry)}")
    module, _, attribute = registry[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
