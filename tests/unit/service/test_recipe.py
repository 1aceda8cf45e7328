"""Recipes: what a refinement may change, and that the explanation tells the truth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Filter, HasId, Match, Range
from models.compose import unit
from service.errors import RefinementError
from service.pipeline.explain import explanation, part_weights
from service.pipeline.recipe import Part, QueryState, Recipe, refined, vector_of
from service.types import Boost, Refinement, SearchOptions
from tests.fakes.tiny_bundle import DIMENSION, tiny_manifest


def parts(*names: str, seed: int = 0) -> tuple[Part, ...]:
    random = np.random.default_rng(seed)
    return tuple(Part(name, unit(random.normal(size=DIMENSION).astype(np.float32))) for name in names)


SINGLE = Recipe("text", "image", "single", parts("text"))
SUM = Recipe("composed", "image", "sum", parts("term 0", "term 1"))
PDV = Recipe("composed", "image", "pdv", parts("image", "base", "target"), alpha=1.4, beta=0.75)


def state(recipe: Recipe) -> QueryState:
    return QueryState("shop", "tiny-1", recipe, SearchOptions(limit=7))


@given(alpha=st.floats(-2, 3), beta=st.floats(0, 1), seed=st.integers(0, 999))
def test_the_explained_weights_make_the_query(alpha: float, beta: float, seed: int) -> None:
    """The cosine of a hit is the weighted sum of the cosines of the parts, up to the length of the mixture."""
    recipe = replace(PDV, parts=parts("image", "base", "target", seed=seed), alpha=alpha, beta=beta)
    mixed = sum(np.float32(w) * part.vector for w, part in zip(part_weights(recipe), recipe.parts, strict=True))
    if np.linalg.norm(mixed) > 1e-2:
        assert vector_of(recipe) == pytest.approx(mixed / np.linalg.norm(mixed), abs=1e-4)


def test_an_explanation_names_every_part_and_boost() -> None:
    told = explanation(PDV, tiny_manifest(), PDV.parts[0].vector, {"boost.price": 0.25})
    assert told["cosine.image"] == pytest.approx(1, abs=1e-6)
    assert {"weight.image", "weight.base", "weight.target", "calibration.slope"} <= set(told)
    assert (told["calibration"], told["boost.price"]) == ("composed_image", 0.25)


def test_what_a_refinement_leaves_out_stays() -> None:
    assert refined(state(PDV), Refinement("id")) == state(PDV)
    changed = refined(state(PDV), Refinement("id", alpha=0.0, limit=3, filter=Filter(must=(Match("a", ("b",)),))))
    assert (changed.recipe.alpha, changed.recipe.beta) == (0.0, 0.75)
    assert (changed.options.limit, changed.options.filter) == (3, Filter(must=(Match("a", ("b",)),)))


def test_weights_are_those_of_the_parts() -> None:
    changed = refined(state(SUM), Refinement("id", weights=[0.5, -1.0]))
    assert [part.weight for part in changed.recipe.parts] == [0.5, -1.0]
    assert [part.weight for part in SUM.parts] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("recipe", "refinement"),
    [
        (SINGLE, Refinement("id", alpha=1.0)),
        (SINGLE, Refinement("id", weights=[1.0])),
        (SUM, Refinement("id", beta=1.0)),
        (SUM, Refinement("id", weights=[1.0])),
        (PDV, Refinement("id", weights=[1.0, 1.0, 1.0])),
    ],
)
def test_weights_that_the_query_does_not_have_are_refused(recipe: Recipe, refinement: Refinement) -> None:
    with pytest.raises(RefinementError):
        refined(state(recipe), refinement)


def test_a_state_knows_about_how_large_it_is() -> None:
    assert state(PDV).size_bytes > 3 * DIMENSION * 4


LONG = "x" * 1000
FILTERS = [
    Filter(must=(Match("key", (LONG,) * 10),)),
    Filter(should=(HasId((LONG,) * 10),)),
    Filter(must_not=(Filter(must=(Match(LONG * 10, (1,)),)),)),
    Filter(must=(Range("price", gt=1),) * 100),
]


@pytest.mark.parametrize("wanted", FILTERS)
def test_a_kept_query_weighs_what_its_filter_holds(wanted: Filter) -> None:
    """Else the cache would keep far more than the bytes that it is given."""
    plain, filtered = state(SINGLE), QueryState("shop", "tiny-1", SINGLE, SearchOptions(limit=7, filter=wanted))
    assert filtered.size_bytes - plain.size_bytes >= 10_000


def test_a_kept_query_weighs_the_items_it_leaves_out_and_its_boosts() -> None:
    plain = state(SINGLE).size_bytes
    assert state(replace(SINGLE, excluded=(LONG,) * 10)).size_bytes - plain >= 10_000
    boosted = QueryState("shop", "tiny-1", SINGLE, SearchOptions(boost=(Boost(LONG, 1.0),) * 10))
    assert boosted.size_bytes - plain >= 10_000
