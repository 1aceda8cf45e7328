"""Which concepts are held out of all training: decided before anything is trained, by a salted hash.

A concept is the head noun of an English name. 20 % of the nouns are held out; an item of any training
source that mentions one, in its name or in any keyword, is dropped. The list is committed beside this
file (`split.json`), so that training, evaluation and tests read the same one. The ImageNet classes
stay: they are the vocabulary that the classifier was born with.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

SALT = "lookalike-starter-1"
SHARE = 0.2
SPLIT_FILE = Path(__file__).parent / "split.json"

_WORD = re.compile(r"[a-z]+")
_STOP = re.compile(r"[:,(;]| (?:of|with|in|on|at|and|or|for|from|to|by|without|under|over|behind|holding|wearing) ")
_IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "people": "person", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose", "leaves": "leaf", "knives": "knife", "wolves": "wolf", "loaves": "loaf",
    "scarves": "scarf", "shelves": "shelf", "calves": "calf", "oxen": "ox", "dice": "die",
}  # fmt: skip
_PLURALS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("zes", "ze"), ("oes", "o"))


def singular(word: str) -> str:
    """A lower-case English noun in the singular, by rule; the same rule everywhere, right or wrong."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4:
        for ending, replacement in _PLURALS:
            if word.endswith(ending):
                return word.removesuffix(ending) + replacement
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def words(text: str) -> list[str]:
    """The words of a text, lower case and singular."""
    return [singular(word) for word in _WORD.findall(text.lower())]


def head_noun(name: str) -> str | None:
    """The last word before the first preposition or punctuation: what the name is a name of."""
    found = words(_STOP.split(name.lower().strip(), maxsplit=1)[0])
    return found[-1] if found else None


def is_drawn(noun: str) -> bool:
    """Does the hash hold this noun out?"""
    digest = hashlib.sha256(f"{SALT}:{noun}".encode()).digest()
    return int.from_bytes(digest[:8]) < SHARE * 2**64


def draw(names: Iterable[str]) -> frozenset[str]:
    """The held-out nouns among the head nouns of `names`."""
    heads = {head for name in names if (head := head_noun(name))}
    return frozenset(noun for noun in heads if len(noun) > 2 and is_drawn(noun))


def mentions(texts: Iterable[str], held_out: frozenset[str]) -> bool:
    """Does any of the texts name a held-out noun anywhere?"""
    return any(word in held_out for text in texts for word in words(text))


def is_unseen(name: str, held_out: frozenset[str]) -> bool:
    """Is the item called `name` about a held-out concept?"""
    return head_noun(name) in held_out


def read_split(path: Path = SPLIT_FILE) -> frozenset[str]:
    """The committed list of held-out nouns."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return frozenset(document["held_out"])


def write_split(held_out: frozenset[str], path: Path = SPLIT_FILE) -> None:
    """Write the list with the salt and the share that drew it."""
    document = {"salt": SALT, "share": SHARE, "held_out": sorted(held_out)}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
