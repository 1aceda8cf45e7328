"""The attributes of a collection in memory: one column for each. Owns which columns there are.

Derived from the catalogue, never the truth. The collection's lock guards it, but for `facet`, which needs none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyroaring import BitMap

from index.attribute_columns import AnyColumn, new_column
from index.attribute_values import Schema, Values
from index.layered_columns import LayeredNumbers, LayeredPlaces, LayeredPostings
from index.sealed.sealed_columns import SealedColumn, SealedNumbers, SealedPlaces, SealedPostings
from index.types import AttributeValue, Facet


class AttributeIndex:
    """Columns by attribute name."""

    def __init__(self) -> None:
        self._columns: dict[str, AnyColumn] = {}
        self._stale: BitMap | None = None  # of sealed columns: the rows whose values there no longer count

    @property
    def columns(self) -> Mapping[str, AnyColumn]:
        return self._columns

    @property
    def schema(self) -> Schema:
        return {key: column.type for key, column in self._columns.items()}

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self._columns.values())

    def declare(self, schema: Schema) -> None:
        """Add the columns that are new. A type never changes once it is declared."""
        for key, type_ in schema.items():
            if key not in self._columns:
                self._columns[key] = new_column(type_)

    def declare_sealed(self, schema: Schema, sealed: Mapping[str, SealedColumn]) -> None:
        """Columns over sealed ones; comes first."""
        stale = self._stale = BitMap()
        for key, column in sealed.items():
            match column:
                case SealedNumbers():
                    self._columns[key] = LayeredNumbers(column, stale)
                case SealedPlaces():
                    self._columns[key] = LayeredPlaces(column, stale)
                case SealedPostings():
                    self._columns[key] = LayeredPostings(schema[key], column, stale)

    def clear(self, rows: Iterable[int]) -> None:
        for row in rows:
            if self._stale is not None:
                self._stale.add(row)
            for column in self._columns.values():
                column.clear(row)

    def put(self, items: Iterable[tuple[int, Values]]) -> None:
        """Store the values of distinct rows that have none. Those of a column come at once: several times as fast."""
        by_key: defaultdict[str, tuple[list[int], list[AttributeValue]]] = defaultdict(lambda: ([], []))
        for row, held in items:
            for key, value in held.items():
                rows, values = by_key[key]
                rows.append(row)
                values.append(value)
        for key, (rows, values) in by_key.items():
            self._columns[key].put(rows, values)

    def facet(self, key: str, among: BitMap, limit: int) -> Facet:
        return self._columns[key].facet(key, among, limit)
