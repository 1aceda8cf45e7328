"""Places, words of texts, and words beside a vector, as every adapter must answer them."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from index import Collection
from index.errors import AttributeValueError, FilterError
from index.types import Condition, Filter, GeoPoint, GeoRadius, HasId, ItemWrite, Match, MatchText
from tests.contracts.collection_store.items import EAST, NORTH, UP, direction, write
from tests.fakes import naive_texts

BERLIN, POTSDAM, SUVA, TAVEUNI = (
    GeoPoint(52.52, 13.405),
    GeoPoint(52.39, 13.06),
    GeoPoint(-18, 178),
    GeoPoint(-17, -180),
)
TEXTS = {
    "a": "Red canvas shoe",
    "b": "a RED boot, canvas-lined",
    "c": "Crème brûlée dish",
    "d": None,
    "e": 'a 19" monitor AND a keyboard',
    "f": "red red red wine",
}


def item(id_: str, text: str | None, **attributes: object) -> ItemWrite:
    place = list(TEXTS).index(id_) if id_ in TEXTS else 0
    return replace(write(id_, direction(6 - place, place, 0, 0), attributes=attributes), text=text)  # type: ignore[arg-type]


@pytest.fixture
def shop(collection: Collection) -> Collection:
    places = {"a": BERLIN, "b": POTSDAM, "c": SUVA, "e": TAVEUNI, "f": GeoPoint(90, 12)}
    collection.upsert(
        [item(id_, text, brand="acme" if id_ in "ab" else "best", shop=places.get(id_)) for id_, text in TEXTS.items()]
    )
    return collection


def found(collection: Collection, *conditions: Condition) -> str:
    filter_ = Filter(must=conditions)
    ids = "".join(sorted(hit.id for hit in collection.search("image", EAST, 10, filter_)))
    assert collection.count(filter_) == len(ids)
    return ids


@pytest.mark.parametrize(
    ("centre", "radius_m", "expected"),
    [
        (BERLIN, 0, "a"),
        (BERLIN, 27_000, "a"),
        (BERLIN, 28_000, "ab"),
        (GeoPoint(-18, -179), 250_000, "e"),
        (GeoPoint(-18, -179), 350_000, "ce"),  # across the date line
        (GeoPoint(90, -170), 1, "f"),  # a pole has every longitude
        (GeoPoint(0, 0), 2.1e7, "abcef"),
    ],
)
def test_a_radius_reaches_over_the_sphere(shop: Collection, centre: GeoPoint, radius_m: float, expected: str) -> None:
    assert found(shop, GeoRadius("shop", centre, radius_m)) == expected


def test_places_come_back_and_can_be_patched(shop: Collection) -> None:
    (first,) = shop.get(["a"])
    assert first is not None and first.attributes["shop"] == BERLIN
    shop.patch("a", {"shop": SUVA})
    assert found(shop, GeoRadius("shop", SUVA, 1)) == "ac"
    shop.patch("a", {"shop": None})
    assert found(shop, GeoRadius("shop", SUVA, 1)) == "c"
    assert {facet.key: facet.type for facet in shop.facets()}["shop"] == "geo"


@pytest.mark.parametrize(
    "place", [GeoPoint(90.1, 0), GeoPoint(0, -180.1), GeoPoint(math.nan, 0), GeoPoint(0, math.inf)]
)
def test_a_place_that_is_not_on_earth_is_refused(collection: Collection, place: GeoPoint) -> None:
    with pytest.raises(AttributeValueError):
        collection.upsert([write("x", EAST, attributes={"shop": place})])


@pytest.mark.parametrize(
    "condition",
    [
        GeoRadius("brand", BERLIN, 5),
        GeoRadius("nowhere", BERLIN, 5),
        GeoRadius("shop", BERLIN, -1),
        GeoRadius("shop", BERLIN, math.nan),
        Match("shop", ("Berlin",)),
        MatchText(""),
        MatchText(' "&!" '),
    ],
)
def test_conditions_that_make_no_sense_are_refused(shop: Collection, condition: Condition) -> None:
    with pytest.raises(FilterError):
        shop.count(Filter(must_not=(condition,)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("red", "abf"),
        ("canvas red", "ab"),
        ("RED, canvas!", "ab"),
        ("creme brulee", "c"),
        ("Crème", "c"),
        ("canvas-lined", "b"),
        ("lined-canvas", ""),
        ("reds", ""),
        ("red & shoe", "a"),
    ],
)
def test_all_the_words_must_be_there(shop: Collection, words: str, expected: str) -> None:
    assert found(shop, MatchText(words)) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('19"', "e"),
        ("monitor AND keyboard", "e"),
        ("red OR dish", ""),
        ("red NOT canvas", ""),
        ("re*", ""),
        ("text:red", ""),
        ("^red", "abf"),
        ("NEAR(red shoe)", ""),
        ("(red", "abf"),
        ('"red', "abf"),
        ("red\0shoe", "a"),
        ("red\ud800", "abf"),
        ("'); DROP TABLE items; --", ""),
    ],
)
def test_words_are_never_read_as_a_language(shop: Collection, words: str, expected: str) -> None:
    assert found(shop, MatchText(words)) == expected
    shop.search("image", EAST, 3, words=words)


def test_texts_and_attributes_combine(shop: Collection) -> None:
    red, acme = MatchText("red"), Match("brand", ("acme",))
    assert found(shop, Filter(must=(red,), must_not=(acme,))) == "f"
    assert found(shop, Filter(should=(MatchText("dish"), Filter(must=(red, acme))))) == "abc"
    assert found(shop, Filter(must_not=(red,))) == "cde"
    assert {facet.key: facet.counts for facet in shop.facets(Filter(must=(red,)))}["brand"] == (
        ("acme", 2),
        ("best", 1),
    )
    assert [facet.key for facet in shop.facets(keys=["price", "brand", "unknown"])] == ["price", "brand"]


def test_the_text_that_counts_is_the_newest(shop: Collection) -> None:
    shop.upsert([item("a", "green canvas shoe"), replace(item("d", "red"), content_hash="other")])
    assert (found(shop, MatchText("red")), found(shop, MatchText("green"))) == ("bdf", "a")
    shop.upsert([item("b", None)])
    shop.delete(["f"])
    assert found(shop, MatchText("red")) == "d"
    assert shop.delete_matching(Filter(must=(MatchText("canvas"),)))[0] == 1
    assert found(shop, HasId(tuple(TEXTS))) == "bcde"


def ids(hits: Sequence[object]) -> str:
    return "".join(hit.id for hit in hits)  # type: ignore[attr-defined]


def test_words_bring_items_that_the_vector_does_not(shop: Collection) -> None:
    assert ids(shop.search("image", EAST, 1)) == "a"
    assert ids(shop.search("image", EAST, 1, words="dish")) == "ac"
    assert ids(shop.search("image", EAST, 2, words="monitor keyboard")) == "abe"
    assert ids(shop.search("image", EAST, 1, Filter(must_not=(Match("brand", ("best",)),)), words="dish red")) == "a"
    assert ids(shop.search("image", EAST, 1, words="dish", exclude=["c"])) == "a"
    assert ids(shop.search("image", EAST, 0, words="dish")) == ""


def test_every_hit_carries_its_bm25_and_its_cosine(shop: Collection) -> None:
    rows = {hit.id: hit.row for hit in shop.search("image", EAST, 10)}
    plain = {hit.id: hit.cosine for hit in shop.search("image", EAST, 10)}
    assert all(hit.bm25 == 0 for hit in shop.search("image", EAST, 10))
    for words in ("red", "canvas red shoe", "canvas-lined", "nothing", ""):
        expected = naive_texts.bm25({rows[id_]: text for id_, text in TEXTS.items()}, words)
        for limit in (1, 2, 10):
            hits = shop.search("image", EAST, limit, words=words)
            assert [hit.bm25 for hit in hits] == pytest.approx([expected.get(hit.row, 0.0) for hit in hits], rel=1e-5)
            assert [hit.cosine for hit in hits] == pytest.approx([plain[hit.id] for hit in hits])
            best = sorted(expected, key=lambda row: (-expected[row], row))[:limit]
            assert set(best) <= {hit.row for hit in hits}


def test_words_find_only_what_has_a_vector_in_the_field(collection: Collection) -> None:
    collection.upsert([replace(write("x", product=NORTH), text="red"), replace(write("y", image=UP), text="red")])
    assert ids(collection.search("product", NORTH, 5, words="red")) == "x"


def test_what_has_no_vector_takes_no_place_of_what_has(collection: Collection) -> None:
    loose = [replace(write(f"y{n}", image=UP), text="red") for n in range(20)]
    told = replace(write("x", product=UP), text="a red one, in a text that fits less")
    collection.upsert([*loose, told, write("z", product=NORTH)])
    assert ids(collection.search("product", NORTH, 1, words="red")) == "zx"
