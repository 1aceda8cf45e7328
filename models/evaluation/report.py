"""What an evaluation found, as values: sections of rows, and floors that must hold. Renders, measures nothing."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.console import Group
from rich.table import Table

Cell = float | int | None
"""A figure: counts are int, percentages float, `None` where the row has no such figure."""


@dataclass(frozen=True)
class Section:
    """One table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    def cell(self, row: str, column: str) -> float:
        """The figure at (row, column); KeyError where there is none."""
        value = dict(self.rows)[row][self.columns.index(column)]
        if value is None:
            raise KeyError((row, column))
        return float(value)


@dataclass(frozen=True)
class Floor:
    """A figure that must not fall below a bound."""

    name: str
    figure: float
    at_least: float

    @property
    def is_held(self) -> bool:
        return self.figure >= self.at_least


@dataclass(frozen=True)
class Report:
    """All sections and floors of one bundle."""

    bundle: str
    fingerprint: str
    sections: tuple[Section, ...]
    floors: tuple[Floor, ...]

    @property
    def is_passed(self) -> bool:
        return all(floor.is_held for floor in self.floors)

    def to_json(self) -> str:
        document = asdict(self) | {"passed": self.is_passed}
        return json.dumps(document, indent=1) + "\n"

    def to_markdown(self) -> str:
        parts = [_markdown(section.title, section.columns, section.rows) for section in self._tables()]
        return "\n".join(parts)

    def __rich__(self) -> Group:
        return Group(*[_table(section) for section in self._tables()])

    def _tables(self) -> Iterable[Section]:
        yield from self.sections
        rows = tuple((floor.name, (floor.figure, floor.at_least, int(floor.is_held))) for floor in self.floors)
        yield Section("Floors", ("figure", "floor", "held"), rows)


def _markdown(title: str, columns: tuple[str, ...], rows: tuple[tuple[str, tuple[Cell, ...]], ...]) -> str:
    lines = [f"### {title}", "", "| | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    lines += [f"| {name} | " + " | ".join(map(_text, cells)) + " |" for name, cells in rows]
    return "\n".join([*lines, ""])


def _table(section: Section) -> Table:
    table = Table(title=section.title, title_justify="left")
    table.add_column("")
    for column in section.columns:
        table.add_column(column, justify="right")
    for name, cells in section.rows:
        table.add_row(name, *map(_text, cells))
    return table


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    return str(cell) if isinstance(cell, int) else f"{cell:.1f}"
