"""WordNet 3.0 nouns: names, glosses and what is a kind of what. Owns the reading of `data.noun`.

Format: wndb(5). ImageNet names its classes by the offsets of this very file (`n01440764`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Synset:
    """One meaning: its names, its gloss, and the wider meanings right above it."""

    key: str
    """`n` and eight digits."""
    names: tuple[str, ...]
    gloss: str
    wider: tuple[str, ...]


def read_nouns(path: Path) -> dict[str, Synset]:
    """All noun synsets of `data.noun`, by key."""
    with path.open(encoding="utf-8") as lines:
        synsets = (_parse(line) for line in lines if not line.startswith("  "))
        return {synset.key: synset for synset in synsets}


def above(key: str, nouns: Mapping[str, Synset]) -> set[str]:
    """Every wider meaning of `key`, itself included."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(nouns[current].wider)
    return found


def _parse(line: str) -> Synset:
    fields, _, gloss = line.partition("|")
    words = fields.split()
    count = int(words[3], 16)
    names = tuple(words[4 + 2 * row].replace("_", " ") for row in range(count))
    return Synset("n" + words[0], names, _definition(gloss), tuple(_hypernyms(words[4 + 2 * count :])))


def _definition(gloss: str) -> str:
    """The gloss without its example sentences."""
    return gloss.split('; "', maxsplit=1)[0].strip()


def _hypernyms(pointers: list[str]) -> Iterator[str]:
    for row in range(int(pointers[0])):
        symbol, offset, part_of_speech, _ = pointers[1 + 4 * row : 5 + 4 * row]
        if symbol in ("@", "@i") and part_of_speech == "n":
            yield "n" + offset
