"""Embedding, zero-shot classification and reranking with a real encoder."""

import numpy as np
import pytest

from models.errors import PictureUnreadableError, TextError
from service.errors import DimensionsNotSupportedError, LimitExceededError, ModelNotFoundError, QueryInvalidError
from service.types import PictureBytes, RerankQuery
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS, DIMENSION
from tests.integration.pipeline.conftest import MakeApplication, Shop, soon

RED = PictureBytes(picture(COLOURS["red"]))
BLUE = PictureBytes(picture(COLOURS["blue"]))


async def test_texts_and_pictures_are_embedded_in_order(make_application: MakeApplication) -> None:
    batch = await make_application().embeddings.embed(None, ["red", RED, "red " * 20], soon())
    assert (batch.model, batch.space, batch.vectors.shape) == ("tiny", "tiny-1", (3, DIMENSION))
    assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert (list(batch.token_counts), list(batch.truncated)) == ([1, 0, 12], [False, False, True])
    assert batch.vectors[0] @ batch.vectors[1] > 0.8


async def test_a_picture_has_one_vector_online_in_bulk_and_stored(shop: Shop) -> None:
    """Alone, among many, and as an item of a collection: bit for bit, up to the float16 of the store."""
    embeddings = shop.application.embeddings
    alone = (await embeddings.embed(None, [RED], soon())).vectors[0]
    other = [PictureBytes(picture((n, 100, 200))) for n in range(30)]
    among = (await embeddings.embed(None, [*other, RED], soon())).vectors[-1]
    assert (alone == among).all()
    stored = shop.application.store.open("shop").vectors("image", ["red"])[0]
    assert stored is not None
    assert stored == pytest.approx(alone.astype(np.float16).astype(np.float32), abs=1e-3)


async def test_what_was_embedded_is_remembered(make_application: MakeApplication) -> None:
    application = make_application()
    first = await application.embeddings.embed(None, ["red", RED], soon())
    second = await application.embeddings.embed(None, ["red", RED], soon())
    assert (first.vectors == second.vectors).all()
    registry = application.metrics.registry
    assert registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": "text"}) == 1
    assert registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": "image"}) == 1


async def test_only_the_models_own_dimension_is_given(make_application: MakeApplication) -> None:
    embeddings = make_application().embeddings
    assert (await embeddings.embed("tiny", ["red"], soon(), DIMENSION)).vectors.shape == (1, DIMENSION)
    with pytest.raises(DimensionsNotSupportedError, match=str(DIMENSION)):
        await embeddings.embed("tiny", ["red"], soon(), DIMENSION - 1)


async def test_bad_inputs_are_refused(make_application: MakeApplication) -> None:
    embeddings = make_application().embeddings
    with pytest.raises(ModelNotFoundError):
        await embeddings.embed("huge", ["red"], soon())
    with pytest.raises(LimitExceededError):
        await embeddings.embed(None, [], soon())
    with pytest.raises(LimitExceededError):
        await embeddings.embed(None, ["x"] * 1001, soon())
    with pytest.raises(TextError):
        await embeddings.embed(None, ["red", ""], soon())
    with pytest.raises(PictureUnreadableError):
        await embeddings.embed(None, [RED, PictureBytes(b"")], soon())


@pytest.mark.parametrize("templates", [None, ["{}"], ["a photo of {}", "the {}"]])
async def test_classification_names_colours(make_application: MakeApplication, templates: list[str] | None) -> None:
    labels = ["red", "green", "blue"]
    batch = await make_application().embeddings.classify(None, [RED, BLUE, "very green"], labels, templates, soon())
    best = [labels[int(np.argmax(result.probabilities))] for result in batch.results]
    assert best == ["red", "blue", "green"]
    assert all(sum(result.probabilities) == pytest.approx(1) for result in batch.results)


async def test_a_label_may_hold_braces(make_application: MakeApplication) -> None:
    batch = await make_application().embeddings.classify(None, [RED], ["{red} {0}", "red"], ["{}"], soon())
    assert len(batch.results[0].probabilities) == 2


@pytest.mark.parametrize(("labels", "templates"), [([], None), (["red"], []), (["red"], ["no place"])])
async def test_labels_and_templates_are_checked(
    make_application: MakeApplication, labels: list[str], templates: list[str] | None
) -> None:
    with pytest.raises(QueryInvalidError):
        await make_application().embeddings.classify(None, [RED], labels, templates, soon())


@pytest.mark.parametrize("query", [RerankQuery("red"), RerankQuery(image=RED), RerankQuery("red", RED)])
async def test_documents_are_ranked_by_text_picture_or_both(
    make_application: MakeApplication, query: RerankQuery
) -> None:
    documents = [BLUE, "cyan", "red", "green", RED]
    ranked = (await make_application().embeddings.rerank(None, query, documents, soon())).results
    assert {one.index for one in ranked[:2]} == {2, 4}
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    assert all(0 <= one.score <= 1 for one in ranked)


async def test_reranking_needs_a_query_and_tells_of_truncation(make_application: MakeApplication) -> None:
    embeddings = make_application().embeddings
    with pytest.raises(QueryInvalidError):
        await embeddings.rerank(None, RerankQuery(), ["red"], soon())
    batch = await embeddings.rerank(None, RerankQuery("red"), ["red " * 20], soon())
    assert [notice.code for notice in batch.warnings] == ["text_truncated"]
