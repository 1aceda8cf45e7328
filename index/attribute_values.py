"""What an attribute may hold: types, limits, and the sentence that says what was wrong.

Owns the check of values against a schema. Knows nothing of how values are stored or searched.
"""

import math
from collections.abc import Mapping

from index.errors import AttributeValueError
from index.types import Attributes, AttributeType, AttributeValue, GeoPoint

MAX_ATTRIBUTES = 1_000
MAX_KEY_CHARACTERS = 128
MAX_KEYWORD_CHARACTERS = 4_096
MAX_KEYWORDS = 1_000
MAX_ID_CHARACTERS = 512
MOST_WHOLE = 2**53
"""Numbers are compared as floats, which tell larger whole ones no longer apart."""

Schema = Mapping[str, AttributeType]
Values = Mapping[str, AttributeValue]


def admit(item_id: str, attributes: Attributes, schema: Schema) -> tuple[Values, Schema]:
    """The attributes as they are stored (no None), and the schema grown by what was new.

    Raises: AttributeValueError naming the item, the attribute, what it was and what it should be.
    """
    grown = dict(schema)
    stored: dict[str, AttributeValue] = {}
    for key, value in attributes.items():
        if value is None:
            continue
        _check_key(item_id, key)
        stored[key] = _checked(item_id, key, value, grown)
    if len(grown) > MAX_ATTRIBUTES:
        raise _refusal(item_id, f"a collection has at most {MAX_ATTRIBUTES} attributes")
    return stored, grown


def merged(stored: Values, patch: Attributes) -> Attributes:
    """The stored values with a patch laid over them; None removes."""
    return {key: value for key, value in {**stored, **patch}.items() if value is not None}


def check_text(item_id: str, what: str, text: str | None) -> None:
    """Refuse what UTF-8 cannot hold, before SQLite does so in the middle of a transaction."""
    if text is not None and not _is_unicode(text):
        raise _refusal(item_id, f"{what} is not valid Unicode")


def check_id(item_id: str) -> None:
    if not 0 < len(item_id) <= MAX_ID_CHARACTERS:
        raise _refusal(item_id[:40], f"an id has 1 to {MAX_ID_CHARACTERS} characters, not {len(item_id)}")
    check_text(ascii(item_id), "its id", item_id)


def type_of(value: object) -> AttributeType | None:
    """The attribute type of a value, None where no type holds it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "keyword"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, GeoPoint):
        return "geo"
    if isinstance(value, tuple | list) and all(isinstance(word, str) for word in value):
        return "keywords"
    return None


def _checked(item_id: str, key: str, value: AttributeValue, schema: dict[str, AttributeType]) -> AttributeValue:
    found = type_of(value)
    if found is None:
        raise _refusal(
            item_id, f"attribute '{key}' is {_shown(value)}: not a keyword, number, boolean, place or keywords"
        )
    declared = schema.setdefault(key, found)
    if found != declared:
        raise _refusal(item_id, f"attribute '{key}' is {_shown(value)}, a {found}; it should be a {declared}")
    _check_limits(item_id, key, value)
    return tuple(value) if isinstance(value, tuple | list) else value


def _check_key(item_id: str, key: str) -> None:
    if not 0 < len(key) <= MAX_KEY_CHARACTERS or not _is_unicode(key):
        raise _refusal(item_id, f"attribute name {_shown(key)} should have 1 to {MAX_KEY_CHARACTERS} characters")


def _check_limits(item_id: str, key: str, value: AttributeValue) -> None:
    if isinstance(value, int | float):
        _check_number(item_id, key, value)
    elif isinstance(value, GeoPoint):
        _check_place(item_id, key, value)
    elif value is not None:
        _check_words(item_id, key, (value,) if isinstance(value, str) else value)


def _check_number(item_id: str, key: str, value: int | float) -> None:
    if isinstance(value, int) and abs(value) > MOST_WHOLE:
        raise _refusal(
            item_id,
            f"attribute '{key}' is {_shown(value)}; whole numbers go to 2^53 (9,007,199,254,740,992): longer ones, "
            "such as serial numbers, are keywords",
        )
    if not math.isfinite(value):
        raise _refusal(item_id, f"attribute '{key}' is {_shown(value)}; a number is finite")


def _check_place(item_id: str, key: str, place: GeoPoint) -> None:
    if not (-90 <= place.lat <= 90 and -180 <= place.lon <= 180):  # NaN is refused too
        raise _refusal(
            item_id, f"attribute '{key}' is {_shown(place)}; lat goes from -90 to 90 degrees, lon from -180 to 180"
        )


def _check_words(item_id: str, key: str, words: tuple[str, ...]) -> None:
    if len(words) > MAX_KEYWORDS:
        raise _refusal(item_id, f"attribute '{key}' has {len(words)} keywords; at most {MAX_KEYWORDS} are kept")
    for word in words:
        if len(word) > MAX_KEYWORD_CHARACTERS or not _is_unicode(word):
            raise _refusal(
                item_id,
                f"attribute '{key}': {_shown(word)} is longer than {MAX_KEYWORD_CHARACTERS} "
                "characters or not valid Unicode",
            )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _shown(value: object) -> str:
    shown = ascii(value) if isinstance(value, str) and not _is_unicode(value) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _refusal(item_id: str, reason: str) -> AttributeValueError:
    return AttributeValueError(f"item '{item_id}': {reason}", item_id)
