"""A collection's specification as JSON text and back. Owns the encoding; the attribute schema lies elsewhere."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from index.attribute_values import Schema
from index.errors import CorruptError
from index.types import Attributes, AttributeValue, CollectionSpec, GeoPoint


def dump_spec(spec: CollectionSpec) -> str:
    values = asdict(spec)
    del values["attributes"]  # it grows: a table of its own
    return orjson.dumps(values).decode()


def load_spec(text: str, schema: Schema) -> CollectionSpec:
    """Raises ValueError, TypeError or KeyError where the text is no specification."""
    values = orjson.loads(text)
    fields = tuple(values.pop("fields"))
    return CollectionSpec(**values, fields=fields, attributes=schema)


def dump_attributes(attributes: Attributes) -> str:
    """Canonical: equal attributes give equal text. A place becomes an object."""
    return orjson.dumps(dict(attributes), option=orjson.OPT_SORT_KEYS).decode()


def load_attributes(text: str) -> Attributes:
    """Raises CorruptError."""
    try:
        values: Mapping[str, Any] = orjson.loads(text)
        return {key: _loaded(value) for key, value in values.items()}
    except (orjson.JSONDecodeError, TypeError) as error:
        raise CorruptError(f"an item's attributes cannot be read: {error}") from error


def _loaded(value: Any) -> AttributeValue:
    if isinstance(value, list):
        return tuple(value)
    loaded: AttributeValue = GeoPoint(**value) if isinstance(value, dict) else value
    return loaded
