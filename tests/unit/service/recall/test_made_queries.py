"""Queries made from items' texts: words as somebody types them, and compositions from what is encoded anyway."""

import numpy as np
import pytest

from models.compose import PdvParts, centre, pdv, weighted_sum
from service.pipeline.recall.made_queries import Source, few_words, made_queries
from tests.fakes.tiny_manifest import DIMENSION, tiny_manifest

MANIFEST = tiny_manifest()


def unit(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def test_a_few_consecutive_words() -> None:
    text = "a red canvas shoe with a white sole and blue laces"
    found = {few_words(text, np.random.default_rng(seed)) for seed in range(50)}
    assert len(found) > 10
    assert all(words in text and 2 <= len(words.split()) <= 6 for words in found)
    assert few_words(" shoe ", np.random.default_rng(0)) == "shoe"


def test_text_queries_are_plain_to_pictures_and_centred_to_products() -> None:
    made = made_queries([Source(unit(n), None, unit(100 + n)) for n in range(3)], MANIFEST)
    assert made["image", "text"] == pytest.approx(np.stack([unit(n) for n in range(3)]))
    assert made["product", "text"][1] == pytest.approx(centre(unit(1), MANIFEST.mean("text")))
    assert made["image", "composed"].shape == (0, DIMENSION)


def test_composed_queries_step_from_one_text_to_the_next() -> None:
    sources = [Source(unit(n), unit(50 + n), None) for n in range(2)]
    texts = [centre(source.text, MANIFEST.mean("text")) for source in sources]
    images = [centre(unit(50 + n), MANIFEST.mean("image")) for n in range(2)]
    first, second = made_queries(sources, MANIFEST)["image", "composed"]
    defaults = MANIFEST.composition
    assert first == pytest.approx(pdv(PdvParts(images[0], texts[0], texts[1]), defaults.alpha, defaults.beta))
    assert second == pytest.approx(weighted_sum([images[1], texts[0]], [1.0, defaults.sum_weight]))


def test_a_text_that_is_the_whole_product_is_no_query_to_it() -> None:
    text = unit(1)
    alone = Source(text, None, centre(text, MANIFEST.mean("text")))
    assert made_queries([alone], MANIFEST)["product", "text"].shape == (0, DIMENSION)
    assert len(made_queries([alone], MANIFEST)["image", "text"]) == 1
