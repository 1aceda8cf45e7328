"""Cells of a table to the values of an item. Pure; knows no file format."""

import datetime
import decimal
import math
from collections.abc import Iterable, Mapping

from index.attribute_values import MOST_WHOLE
from index.types import AttributeValue, GeoPoint
from service.jobs.index_job.record import RecordError


def to_id(cell: object) -> str:
    """Raises RecordError where there is none."""
    if isinstance(cell, str | int) and not isinstance(cell, bool) and str(cell).strip():
        return _unicode("id", str(cell).strip())
    raise RecordError("id_missing", "the row has no id: fill the id column, or name another one with --id")


def to_text(cells: Iterable[object]) -> str | None:
    """The texts of several columns as one, None where all are empty."""
    parts = [str(cell).strip() for cell in cells if cell is not None]
    return _unicode("text", ". ".join(part for part in parts if part)) or None


def to_attribute(name: str, cell: object) -> AttributeValue:
    """A keyword, a number, a boolean, several keywords or a place; None where the cell is empty.

    Dates become ISO 8601 keywords, decimals numbers, objects of `lat` and `lon` places. Raises RecordError else.
    """
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, str):
        return _unicode(name, cell)
    if isinstance(cell, int) and abs(cell) > MOST_WHOLE:
        raise RecordError(
            "attribute_value_invalid",
            f"column {name!r} holds a whole number beyond 2^53: write serial numbers as texts",
        )
    if isinstance(cell, bool | int | float | GeoPoint):
        return cell
    if isinstance(cell, Mapping) and cell.keys() == {"lat", "lon"}:
        return _place(name, cell["lat"], cell["lon"])
    return _named(name, cell)


def _named(name: str, cell: object) -> AttributeValue:
    """What is told by its type alone."""
    if isinstance(cell, decimal.Decimal):
        return float(cell)
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, list | tuple) and all(type(word) in (str, int) for word in cell):
        return tuple(_unicode(name, str(word)) for word in cell)
    raise RecordError(
        "attribute_value_invalid",
        f"column {name!r} holds {type(cell).__name__}, which is no keyword, number, boolean, place or list "
        "of keywords: leave it out by naming the others with --attributes",
    )


def _place(name: str, *degrees: object) -> GeoPoint | None:
    if all(value is None for value in degrees):
        return None
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in degrees):
        raise RecordError("attribute_value_invalid", f"column {name!r} holds a place whose lat and lon are no numbers")
    lat, lon = (float(value) for value in degrees if isinstance(value, int | float))
    return GeoPoint(lat, lon)


def to_reference(cell: str | None) -> str | None:
    """A reference of a picture, kept as it is. Raises RecordError where it is not UTF-8."""
    return None if cell is None else _unicode("image", cell)


def _unicode(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise RecordError("text_not_utf8", f"column {name!r} is not valid UTF-8: save the file as UTF-8") from exc
    return text
