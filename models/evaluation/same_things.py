"""Same-style search: the same emoji drawn and described by another supplier, by picture, text and both."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.arrays import Vectors
from models.compose import centre, product
from models.evaluation.embeddings import EmbeddingStore
from models.evaluation.metrics import chance_at, first_ranks, mean_average_precision, precision_at_1, recall_at
from models.evaluation.report import Cell, Section
from models.sources import SourceItem
from models.starter.split import is_unseen

COLUMNS = ("queries", "gallery", "image R@1", "text R@1", "both R@1", "chance R@1")
POOL_COLUMNS = ("queries", "gallery", "P@1", "mAP")


def is_plain(item: SourceItem) -> bool:
    """Skin tones are the business of composed search."""
    return item.variant is None or "skin tone" not in item.variant.axes


def across_section(
    store: EmbeddingStore,
    suppliers: Mapping[str, Sequence[SourceItem]],
    other_names: Mapping[str, str],
    held_out: frozenset[str],
    source: str = "noto",
) -> Section:
    """One row a supplier for all items, one for unseen concepts.

    The source describes an item by its title, the others by `other_names` (code to name).
    """
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    for target in (name for name in suppliers if name != source):
        joined = {item.id: item for item in suppliers[target] if item.id in other_names}
        pairs = [(item, joined[item.id]) for item in suppliers[source] if item.id in joined]
        unseen = np.array([is_unseen(item.title, held_out) for item, _ in pairs])
        for label, chosen in (("", np.ones(len(pairs), dtype=bool)), (", unseen concepts", unseen)):
            rows.append((f"{source} → {target}{label}", _across(store, pairs, other_names, chosen)))
    return Section("The same thing from another supplier", COLUMNS, tuple(rows))


def pooled_section(
    store: EmbeddingStore, suppliers: Mapping[str, Sequence[SourceItem]], held_out: frozenset[str]
) -> Section:
    """By picture alone among the pictures of all other suppliers; then with the query's own supplier left in.

    The query itself is always taken out.
    """
    items = [item for members in suppliers.values() for item in members]
    vectors = np.concatenate([store.pictures([item.picture for item in members]) for members in suppliers.values()])
    codes = np.unique([item.id for item in items], return_inverse=True)[1]
    sources = np.unique([item.source for item in items], return_inverse=True)[1]
    unseen = np.array([is_unseen(item.title, held_out) for item in items])
    rows = []
    for concepts, chosen in (("all concepts", np.ones_like(unseen)), ("unseen concepts", unseen)):
        for label, own in (("", sources), (", own supplier left in", np.arange(len(items)))):
            rows.append((concepts + label, _pooled(vectors, codes, own, np.flatnonzero(chosen))))
    return Section(f"One pool of {len(suppliers)} suppliers, by picture alone", POOL_COLUMNS, tuple(rows))


def product_vectors(pictures: Vectors, texts: Vectors, store: EmbeddingStore) -> Vectors:
    """As the product field stores them: centred, weighted by the manifest, unit length. [n, d]."""
    manifest = store.encoder.manifest
    image_mean, text_mean = manifest.mean("image"), manifest.mean("text")
    weight = manifest.product_image_weight
    pairs = zip(pictures, texts, strict=True)
    return np.stack([product(centre(v, image_mean), centre(t, text_mean), weight) for v, t in pairs])


def _across(
    store: EmbeddingStore,
    pairs: Sequence[tuple[SourceItem, SourceItem]],
    other_names: Mapping[str, str],
    chosen: NDArray[np.bool_],
) -> tuple[Cell, ...]:
    sides = [
        (store.pictures([item.picture for item in side]), store.texts(words))
        for side, words in (
            ([left for left, _ in pairs], [left.title for left, _ in pairs]),
            ([right for _, right in pairs], [other_names[right.id] for _, right in pairs]),
        )
    ]
    relevant = np.eye(len(pairs), dtype=bool)[chosen]
    (left_image, left_text), (right_image, right_text) = sides
    left_both, right_both = (product_vectors(image, text, store) for image, text in sides)
    figures = [
        100 * recall_at(first_ranks(left[chosen] @ right.T, relevant), 1)
        for left, right in ((left_image, right_image), (left_text, right_text), (left_both, right_both))
    ]
    return (int(chosen.sum()), len(pairs), *figures, 100 * chance_at(1, relevant))


def _pooled(
    vectors: Vectors, codes: NDArray[np.intp], own: NDArray[np.intp], rows: NDArray[np.intp]
) -> tuple[Cell, ...]:
    """`own` [n]: items of equal value are not in each other's gallery."""
    scores = vectors[rows] @ vectors.T
    hidden = own[rows][:, None] == own[None, :]
    scores[hidden] = -np.inf
    relevant = (codes[rows][:, None] == codes[None, :]) & ~hidden
    kept = relevant.any(axis=1)
    scores, relevant = scores[kept], relevant[kept]
    figures = (precision_at_1(scores, relevant), mean_average_precision(scores, relevant))
    return (len(scores), len(codes), *(100 * figure for figure in figures))
