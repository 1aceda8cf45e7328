"""Bytes that flip and files that end too soon, and what the made collection answers all the same."""

import os
import random
from pathlib import Path

from index.store import LocalStore
from index.types import SearchParameters
from tests.integration.index.made_collection import SPEC, made_vectors

EXACT = SearchParameters(exact=True)
DERIVED = ("CURRENT", "snapshots/*", "segments/*/*", "codecs/*")
Answers = list[list[tuple[str, float]]]


def answers(store: LocalStore, params: SearchParameters = EXACT) -> Answers:
    collection = store.open(SPEC.name)
    return [
        [(hit.id, round(hit.cosine, 5)) for hit in collection.search(field, query, 15, None, params)]
        for query in made_vectors(5, 9)
        for field in SPEC.fields
    ]


def derived_files(folder: Path) -> list[Path]:
    return sorted(path for pattern in DERIVED for path in (folder / SPEC.name).glob(pattern))


def flip(path: Path, chance: random.Random) -> None:
    whole = bytearray(path.read_bytes())
    whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    path.write_bytes(whole)


def tear(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(path.stat().st_size))


def opened_answers(folder: Path) -> Answers:
    store = LocalStore(folder, mode="read")
    try:
        return answers(store)
    finally:
        store.close()
