"""The bank of a hubness correction: typical queries as vectors, from a file or from the texts of the items."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.ports import Collection
from models.arrays import Vectors
from service.bootstrap import Application
from service.errors import QueryInvalidError, SpaceWithoutModelError
from service.jobs.index_job.record import SourceError
from service.jobs.index_job.vector_checks import normalised
from service.jobs.index_job.vector_files import NpyFile
from service.types import Deadline

PAGE = 1000
BATCH = 128
SEED = 7


async def bank_of(application: Application, name: str, file: Path | None, count: int) -> Vectors:
    """float32 [q, d] of unit length, at most `count` of them where the items' texts are taken.

    Raises: SourceError, QueryInvalidError (no texts), SpaceWithoutModelError, and what the embedder raises.
    """
    if file is not None and file.suffix.lower() == ".npy":
        return vectors_in(file)
    deadline = Deadline.after(application.settings.write_deadline_s)
    collection = application.store.open(name)
    texts = lines_of(file) if file is not None else texts_of(collection, count)
    if not texts and file is not None:
        raise SourceError(f"{file.name} holds no queries: write one a line")
    if not texts:
        raise QueryInvalidError(f"no item of {name!r} has a text to make a bank from: give one with --bank FILE")
    model = application.models.for_collection(collection.spec)
    if model is None:
        raise SpaceWithoutModelError(f"no loaded model encodes texts for {name!r}: give vectors with --bank FILE.npy")
    parts = []
    for start in range(0, len(texts), BATCH):
        embedded = await application.embeddings.embed(model.name, texts[start : start + BATCH], deadline)
        parts.append(embedded.vectors)
        deadline = Deadline.after(application.settings.write_deadline_s)
    return np.concatenate(parts)


def vectors_in(file: Path) -> Vectors:
    """Raises SourceError where one of them has no direction."""
    if not file.is_file():
        raise SourceError(f"there is no file {file}")
    source = NpyFile(file)
    chunks = []
    for chunk in source.chunks():
        vectors, finite, has_length = normalised(chunk)
        if not (finite & has_length).all():
            raise SourceError(f"{file.name} holds vectors that are not finite, or only zeros")
        chunks.append(vectors)
    if not chunks:
        raise SourceError(f"{file.name} holds no vectors")
    return np.concatenate(chunks)


def lines_of(file: Path) -> list[str]:
    """Distinct queries, one a line. Raises SourceError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise SourceError(f"{file.name} cannot be read as text: {exc}") from exc
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def texts_of(collection: Collection, count: int, seed: int = SEED) -> list[str]:
    """Distinct texts of items chosen at random, the same ones each time; walks over all ids in little memory."""
    texts: dict[str, None] = {}
    chosen = _sample(collection, 2 * count, random.Random(seed))  # noqa: S311 - a sample, no secret
    for start in range(0, len(chosen), PAGE):
        for item in collection.get(chosen[start : start + PAGE]):
            if item is not None and item.text and item.text.strip():
                texts[item.text] = None
    return list(texts)[:count]


def _sample(collection: Collection, count: int, chance: random.Random) -> Sequence[str]:
    """Reservoir sampling (Vitter, 1985, algorithm R)."""
    kept: list[str] = []
    seen, after = 0, None
    while page := collection.ids(after, PAGE):
        for id_ in page:
            seen += 1
            if len(kept) < count:
                kept.append(id_)
            elif (place := chance.randrange(seen)) < count:
                kept[place] = id_
        after = page[-1]
    chance.shuffle(kept)
    return kept
