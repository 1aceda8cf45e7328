"""Everything that shapes a page of hits, on a collection whose vectors are sealed, beside its twin that is not."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from index import LocalStore
from index.sealed.builder import SealOrder, seal
from index.types import Filter, ItemWrite, Match, SearchParameters, Vectors
from models.encoder import Encoder
from service.bootstrap import assemble
from service.pipeline.collections import bare_specification
from service.ranking import NEAR_DUPLICATE
from service.settings import Settings
from service.types import (
    Boost,
    CollectionOptions,
    ImageQuery,
    ItemInput,
    OwnSpace,
    PictureOfItem,
    ProductQuery,
    SearchResult,
    Term,
    TermsQuery,
    VectorQuery,
)
from tests.integration.pipeline.conftest import Shop, soon

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

D, CLUSTERS, EACH = 16, 60, 40
EXACT = SearchParameters(exact=True)
EXPLAIN = frozenset({"vector", "explain", "attributes"})


def clustered() -> Vectors:
    """Each centre with near-duplicates of it."""
    random = np.random.default_rng(5)
    centres = np.repeat(random.standard_normal((CLUSTERS, D)), EACH, axis=0)
    return (centres + 0.02 * random.standard_normal(centres.shape)).astype(np.float32)


def items(vectors: Vectors) -> list[ItemWrite]:
    return [
        ItemWrite(
            f"i{n}",
            f"{n}",
            attributes={"cluster": f"c{n // EACH}", "half": f"h{n % 2}", "price": float(n % 17)},
            vectors={"image": vector},
        )
        for n, vector in enumerate(vectors)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both collections, closed."""
    folder = tmp_path_factory.mktemp("twins")
    store = LocalStore(folder)
    for name in ("sealed", "fresh"):
        options = CollectionOptions(space=OwnSpace("mine", D))
        store.create(bare_specification(name, options, OwnSpace("mine", D))).upsert(items(clustered()))
    assert seal(folder / "sealed", SealOrder(least=300), lambda doing, share: None) is not None
    store.close()
    return folder


@dataclass(frozen=True)
class Twins:
    sealed: Shop
    fresh: Shop
    vectors: Vectors

    async def both(self, query: Any, **options: Any) -> tuple[SearchResult, SearchResult]:
        """Exact search in both, so that they must agree."""
        options = {"params": EXACT, "include": EXPLAIN, **options}
        return await self.sealed.search(query, **options), await self.fresh.search(query, **options)


@pytest_asyncio.fixture
async def twins(made: Path, tmp_path: Path, encoders: dict[str, Encoder]) -> AsyncIterator[Twins]:
    shutil.copytree(made, tmp_path / "collections")
    store = LocalStore(tmp_path / "collections")
    application = assemble(Settings(data_dir=tmp_path, encoder_workers=1, decode_threads=1), encoders, store)
    vectors = clustered()
    shops = [Shop(application, name) for name in ("sealed", "fresh")]
    assert [store.open(shop.name).info().index.fresh["image"] for shop in shops] == [0, len(vectors)]
    for shop in shops:  # what comes after the seal is searched beside it
        await shop.put(ItemInput("late", attributes={"cluster": "late", "price": 3.0}, vectors={"image": vectors[0]}))
        await shop.application.items.delete(shop.name, ["i1", "i2"], soon())
    yield Twins(*shops, vectors)
    await application.close()


def crowd(twins: Twins, count: int) -> None:
    """So many equal items of one group, nearest to the query."""
    vector = {"image": twins.vectors[0]}
    written = [ItemWrite(f"x{n}", "x", attributes={"cluster": "crowd"}, vectors=vector) for n in range(count)]
    twins.fresh.application.store.open("fresh").upsert(written)


def ids(result: SearchResult) -> list[str]:
    return [hit.id for hit in result.hits]


