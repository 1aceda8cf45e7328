"""The whole corpus. About five seconds to make, so tests that share a session share one."""

from functools import cache

from tests.poison import gifs, impostors, jpegs, others, pngs, tiffs
from tests.poison.case import Case, Fate

_SOURCES = (impostors, jpegs, pngs, tiffs, gifs, others)


@cache
def made() -> tuple[Case, ...]:
    """Every file that code can make, in a fixed order; names are unique."""
    return tuple(case for source in _SOURCES for case in source.cases())


def of_fate(*fates: Fate) -> list[Case]:
    return [case for case in made() if case.fate in fates]
