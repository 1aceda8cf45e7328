"""Collections and the models behind them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from index import LocalStore
from index.errors import CollectionExistsError, CollectionNameError, CollectionNotFoundError
from index.types import CollectionSpec, Filter, Match
from models.encoder import EncodedTexts, Encoder
from models.errors import TextError
from models.manifest import NO_TEXT
from service.bootstrap import assemble
from service.errors import ModelNotFoundError, ModelNotLoadedError
from service.settings import Settings
from service.types import CollectionOptions, Deadline, ItemInput, TextQuery
from tests.fakes.encoder import FakeEncoder
from tests.fakes.tiny_bundle import DIMENSION, tiny_manifest
from tests.integration.pipeline.conftest import MakeApplication, Shop, colour_item, soon, statuses


async def test_a_collection_takes_space_and_dimension_from_its_model(make_application: MakeApplication) -> None:
    collections = make_application().collections
    info = await collections.create("shop", CollectionOptions(recall=0.9, attributes={"price": "number"}), soon())
    assert (info.spec.model, info.spec.space_id, info.spec.dimension) == ("tiny", "tiny-1", DIMENSION)
    assert (info.spec.recall, dict(info.spec.attributes), info.items) == (0.9, {"price": "number"}, 0)


async def test_creating_twice_is_fine_if_the_specification_is_the_same(make_application: MakeApplication) -> None:
    collections = make_application().collections
    options = CollectionOptions(recall=0.9)
    await collections.create("shop", options, soon())
    assert (await collections.create("shop", options, soon())).items == 0
    with pytest.raises(CollectionExistsError):
        await collections.create("shop", CollectionOptions(recall=0.8), soon())


@pytest.mark.parametrize("name", ["", "../up", "Upper", "a b", "x" * 65])
async def test_a_bad_name_is_refused(make_application: MakeApplication, name: str) -> None:
    collections = make_application().collections
    with pytest.raises((CollectionNameError, CollectionNotFoundError)):
        await collections.create(name, CollectionOptions(), soon())
    assert await collections.names() == []


async def test_an_unknown_model_names_those_that_are_loaded(make_application: MakeApplication) -> None:
    with pytest.raises(ModelNotFoundError, match="loaded are: tiny"):
        await make_application().collections.create("shop", CollectionOptions(model="huge"), soon())


async def test_collections_are_listed_described_and_dropped(shop: Shop) -> None:
    collections = shop.application.collections
    assert await collections.names() == ["shop"]
    info = await collections.describe("shop")
    assert (info.items, info.vectors["image"], info.vectors["product"]) == (8, 8, 8)
    await collections.drop("shop", soon())
    assert await collections.names() == []
    for call in (collections.describe("shop"), collections.drop("shop", soon()), collections.facets("shop")):
        with pytest.raises(CollectionNotFoundError):
            await call


async def test_facets_count_values_and_bound_numbers(shop: Shop) -> None:
    facets = {facet.key: facet for facet in await shop.application.collections.facets("shop")}
    assert dict(facets["kind"].counts) == {"bright": 6, "dark": 2}
    assert (facets["price"].minimum, facets["price"].maximum) == (0, 7)
    dark = Filter(must=(Match("kind", ("dark",)),))
    filtered = {facet.key: facet for facet in await shop.application.collections.facets("shop", dark)}
    assert dict(filtered["kind"].counts) == {"dark": 2}


async def test_a_collection_in_a_foreign_space_is_described_but_not_searched(
    tmp_path: Path, make_application: MakeApplication
) -> None:
    application = make_application()
    foreign = CollectionSpec("old", model="retired", space_id="retired-1", dimension=DIMENSION)
    application.store.create(foreign)
    assert (await application.collections.describe("old")).spec.space_id == "retired-1"
    with pytest.raises(ModelNotLoadedError, match=r"'retired' \(space retired-1"):
        await Shop(application, "old").search(TextQuery("red"))


async def test_the_precision_is_pinned_too(make_application: MakeApplication) -> None:
    application = make_application()
    application.store.create(CollectionSpec("int8", "tiny", "tiny-1", DIMENSION, precision="int8"))
    with pytest.raises(ModelNotLoadedError, match="int8"):
        await Shop(application, "int8").search(TextQuery("red"))


async def test_another_model_of_the_same_space_may_serve_a_collection(tmp_path: Path) -> None:
    """A lighter text tower in the same space keeps old vectors valid."""
    lighter = FakeEncoder(tiny_manifest("lighter"))
    encoders: dict[str, Encoder] = {"lighter": lighter}
    store = LocalStore(tmp_path / "collections")
    store.create(CollectionSpec("shop", "tiny", "tiny-1", DIMENSION))
    async with assemble(Settings(data_dir=tmp_path), encoders, store) as application:
        assert (await Shop(application).search(TextQuery("red"))).hits == []
        assert lighter.runs == [["red"]]


async def test_the_models_are_described_with_their_queue(make_application: MakeApplication) -> None:
    (info,) = make_application(encoder_workers=3).models.describe()
    assert (info.manifest.name, info.is_default, info.queue.workers) == ("tiny", True, 3)


async def test_a_process_that_encodes_and_opens_is_ready(shop: Shop) -> None:
    readiness = await shop.application.models.ready(soon())
    assert readiness.is_ready
    assert [check.name for check in readiness.checks] == ["model tiny", "collections"]


async def test_a_process_whose_encoder_breaks_is_not_ready(tmp_path: Path) -> None:
    encoders: dict[str, Encoder] = {"tiny": FakeEncoder(poison=["red"])}
    async with assemble(Settings(data_dir=tmp_path), encoders, LocalStore(tmp_path / "collections")) as application:
        readiness = await application.models.ready(soon())
    assert not readiness.is_ready
    assert "could not encode" in readiness.checks[0].detail


async def test_a_model_of_pictures_only_takes_pictures_and_says_what_it_cannot(tmp_path: Path) -> None:
    encoders: dict[str, Encoder] = {"tiny": FakeEncoder(tiny_manifest(text=NO_TEXT))}
    async with assemble(Settings(data_dir=tmp_path), encoders, LocalStore(tmp_path / "collections")) as application:
        assert (await application.models.ready(soon())).is_ready
        await application.collections.create("shop", CollectionOptions(), soon())
        outcome = await Shop(application).put(colour_item("red"), ItemInput("words", text="only words"))
    assert statuses(outcome) == ["created", "failed"]
    assert outcome.items[1].problem is not None and "pictures only" in outcome.items[1].problem.detail


async def test_a_busy_process_is_still_ready(tmp_path: Path) -> None:
    import asyncio

    encoder = FakeEncoder()
    encoders: dict[str, Encoder] = {"tiny": encoder}
    settings = Settings(data_dir=tmp_path, encoder_workers=1)
    async with assemble(settings, encoders, LocalStore(tmp_path / "collections")) as application:
        encoder.hold()
        work = asyncio.ensure_future(application.embeddings.embed(None, ["occupies"], soon()))
        await asyncio.to_thread(encoder.asked.wait, 30)
        readiness = await application.models.ready(Deadline.after(0.5))
        encoder.release()
        await work
    assert readiness.is_ready
    assert readiness.checks[0].detail == "busy"


class RefusingEncoder(FakeEncoder):
    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        raise TextError("this model takes nothing")


async def test_a_model_that_refuses_the_probe_makes_the_process_unready(tmp_path: Path) -> None:
    encoders: dict[str, Encoder] = {"tiny": RefusingEncoder()}
    async with assemble(Settings(data_dir=tmp_path), encoders, LocalStore(tmp_path / "collections")) as application:
        readiness = await application.models.ready(soon())
    assert [(check.is_ok, check.detail) for check in readiness.checks] == [
        (False, "this model takes nothing"),
        (True, "0 open"),
    ]


async def test_a_damaged_collection_makes_the_process_unready(shop: Shop, tmp_path: Path) -> None:
    damaged = tmp_path / "collections" / "damaged"
    damaged.mkdir()
    (damaged / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    readiness = await shop.application.models.ready(soon())
    assert not readiness.checks[-1].is_ok
