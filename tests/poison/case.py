"""One picture file of the corpus, and what the service owes it."""

from dataclasses import dataclass
from enum import Enum

UNREADABLE, TOO_LARGE = "picture_unreadable", "picture_too_large"


class Fate(Enum):
    """What must come of a file."""

    REFUSED = "refused"
    """A problem of the 4xx family, with one of the case's codes."""
    ANSWERED = "answered"
    """Odd but valid: a finite vector of unit length."""
    EITHER = "either"
    """Damage that a decoder may notice or not: one of the two above, and nothing else."""


@dataclass(frozen=True)
class Case:
    """`codes`: the problem codes that fit, where the file is refused."""

    name: str
    data: bytes
    fate: Fate = Fate.REFUSED
    codes: frozenset[str] = frozenset({UNREADABLE})


def bad(name: str, data: bytes) -> Case:
    """Not a readable picture."""
    return Case(name, data)


def huge(name: str, data: bytes) -> Case:
    """Announces more than the limits allow; where nothing readable stands behind the header, that may be said too."""
    return Case(name, data, codes=frozenset({TOO_LARGE, UNREADABLE}))


def valid(name: str, data: bytes) -> Case:
    """Odd, and to be answered."""
    return Case(name, data, Fate.ANSWERED)


def either(name: str, data: bytes) -> Case:
    """Damaged where a decoder need not look."""
    return Case(name, data, Fate.EITHER, frozenset({UNREADABLE, TOO_LARGE}))
