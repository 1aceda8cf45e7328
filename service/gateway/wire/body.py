"""The ground rules of every request body, and the union in which exactly one key may be given.

Strict: unknown fields are errors, "10" is no number, NaN does not exist. Owns no field of its own.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, model_validator
from pydantic_core import PydanticCustomError

MAX_DIMENSION = 8_192
MAX_ATTRIBUTES = 64
_STRANGERS = 20
"""Unknown keys that are told one by one; a million of them would take seconds to tell."""


class Body(BaseModel):
    """A JSON object of which every key is known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _is_not_all_strangers(cls, value: object) -> object:
        known = cls.model_fields
        if not isinstance(value, dict) or len(value) <= len(known) + _STRANGERS:
            return value
        found = {"count": len(value), "first": repr(next(key for key in value if key not in known))[:80]}
        raise PydanticCustomError(
            "strangers", "{count} keys, most of them unknown here, like {first}: see /docs", found
        )


Text: TypeAlias = Annotated[str, Field(json_schema_extra={"minLength": 1})]
"""Emptiness is judged by the tokenizer, which knows more ways of being empty; the length by the settings."""

ItemId: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="The item's own id: 1 to 256 characters, none of them a control character.",
        examples=["sku-1"],
    ),
]
Keyword: TypeAlias = Annotated[str, Field(max_length=1024)]
AttributeKey: TypeAlias = Annotated[str, Field(min_length=1, max_length=64, examples=["brand"])]
Numbers: TypeAlias = Annotated[list[float], Field(min_length=1, max_length=MAX_DIMENSION, fail_fast=True)]
"""A vector as JSON; its dimension is checked against the collection.

Long lists fail fast: an error for each of millions of bad values would hold up the event loop.
"""


def at_most(count: int) -> BeforeValidator:
    """Judges the size of an object of free keys before any of its values, for the same reason."""

    def check(value: object) -> object:
        if isinstance(value, dict) and len(value) > count:
            message = "at most {most} keys are accepted; there are {count}"
            raise PydanticCustomError("too_many_keys", message, {"most": count, "count": len(value)})
        return value

    return BeforeValidator(check)


def tag(kind: str) -> str:
    """The tag of a variant; its brackets let problems leave it out of the path they show."""
    return f"<{kind}>"


def is_tag(part: object) -> bool:
    return isinstance(part, str) and part.startswith("<") and part.endswith(">")


def exactly_one(*kinds: str) -> tuple[Discriminator, BeforeValidator]:
    """Validators for a union of objects that are told apart by which one of `kinds` they hold.

    Use as `Annotated[Union, *exactly_one("text", "image")]` with variants tagged by `tag`.
    """
    return Discriminator(kind_among(*kinds)), BeforeValidator(check_one_of(*kinds))


def string_or_one(*kinds: str) -> tuple[Discriminator, BeforeValidator]:
    """The same, where a plain string (tagged "string") may stand for the whole object."""
    check, kind_of = check_one_of(*kinds), kind_among(*kinds)
    return (
        Discriminator(lambda value: tag("string") if isinstance(value, str) else kind_of(value)),
        BeforeValidator(lambda value: value if isinstance(value, str) else check(value)),
    )


def string_or_object(value: object) -> str:
    """What tells a plain string from an object."""
    return tag("string" if isinstance(value, str) else "object")


_JSON_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "list",
    type(None): "null",
}


def by_type(*kinds: str, expected: str) -> Discriminator:
    """Tells the variants of a union apart by their JSON type, so that a fault is told of the one that was meant.

    Use as `Annotated[Union, by_type("string", "list", expected="a string or a list")]` with variants tagged by `tag`.
    """

    def kind_of(value: object) -> str | None:
        kind = _JSON_KINDS.get(type(value), "object")
        return tag(kind) if kind in kinds else None

    return Discriminator(kind_of, custom_error_type="wrong_type", custom_error_message=f"give {expected}")


def check_one_of(*kinds: str) -> Callable[[object], object]:
    """A validator that passes an object with exactly one of `kinds`, and else says what was given."""

    def check(value: object) -> object:
        if not isinstance(value, dict):
            raise _exactly_one_error(kinds, "something that is not an object was given")
        given = [kind for kind in kinds if kind in value]
        if len(given) == 1:
            return value
        raise _exactly_one_error(kinds, _what_was_given(given, value))

    return check


def _exactly_one_error(kinds: Iterable[str], given: str) -> PydanticCustomError:
    message = "give an object with exactly one of {kinds}; {given}"
    return PydanticCustomError("exactly_one", message, {"kinds": ", ".join(kinds), "given": given})


def _what_was_given(given: list[str], value: dict[str, object]) -> str:
    if given:
        return f"{' and '.join(given)} were given"
    unknown = [key for key in value if key != "box"]
    return f"none of them was given, but {', '.join(map(repr, unknown[:5]))}" if unknown else "none of them was given"


def kind_among(*kinds: str) -> Callable[[object], str | None]:
    """What tells the variants apart: the tag of the first of `kinds` that the object holds."""

    def kind_of(value: object) -> str | None:
        return next((tag(kind) for kind in kinds if kind in value), None) if isinstance(value, dict) else None

    return kind_of