SHAPES: dict[str, dict[str, Any]] = {
    "plain": {"limit": 50},
    "deep": {"limit": 500, "offset": 700},
    "filtered": {"filter": Filter(must=(Match("half", ("h1",)),)), "limit": 40},
    "threshold": {"score_threshold": 0.6, "limit": 200},
    "diversity": {"diversity": 0.8, "limit": 30},
    "boost": {"boost": (Boost("price", 0.3),), "limit": 60},
    "duplicates": {"collapse_duplicates": True, "limit": 40},
    "groups": {"group_by": "cluster", "limit": 40},
    "all": {"group_by": "cluster", "diversity": 0.3, "boost": (Boost("price", 0.1),), "limit": 20},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_a_sealed_collection_ranks_as_a_fresh_one(twins: Twins, shape: dict[str, Any]) -> None:
    sealed, fresh = await twins.both(VectorQuery(twins.vectors[0]), **shape)
    assert ids(sealed) == ids(fresh) and sealed.hits
    assert [hit.cosine for hit in sealed.hits] == pytest.approx([hit.cosine for hit in fresh.hits], abs=1e-6)
    assert [hit.score for hit in sealed.hits] == pytest.approx([hit.score for hit in fresh.hits], abs=1e-5)
    for one, other in zip(sealed.hits, fresh.hits, strict=True):
        assert one.vector is not None and other.vector is not None and np.allclose(one.vector, other.vector, atol=1e-6)
        assert one.explain == pytest.approx(other.explain, abs=1e-5)


@pytest.mark.parametrize(
    "query",
    [
        ImageQuery(PictureOfItem("i5")),
        ProductQuery(item="i5"),
        TermsQuery((Term(PictureOfItem("i5")), Term(PictureOfItem("i900"), 0.5), Term(PictureOfItem("late"), -0.2))),
    ],
    ids=["item", "product", "terms"],
)
async def test_queries_by_sealed_items_leave_them_out(twins: Twins, query: Any) -> None:
    sealed, fresh = await twins.both(query, limit=60)
    assert ids(sealed) == ids(fresh) and "i5" not in ids(sealed)


@pytest.mark.parametrize("name", ["diversity", "boost", "duplicates", "groups"])
async def test_each_of_them_can_be_told_from_its_absence(twins: Twins, name: str) -> None:
    query = VectorQuery(twins.vectors[0])
    shape = SHAPES[name]
    with_it = await twins.sealed.search(query, **shape, params=EXACT, include=EXPLAIN)
    without = await twins.sealed.search(query, limit=shape["limit"], params=EXACT, include=EXPLAIN)
    assert ids(with_it) != ids(without)
    found = np.array([hit.vector for hit in with_it.hits])
    plain = np.array([hit.vector for hit in without.hits])
    closest = (found @ found.T - 2 * np.eye(len(found))).max()
    match name:
        case "diversity":
            assert np.mean(found @ found.T) < np.mean(plain @ plain.T) - 0.1
        case "boost":
            prices = [[float(hit.attributes["price"]) for hit in one.hits] for one in (with_it, without)]  # type: ignore[arg-type]
            assert np.mean(prices[0]) > np.mean(prices[1]) + 1
        case "duplicates":
            assert closest < NEAR_DUPLICATE < (plain @ plain.T - 2 * np.eye(len(plain))).max()
        case "groups":
            groups = [hit.attributes["cluster"] for hit in with_it.hits]
            assert len(set(groups)) == len(groups) == 40


async def test_approximate_search_fills_its_pages_too(twins: Twins) -> None:
    """The settings of a sealed field were measured for ten hits; a page far down needs more lists than those."""
    query = VectorQuery(twins.vectors[0])
    for recall in (0.1, None):
        params = SearchParameters(recall=recall)
        assert len(await twins.sealed.ids(query, limit=1000, params=params)) == 1000
        assert len(await twins.sealed.ids(query, limit=1000, offset=1000, params=params)) == 1000
        narrow = Filter(must=(Match("half", ("h1",)),))
        assert len(await twins.sealed.ids(query, limit=1000, filter=narrow, params=params)) == 1000
        assert len(await twins.sealed.ids(query, limit=61, group_by="cluster", params=params)) == 61


async def test_a_group_of_thousands_hides_no_other(twins: Twins) -> None:
    """Nearer than the two groups behind it are more equal items than one search takes."""
    crowd(twins, 7000)
    found = await twins.fresh.search(VectorQuery(twins.vectors[0]), group_by="cluster", limit=62)
    groups = [hit.attributes["cluster"] for hit in found.hits]
    assert len(groups) == len(set(groups)) == 62 and "crowd" in groups[:3]
    assert [hit.cosine for hit in found.hits] == sorted((hit.cosine for hit in found.hits), reverse=True)
    pages = [
        await twins.fresh.ids(VectorQuery(twins.vectors[0]), group_by="cluster", limit=20, offset=n)
        for n in range(0, 62, 20)
    ]
    assert [one for page in pages for one in page] == ids(found)


async def test_items_without_a_group_are_neither_lost_nor_doubled(twins: Twins) -> None:
    loose = [ItemInput(f"y{n}", vectors={"image": twins.vectors[0]}) for n in range(5)]
    await twins.fresh.put(*loose)
    crowd(twins, 1500)
    found = await twins.fresh.ids(VectorQuery(twins.vectors[0]), group_by="cluster", limit=70)
    assert len(found) == len(set(found)) == 67
    assert {f"y{n}" for n in range(5)} <= set(found)
