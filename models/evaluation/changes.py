"""Composed search, "this one, but …": exact triplets of unseen concepts, by picture, by text, and by both."""

from collections.abc import Callable, Sequence

import numpy as np

from models.arrays import Vectors
from models.compose import PdvParts, centre, pdv, weighted_sum
from models.evaluation.embeddings import EmbeddingStore
from models.evaluation.metrics import first_ranks, recall_at
from models.evaluation.report import Cell, Section
from models.evaluation.triplets import Triplet, find_triplets
from models.sources import SourceItem
from models.starter.split import is_unseen

METHODS = ("picture", "text", "sum", "pdv")
COLUMNS = (
    "triplets",
    *(f"{method} R@1" for method in METHODS),
    "sum R@10",
    "pdv R@10",
    *(f"{method} among siblings" for method in METHODS),
)
MACRO = "mean over kinds"
FEWEST = 5
"""Kinds with fewer triplets say nothing and are left out."""


def changes_section(store: EmbeddingStore, items: Sequence[SourceItem], held_out: frozenset[str]) -> Section:
    """Rows by kind of change, then their unweighted mean; the reference is taken out of the gallery."""
    triplets = [t for t in find_triplets(items) if is_held_out(t, items, held_out)]
    gallery = store.pictures([item.picture for item in items])
    queries = composed_queries(store, items, triplets, gallery)
    kinds = [kind for kind in sorted({t.kind for t in triplets}) if sum(t.kind == kind for t in triplets) >= FEWEST]
    rows = [(kind, _row(kind, triplets, queries, gallery)) for kind in kinds]
    means = tuple(float(np.mean([cells[column] for _, cells in rows])) for column in range(1, len(COLUMNS)))
    total = sum(int(cells[0] or 0) for _, cells in rows)
    return Section("This one, but changed (unseen concepts)", COLUMNS, (*rows, (MACRO, (total, *means))))


def is_held_out(triplet: Triplet, items: Sequence[SourceItem], held_out: frozenset[str]) -> bool:
    """Is what stays the same an unseen concept?"""
    return is_unseen(items[triplet.reference].title, held_out) or is_unseen(triplet.family, held_out)


def composed_queries(
    store: EmbeddingStore, items: Sequence[SourceItem], triplets: Sequence[Triplet], gallery: Vectors
) -> dict[str, Vectors]:
    """Method to query vectors [triplets, d], with the bundle's own defaults."""
    manifest = store.encoder.manifest
    image_mean, text_mean = manifest.mean("image"), manifest.mean("text")
    defaults = manifest.composition

    def encode(text_of: Callable[[Triplet], str]) -> Vectors:
        return np.stack([centre(v, text_mean) for v in store.texts([text_of(t) for t in triplets])])

    pictures = np.stack([centre(gallery[t.reference], image_mean) for t in triplets])
    changes = encode(lambda t: t.modification)
    bases = encode(lambda t: items[t.reference].title)
    targets = encode(lambda t: f"{items[t.reference].title}, {t.modification}")
    parts = [PdvParts(*vectors) for vectors in zip(pictures, bases, targets, strict=True)]
    return {
        "picture": pictures,
        "text": changes,
        "sum": np.stack([weighted_sum(p, [1, defaults.sum_weight]) for p in zip(pictures, changes, strict=True)]),
        "pdv": np.stack([pdv(part, defaults.alpha, defaults.beta) for part in parts]),
    }


def _row(kind: str, triplets: Sequence[Triplet], queries: dict[str, Vectors], gallery: Vectors) -> tuple[Cell, ...]:
    rows = [row for row, triplet in enumerate(triplets) if triplet.kind == kind]
    chosen = [triplets[row] for row in rows]
    relevant = np.zeros((len(rows), len(gallery)), dtype=bool)
    relevant[np.arange(len(rows)), [t.target for t in chosen]] = True
    strangers = np.ones_like(relevant)
    for row, triplet in enumerate(chosen):
        strangers[row, list(triplet.siblings)] = False
    whole, family = {}, {}
    for method, vectors in queries.items():
        scores = vectors[rows] @ gallery.T
        scores[np.arange(len(rows)), [t.reference for t in chosen]] = -np.inf
        whole[method] = first_ranks(scores, relevant)
        family[method] = first_ranks(np.where(strangers, -np.inf, scores).astype(np.float32), relevant)
    return (
        len(rows),
        *(100 * recall_at(whole[method], 1) for method in METHODS),
        *(100 * recall_at(whole[method], 10) for method in ("sum", "pdv")),
        *(100 * recall_at(family[method], 1) for method in METHODS),
    )
