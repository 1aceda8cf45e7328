"""The composition root: what it loads, what it refuses, how it ends."""

import asyncio
from pathlib import Path

import pytest

from index import LocalStore
from models.encoder import Encoder
from models.errors import BundleError, EngineUnavailableError
from service.bootstrap import assemble, build
from service.errors import NoBundleError, OverloadedError, SettingsError
from service.settings import Settings
from service.types import CollectionOptions, ItemInput, TextQuery
from tests.fakes.encoder import FakeEncoder
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.integration.pipeline.conftest import Shop, soon


async def test_an_application_survives_its_restart(tmp_path: Path, bundles: Path) -> None:
    settings = Settings(data_dir=tmp_path, bundle_dirs=(bundles,))
    async with build(settings) as first:
        await first.collections.create("shop", CollectionOptions(), soon())
        await Shop(first).put(ItemInput("red", text="red"))
    async with build(settings) as second:
        assert (await second.items.get("shop", "red")).text == "red"
        assert await Shop(second).ids(TextQuery("red"), field="product") == ["red"]


def test_without_a_bundle_the_error_says_which_command_makes_one(tmp_path: Path) -> None:
    with pytest.raises(NoBundleError, match="make demo"):
        build(Settings(data_dir=tmp_path))


def test_a_damaged_bundle_stops_the_start(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path).text_graph.unlink()
    with pytest.raises(BundleError, match=r"text\.onnx"):
        build(Settings(data_dir=tmp_path, bundle_dirs=(tmp_path,)))


def test_two_bundles_of_one_name_stop_the_start(tmp_path: Path, bundles: Path) -> None:
    make_tiny_bundle(tmp_path)
    with pytest.raises(SettingsError, match="two bundles are called 'tiny'"):
        build(Settings(data_dir=tmp_path, bundle_dirs=(tmp_path, bundles)))


@pytest.mark.parametrize("setting", ["engine", "store"])
def test_an_unknown_part_names_those_that_there_are(tmp_path: Path, bundles: Path, setting: str) -> None:
    with pytest.raises((SettingsError, EngineUnavailableError), match=r"'magic'; there are: (auto, onnx|local)"):
        build(Settings(data_dir=tmp_path, bundle_dirs=(bundles,), **{setting: "magic"}))


async def test_the_default_model_is_the_first_unless_one_is_named(tmp_path: Path, bundles: Path) -> None:
    make_tiny_bundle(tmp_path, "atom", space_id="atom-1")
    both = {"data_dir": tmp_path / "data", "bundle_dirs": (tmp_path, bundles)}
    async with build(Settings(**both)) as application:
        assert application.models.get(None).name == "atom"
    async with build(Settings(default_model="tiny", **both)) as application:
        assert application.models.get(None).name == "tiny"
        assert [info.manifest.name for info in application.models.describe()] == ["tiny", "atom"]
    with pytest.raises(SettingsError, match="'huge'"):
        build(Settings(default_model="huge", **both))


async def test_closing_lets_accepted_work_finish_and_refuses_the_rest(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    encoders: dict[str, Encoder] = {"tiny": encoder}
    application = assemble(Settings(data_dir=tmp_path), encoders, LocalStore(tmp_path / "collections"))
    encoder.hold()
    accepted = asyncio.ensure_future(application.embeddings.embed(None, ["accepted"], soon()))
    await asyncio.to_thread(encoder.asked.wait, 30)
    closing = asyncio.ensure_future(application.close())
    encoder.release()
    assert (await accepted).vectors.shape[0] == 1
    await closing
    with pytest.raises(OverloadedError, match="shutting down"):
        await application.embeddings.embed(None, ["late"], soon())
    await application.close()
