"""Running `lookalike index` again: what is unchanged is not encoded, what changed is, what was interrupted goes on."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from models.arrays import Pixels, Vectors
from models.encoder import EncodedTexts, Encoder
from models.manifest import Manifest
from service.bootstrap import assemble, load_encoders, open_store
from service.jobs.index_job import ColumnWishes, LocalSink, Tally, Watcher, open_source, run_index
from service.settings import read_settings
from service.types import CollectionOptions
from tests.fakes.pictures import picture
from tests.integration.cli.conftest import Cli, summary_of


class CountingEncoder:
    """The real encoder; counts the rows it is given."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.rows = 0

    @property
    def manifest(self) -> Manifest:
        return self._encoder.manifest

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        self.rows += len(pixels)
        return self._encoder.encode_pixels(pixels)

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        self.rows += len(texts)
        return self._encoder.encode_texts(texts)


async def indexed(data: Path, source: Path) -> tuple[Tally, int]:
    """What became of the items, and how many rows the encoder got."""
    settings = read_settings({}, data_dir=data)
    encoders = {name: CountingEncoder(encoder) for name, encoder in load_encoders(settings).items()}
    async with assemble(settings, encoders, open_store(settings)) as application:
        sink = LocalSink(application, "shapes")
        await sink.prepare(CollectionOptions())
        watcher = Watcher(lambda _: None, lambda _: None)
        tally = await run_index(open_source(source, ColumnWishes(), 10**6), sink, watcher, asyncio.Event())
    return tally, sum(encoder.rows for encoder in encoders.values())


async def test_unchanged_items_are_not_encoded_again_and_keep_their_pictures(data: Path, folder: Path) -> None:
    first, rows = await indexed(data, folder)
    assert (first["created"], first["failed"]) == (8, 2)
    assert rows == 16  # a picture and a title each
    second, rows = await indexed(data, folder)
    assert (second["unchanged"], second["updated"], rows) == (8, 0, 0)
    (folder / "light" / "red-square.png").write_bytes(picture((200, 0, 0)))
    third, rows = await indexed(data, folder)
    assert (third["unchanged"], third["updated"]) == (7, 1)
    assert 1 <= rows <= 2
    store = open_store(read_settings({}, data_dir=data))
    assert store.open("shapes").picture("light/red-square.png") == picture((200, 0, 0))
    assert store.open("shapes").picture("light/blue-square.png") == picture((0, 0, 255))
    store.close()


def test_an_interrupted_run_says_how_to_go_on_and_goes_on(cli: Cli, data: Path, tmp_path: Path) -> None:
    """Ctrl-C comes when the collection was just made, so that most of the items are still to be written."""
    source = tmp_path / "catalogue.jsonl"
    rows = [orjson.dumps({"id": str(n), "title": f"a red square {n}"}) for n in range(2000)]
    source.write_bytes(b"\n".join(rows))
    command = [sys.executable, "-m", "service.cli", "index", str(source), "-c", "shapes", "--data", str(data), "--json"]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    catalog = data / "collections" / "shapes" / "catalog.sqlite"
    while job.poll() is None and not catalog.exists():
        pass
    job.send_signal(signal.SIGINT)
    answer, said = job.communicate(timeout=60)
    assert job.returncode == 130, said
    done = orjson.loads(answer)
    assert not done["is_complete"] and done["created"] < 2000
    result = cli("index", source, "-c", "shapes", "--json")
    assert result.exit_code == 0, result.output
    assert (summary_of(result)["unchanged"], summary_of(result)["created"]) == (done["created"], 2000 - done["created"])
