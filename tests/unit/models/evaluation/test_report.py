"""The report renders what was measured and knows whether its floors hold."""

import json
from io import StringIO

import pytest
from rich.console import Console

from models.evaluation import Floor, Report, Section

SECTION = Section("Words", ("queries", "R@1"), (("English", (701, 25.54)), ("Klingon", (3, None))))


def report(figure: float) -> Report:
    return Report("starter 1", "abc", (SECTION,), (Floor("R@1", figure, 18.0),))


def test_floors_decide() -> None:
    assert report(18.0).is_passed
    assert not report(17.9).is_passed


def test_cell_by_names() -> None:
    assert SECTION.cell("English", "R@1") == 25.54
    with pytest.raises(KeyError):
        SECTION.cell("Klingon", "R@1")


def test_markdown_shows_counts_whole_and_gaps_as_dashes() -> None:
    text = report(20).to_markdown()
    assert "| English | 701 | 25.5 |" in text
    assert "| Klingon | 3 | – |" in text


def test_json_and_table() -> None:
    assert json.loads(report(20).to_json())["passed"] is True
    console = Console(file=StringIO(), width=100)
    console.print(report(20))
    assert "Klingon" in console.file.getvalue()  # type: ignore[attr-defined]
