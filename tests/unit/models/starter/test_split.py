"""The split of concepts: which noun a name is about, and that the hash never moves."""

import pytest

from models.starter.pairs import is_trainable
from models.starter.split import draw, head_noun, is_drawn, is_unseen, mentions, read_split, singular
from tests.unit.models.evaluation.test_triplets import item


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("red apple", "apple"),
        ("slice of pizza", "slice"),
        ("Woman: curly hair", "woman"),
        ("a pair of glasses", "pair"),
        ("berries", "berry"),
        ("boxes", "box"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("123", None),
    ],
)
def test_head_noun(name: str, noun: str | None) -> None:
    assert head_noun(name) == noun


@pytest.mark.parametrize(("plural", "one"), [("men", "man"), ("leaves", "leaf"), ("dogs", "dog"), ("gas", "gas")])
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_about_a_fifth_is_held_out() -> None:
    share = sum(is_drawn(f"noun{number}") for number in range(5000)) / 5000
    assert share == pytest.approx(0.2, abs=0.02)


def test_committed_list_is_what_the_hash_draws() -> None:
    held_out = read_split()
    assert len(held_out) > 200
    assert draw(held_out) == held_out


def test_a_mention_in_any_keyword_drops_an_item() -> None:
    held_out = frozenset({"moon"})
    assert mentions(["night", "full moons"], held_out)
    assert not mentions(["moonlight"], held_out)
    assert is_unseen("new moon", held_out)
    assert not is_trainable(item("moon boot"), held_out)
    assert is_trainable(item("boot"), held_out)
