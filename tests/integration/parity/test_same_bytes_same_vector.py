"""Promise 5: the same bytes give the same pixels online, in bulk and in training, and the same vector in the first two.

200 pictures of the demo catalogue go through the HTTP interface, through the index job, and through `models.pictures`
as training reads them. Pixels are compared where the encoder gets them, bit for bit.
"""

import asyncio
import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest

from models.arrays import Pixels, Vectors
from models.encoder import EncodedTexts, Encoder
from models.manifest import Manifest
from models.pictures import decode_pixels
from models.starter.assemble import assemble as assemble_starter
from service.bootstrap import Application, assemble, load_encoders, open_store
from service.gateway import create_app
from service.jobs.index_job import ColumnWishes, HttpSink, LocalSink, Sink, Watcher, open_source, run_index
from service.jobs.index_job.record import Record, SourceRecord
from service.settings import Settings, read_settings
from service.types import CollectionOptions

REPOSITORY = Path(__file__).parents[3]
SAMPLE = 200
COLLECTION = "parity"


@dataclass
class RecordingEncoder:
    """The real encoder; keeps a digest of every picture's pixels."""

    encoder: Encoder
    digests: Counter[str] = field(default_factory=Counter)

    @property
    def manifest(self) -> Manifest:
        return self.encoder.manifest

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        self.digests.update(digest(picture) for picture in pixels)
        return self.encoder.encode_pixels(pixels)

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        return self.encoder.encode_texts(texts)


def digest(pixels: Pixels) -> str:
    return hashlib.sha256(f"{pixels.dtype}{pixels.shape}".encode() + pixels.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter bundle: the assembled one, or assembled now."""
    there = REPOSITORY / "data" / "bundles"
    folder = there if (there / "starter" / "manifest.json").is_file() else tmp_path_factory.mktemp("bundles")
    assemble_starter(folder / "starter")
    return folder


@pytest.fixture(scope="module")
def sample() -> Sequence[SourceRecord]:
    source = open_source(REPOSITORY / "demo" / "catalogue.jsonl", ColumnWishes(), 20_000_000)
    assert source.total is not None
    every = itertools.islice(source, 0, None, source.total // SAMPLE)
    records = [record for record in itertools.islice(every, SAMPLE) if isinstance(record, SourceRecord)]
    assert len(records) == SAMPLE and all(record.image for record in records)
    return records


@dataclass(frozen=True)
class Instance:
    """An application of its own, with its encoder watched."""

    application: Application
    encoder: RecordingEncoder
    settings: Settings

    def client(self) -> httpx.AsyncClient:
        app = create_app(self.application, self.settings)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", timeout=60.0)

    async def index(self, sink: Sink, records: Sequence[SourceRecord]) -> None:
        source = Listed(records)
        await sink.prepare(CollectionOptions())
        tally = await run_index(source, sink, Watcher(lambda _: None, lambda _: None), asyncio.Event())
        assert tally["created"] == SAMPLE

    def vectors(self, ids: Sequence[str]) -> Vectors:
        collection = self.application.store.open(COLLECTION)
        rows = [vector for name in ("image", "product") for vector in collection.vectors(name, ids)]
        return np.stack([row for row in rows if row is not None])


@dataclass(frozen=True)
class Listed:
    """Records that were read before."""

    records: Sequence[SourceRecord]
    description: str = "a list"
    total: int = SAMPLE

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


def instance(bundles: Path, data: Path) -> Instance:
    settings = read_settings({}, data_dir=data, bundle_dirs=(bundles,), default_model="starter")
    encoder = RecordingEncoder(load_encoders(settings)["starter"])
    return Instance(assemble(settings, {"starter": encoder}, open_store(settings)), encoder, settings)


async def test_200_pictures_are_the_same_everywhere(
    bundles: Path, sample: Sequence[SourceRecord], tmp_path: Path
) -> None:
    over_http, in_bulk = instance(bundles, tmp_path / "http"), instance(bundles, tmp_path / "bulk")
    async with over_http.application, in_bulk.application:
        sink = HttpSink(over_http.client(), COLLECTION)
        await over_http.index(sink, sample)
        await sink.close()
        await in_bulk.index(LocalSink(in_bulk.application, COLLECTION), sample)
        spec = in_bulk.encoder.manifest.image.preprocessing
        in_training = Counter(digest(decode_pixels(record.image or b"", spec)) for record in sample)
        assert over_http.encoder.digests == in_bulk.encoder.digests == in_training
        ids = [record.id for record in sample]
        served, bulk = over_http.vectors(ids), in_bulk.vectors(ids)
    assert served.shape == (2 * SAMPLE, in_bulk.encoder.manifest.dimension)
    np.testing.assert_array_equal(served, bulk)


async def test_a_picture_in_a_request_has_the_pixels_of_an_indexed_one(
    bundles: Path, sample: Sequence[SourceRecord], tmp_path: Path
) -> None:
    asked = instance(bundles, tmp_path)
    pictures = [record.image or b"" for record in sample[:20]]
    async with asked.application, asked.client() as client:
        body = {"input": [{"image": base64.b64encode(data).decode()} for data in pictures]}
        (await client.post("/v1/embeddings", json=body)).raise_for_status()
    spec = asked.encoder.manifest.image.preprocessing
    assert asked.encoder.digests == Counter(digest(decode_pixels(data, spec)) for data in pictures)
