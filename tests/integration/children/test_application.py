"""The application around child processes: the same answers, a truthful readiness, nothing heavy in the gateway."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleError, PictureUnreadableError
from service.bootstrap import Application, build
from service.errors import NoBundleError
from service.settings import Settings
from service.types import Deadline, PictureBytes
from tests.children_of import children_of
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import make_tiny_bundle


def soon() -> Deadline:
    return Deadline.after(60)


INPUTS = ["red shoe", PictureBytes(picture((0, 0, 255))), "blue"]


async def test_the_vectors_are_those_of_the_same_engine_in_this_process(
    application: Application, settings: Settings
) -> None:
    there = (await application.embeddings.embed(None, INPUTS, soon())).vectors
    async with build(settings) as here:
        assert np.array_equal(there, (await here.embeddings.embed(None, INPUTS, soon())).vectors)


def supervised() -> list[int]:
    """What the application started; a server that other tests share is a child of this process, too."""
    return [pid for name in ("encoder", "canary", "decode") for pid in children_of(os.getpid(), name)]


async def test_a_bad_picture_is_a_typed_error(application: Application) -> None:
    with pytest.raises(PictureUnreadableError):
        await application.embeddings.embed(None, [PictureBytes(b"not a picture")], soon())


async def test_readiness_is_not_lost_when_every_child_is_killed_once(application: Application) -> None:
    assert (await application.models.ready(soon())).is_ready
    for pid in supervised():
        os.kill(pid, signal.SIGKILL)
    assert (await application.models.ready(soon())).is_ready
    assert (await application.embeddings.embed(None, ["green", PictureBytes(picture())], soon())).vectors.shape[0] == 2


async def test_readiness_is_lost_while_the_encoder_cannot_start_and_comes_back(
    application: Application, tmp_path: Path
) -> None:
    (tmp_path / "bundles").rename(tmp_path / "elsewhere")
    for pid in supervised():
        os.kill(pid, signal.SIGKILL)
    assert not (await application.models.ready(soon())).is_ready
    (tmp_path / "elsewhere").rename(tmp_path / "bundles")
    while not (await application.models.ready(soon())).is_ready:
        pass


async def test_nothing_is_left_when_it_is_closed(settings: Settings) -> None:
    async with build(settings, in_children=True) as application:
        await application.embeddings.embed(None, INPUTS, soon())
        assert supervised()
    assert supervised() == []


def test_a_start_error_is_that_of_the_child(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "bundles" / "tiny" / "text.onnx").write_bytes(b"damaged")
    with pytest.raises(BundleError, match="checksum mismatch"):
        build(settings, in_children=True)
    with pytest.raises(NoBundleError, match="make demo"):
        build(Settings(data_dir=tmp_path / "empty"), in_children=True)
    assert supervised() == []


_GATEWAY = """
import asyncio, sys
from pathlib import Path
from service.bootstrap import build
from service.gateway import create_app
from service.settings import Settings
from service.types import Deadline, PictureBytes
from tests.fakes.pictures import picture

async def main():
    settings = Settings(data_dir=Path(sys.argv[1]))
    async with build(settings, in_children=True) as application:
        create_app(application, settings)
        await application.embeddings.embed(None, ["red", PictureBytes(picture())], Deadline.after(60))
        print([name for name in ("onnxruntime", "openvino", "torch", "onnx") if name in sys.modules])

asyncio.run(main())
"""


def test_the_gateway_loads_no_engine(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path / "bundles")
    result = subprocess.run(
        [sys.executable, "-c", _GATEWAY, str(tmp_path)], capture_output=True, text=True, timeout=100, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr
