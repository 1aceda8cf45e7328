"""The whole core with a real store, a real ONNX bundle and no network: one application a test."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from index import LocalStore
from models.encoder import Encoder
from service.bootstrap import Application, assemble, load_encoders
from service.settings import Settings
from service.types import (
    CollectionOptions,
    Deadline,
    ItemInput,
    Query,
    SearchOptions,
    SearchRequest,
    SearchResult,
    UpsertOutcome,
)
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS, make_tiny_bundle

MakeApplication = Callable[..., Application]


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    make_tiny_bundle(folder)
    return folder


@pytest.fixture(scope="session")
def encoders(bundles: Path) -> dict[str, Encoder]:
    """Loaded once; they hold no state."""
    return load_encoders(Settings(bundle_dirs=(bundles,)))


@pytest_asyncio.fixture
async def make_application(tmp_path: Path, encoders: dict[str, Encoder]) -> AsyncIterator[MakeApplication]:
    made: list[Application] = []

    def make(**settings: Any) -> Application:
        defaults = {"data_dir": tmp_path, "encoder_workers": 2, "decode_threads": 2}
        made.append(assemble(Settings(**defaults | settings), encoders, LocalStore(tmp_path / "collections")))
        return made[-1]

    yield make
    for application in made:
        await application.close()


@dataclass(frozen=True)
class Shop:
    """A collection called `shop`, and the few words that tests say to it."""

    application: Application
    name: str = "shop"

    async def put(self, *items: ItemInput) -> UpsertOutcome:
        return await self.application.items.upsert(self.name, items, soon())

    async def search(self, query: Query, **options: Any) -> SearchResult:
        return await self.application.searcher.search(self.name, SearchRequest(query, SearchOptions(**options)), soon())

    async def ids(self, query: Query, **options: Any) -> list[str]:
        return [hit.id for hit in (await self.search(query, **options)).hits]


def soon() -> Deadline:
    return Deadline.after(30)


def colour_item(colour: str, **changes: Any) -> ItemInput:
    """An item of one colour with a picture, a text, a price (its place among the colours) and a kind."""
    place = list(COLOURS).index(colour)
    fields: dict[str, Any] = {
        "id": colour,
        "text": f"{colour} square",
        "image": picture(COLOURS[colour]),
        "attributes": {"price": float(place), "kind": "dark" if place >= 6 else "bright", "tags": ("a", colour)},
    }
    return ItemInput(**fields | changes)


@pytest_asyncio.fixture
async def shop(make_application: MakeApplication) -> Shop:
    """Red, green, blue, yellow, cyan, magenta, black and white."""
    made = Shop(make_application())
    await made.application.collections.create("shop", CollectionOptions(), soon())
    outcome = await made.put(*(colour_item(colour) for colour in COLOURS))
    assert {item.status for item in outcome.items} == {"created"}
    return made


def statuses(outcome: UpsertOutcome) -> Sequence[str]:
    return [item.status for item in outcome.items]
