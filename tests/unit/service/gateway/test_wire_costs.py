"""What one body may cost to judge: long lists stop at their first fault, and filters are bounded as a whole."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from service.gateway.wire.body import Body
from service.gateway.wire.collections import CollectionBody
from service.gateway.wire.embeddings import ClassifyBody, EmbeddingsBody, RerankBody
from service.gateway.wire.items import DeleteIds, ItemBody, ItemsBody, PatchBody
from service.gateway.wire.searches import SearchBody
from service.types import ItemOutcome


def filtered(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"query": {"text": "a"}, "filter": {"must": list(conditions)}}


LONG: list[tuple[type[Body], dict[str, Any]]] = [
    (SearchBody, {"query": {"vector": ["x"] * 100}}),
    (SearchBody, filtered({"ids": [1] * 100})),
    (SearchBody, filtered(*[{"key": "a"}] * 50)),
    (ItemBody, {"id": "a", "vectors": {"image": ["x"] * 100}}),
    (DeleteIds, {"ids": [""] * 100}),
    (EmbeddingsBody, {"input": [1] * 100}),
    (ClassifyBody, {"input": "a", "labels": [""] * 100}),
    (RerankBody, {"query": "a", "documents": [1] * 100}),
]


@pytest.mark.parametrize(("body", "given"), LONG)
def test_a_long_list_stops_at_its_first_fault(body: type[Body], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(body).validate_python(given)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (SearchBody, filtered({"key": "a", "match": [{}] * 1000})),
        (PatchBody, {"attributes": {"a": [1] * 256}}),
    ],
)
def test_a_list_within_a_choice_stops_there_too(body: type[Body], given: dict[str, Any]) -> None:
    """A choice tells one error for each of its kinds, but not one for each value."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(body).validate_python(given)
    assert caught.value.error_count() < 10


MANY: dict[str, Any] = {f"k{n}": {} for n in range(200)}


@pytest.mark.parametrize(
    ("body", "given", "path"),
    [
        (EmbeddingsBody, MANY, ()),
        (EmbeddingsBody, {"input": {"text": "a", **MANY}}, ("input", "<one>", "<text>")),
        (SearchBody, {"query": {"image": {"base64": "", **MANY}}}, ("query", "<image>", "image", "<base64>")),
        (ItemBody, {"id": "a", "attributes": MANY}, ("attributes",)),
        (PatchBody, {"attributes": MANY}, ("attributes",)),
        (CollectionBody, {"attributes": MANY}, ("attributes",)),
    ],
)
def test_very_many_keys_are_one_fault(body: type[Body], given: dict[str, Any], path: tuple[str, ...]) -> None:
    """A million unknown keys made a million faults, and held up the event loop for seconds."""
    with pytest.raises(ValidationError, match=r"k0|200") as caught:
        TypeAdapter(body).validate_python(given)
    assert [error["loc"] for error in caught.value.errors()] == [path]


def test_a_few_unknown_keys_are_told_one_by_one() -> None:
    with pytest.raises(ValidationError) as caught:
        ClassifyBody.model_validate({"input": "a", "labels": ["b"], "lables": ["b"], "modle": "m"})
    assert [error["loc"] for error in caught.value.errors()] == [("lables",), ("modle",)]


def test_bad_vectors_still_fail_item_by_item() -> None:
    given = [{"id": str(n), "vectors": {"image": [1.0, "x", "y"]}} for n in range(3)] + [{"id": "good", "text": "red"}]
    entries = ItemsBody.model_validate({"items": given}).entries()
    failed = [entry for entry in entries if isinstance(entry, ItemOutcome)]
    assert [entry.id for entry in failed] == ["0", "1", "2"]
    assert all(entry.problem is not None and "vectors.image[1]" in entry.problem.detail for entry in failed)


def refusal(*conditions: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        SearchBody.model_validate(filtered(*conditions))
    assert caught.value.error_count() == 1
    return str(caught.value)


MATCH = {"key": "a", "match": "x"}


def test_a_filter_is_bounded_as_a_whole() -> None:
    full = {"must": [MATCH] * 63}
    SearchBody.model_validate(filtered(*[full] * 4))
    assert "at most 256 conditions in all; it has 257" in refusal(*[full] * 4, MATCH)
    assert "it has 320" in refusal(*[{"should": [MATCH] * 4}] * 64)


def test_filters_without_conditions_count_too() -> None:
    assert "it has 4160" in refusal(*[{"must_not": [{"must": []}] * 64}] * 64)


def test_the_values_of_a_filter_are_bounded_as_a_whole() -> None:
    ids: dict[str, Any] = {"ids": ["a"] * 1000}
    match: dict[str, Any] = {"key": "a", "match": ["x"] * 1000}
    SearchBody.model_validate(filtered(*[ids, match] * 5))
    assert "at most 10000 ids and values to match in all; it has 10001" in refusal(*[ids, {"must": [match]}] * 5, MATCH)
