"""What hubness correction does to searches by words among pictures: on the demo catalogue, with held-out queries.

Run: lookalike index demo/catalogue.jsonl --collection demo --data DIR
     python benchmarks/index/hubness.py --data DIR [--collection demo]
Takes the stored vectors of the pictures and encodes texts with the collection's model. Queries are the items' own names
(the right answer: any picture of that name) and their keywords (any picture with that keyword). The bank is one half
of the names, the queries come from the other half, and the two halves change places; keywords never are in a bank.
Prints R@1 and R@10, the skewness of N_10 (how often an item is among the ten nearest), and the share of items that no
query finds. Ranks by exact cosine less bias over the whole gallery, with the code that the service uses.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.hubness.bias import biases
from index.types import Item, Vectors
from models.evaluation.metrics import first_ranks, recall_at
from service.bootstrap import Application, build
from service.jobs.hubness_bank import BATCH
from service.settings import Settings
from service.types import Deadline

PAGE = 1000
SETTINGS = [(0, 0.0)] + [(k, alpha) for k in (8, 32, 128, 512) for alpha in (0.25, 0.5, 0.75, 1.0)]
MOST_QUERIES = 3000


@dataclass(frozen=True)
class Task:
    """Queries and which items answer them. Row i of `texts` is answered by the items where `relevant[i]`."""

    name: str
    texts: Sequence[str]
    relevant: NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--collection", default="demo")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.data, arguments.collection))


async def run(data: Path, name: str) -> None:
    async with build(Settings(data_dir=data)) as application:
        items, gallery = everything(application, name)
        galleries = {"all": np.ones(len(items), dtype=np.bool_)}
        suppliers = [str(item.attributes.get("supplier")) for item in items]
        for supplier in sorted(set(suppliers)):
            galleries[supplier] = np.array([one == supplier for one in suppliers])
        for title, mask in galleries.items():
            chosen = [item for item, is_in in zip(items, mask, strict=True) if is_in]
            await report(application, title, chosen, gallery[mask])


def everything(application: Application, name: str) -> tuple[list[Item], Vectors]:
    """All items with a picture, and their vectors float32 [n, d]."""
    collection = application.store.open(name)
    items: list[Item] = []
    vectors = []
    after = None
    while page := collection.ids(after, PAGE):
        found = zip(collection.get(page), collection.vectors("image", page), strict=True)
        known = [(item, vector) for item, vector in found if item is not None and item.text and vector is not None]
        items += [item for item, _ in known]
        vectors += [vector for _, vector in known]
        after = page[-1]
    return items, np.stack(vectors)


async def report(application: Application, title: str, items: Sequence[Item], gallery: Vectors) -> None:
    names = task("names", items, lambda item: [item.text or ""])
    words = task("keywords", items, keywords)
    encoded = {one.name: await texts(application, one.texts) for one in (names, words)}
    half = np.random.default_rng(0).permutation(len(names.texts))
    folds = (half[: len(half) // 2], half[len(half) // 2 :])
    print(f"\n{title}: {len(items):,} pictures, {len(names.texts):,} names, {len(words.texts):,} keywords")
    print("            k alpha |  names R@1  R@10  skew  never | keywords R@1  R@10  skew  never")
    for k, alpha in SETTINGS:
        if k > min(map(len, folds)):
            continue
        cells = []
        for one in (names, words):
            found = [
                measure(one, encoded[one.name], gallery, rows, offsets(gallery, encoded["names"][bank], k, alpha))
                for rows, bank in rounds(one, folds)
            ]
            cells.append("  ".join(f"{value:6.3f}" for value in np.mean(found, axis=0)))
        print(f"{'off' if not k else '':>8} {k:4d}  {alpha:4.2f} | {cells[0]} | {cells[1]}")


def rounds(one: Task, folds: tuple[NDArray[np.intp], NDArray[np.intp]]) -> list[tuple[NDArray[np.intp], ...]]:
    """Rows of the queries, rows of the bank among the names."""
    if one.name == "names":
        return [(folds[0], folds[1]), (folds[1], folds[0])]
    everyone = np.arange(len(one.texts))
    return [(everyone, folds[0]), (everyone, folds[1])]


def offsets(gallery: Vectors, bank: Vectors, k: int, alpha: float) -> NDArray[np.float32]:
    return biases(gallery, bank, k, alpha) if k else np.zeros(len(gallery), dtype=np.float32)


def measure(
    one: Task, queries: Vectors, gallery: Vectors, rows: NDArray[np.intp], bias: NDArray[np.float32]
) -> tuple[float, ...]:
    """R@1, R@10, skewness of N_10, share of items that are in no list of ten."""
    scores = queries[rows] @ gallery.T - bias
    ranks = first_ranks(scores, one.relevant[rows])
    ten = np.argpartition(-scores, 10, axis=1)[:, :10]
    times = np.bincount(ten.ravel(), minlength=len(gallery)).astype(np.float64)
    skewness = float((((times - times.mean()) / times.std()) ** 3).mean())
    return recall_at(ranks, 1), recall_at(ranks, 10), skewness, float((times == 0).mean())


def keywords(item: Item) -> Sequence[str]:
    found = item.attributes.get("keywords")
    return found if isinstance(found, tuple) else ()


def task(name: str, items: Sequence[Item], words_of: Callable[[Item], Sequence[str]]) -> Task:
    """At most `MOST_QUERIES` of the texts, the same ones each time."""
    answers: dict[str, list[int]] = defaultdict(list)
    for n, item in enumerate(items):
        for word in words_of(item):
            answers[word].append(n)
    chosen = sorted(answers)
    if len(chosen) > MOST_QUERIES:
        kept = np.sort(np.random.default_rng(1).permutation(len(chosen))[:MOST_QUERIES])
        chosen = [chosen[n] for n in kept]
    relevant = np.zeros((len(chosen), len(items)), dtype=np.bool_)
    for row, text in enumerate(chosen):
        relevant[row, answers[text]] = True
    return Task(name, chosen, relevant)


async def texts(application: Application, wanted: Sequence[str]) -> Vectors:
    parts = []
    for start in range(0, len(wanted), BATCH):
        embedded = await application.embeddings.embed(None, wanted[start : start + BATCH], Deadline.after(120))
        parts.append(embedded.vectors)
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
