"""Words in texts, as plain as can be: the oracle for the full-text index, and the fake's.

Words are cut as SQLite's tokenizer `unicode61 remove_diacritics 2` cuts them, for the letters that tests use.
"""

import math
import re
import unicodedata
from collections.abc import Mapping

K1, B = 1.2, 0.75
LEAST_IDF = 1e-6


def tokens(text: str | None) -> list[str]:
    plain = unicodedata.normalize("NFD", text or "").lower()
    return re.findall(r"[^\W_]+", "".join(one for one in plain if not unicodedata.combining(one)))


def holds(text: str | None, words: str) -> bool:
    """All of the words; one that is cut in several must stand in the text as it is, piece after piece."""
    held = tokens(text)
    phrases = [phrase for phrase in map(tokens, words.replace("\0", " ").split()) if phrase]
    return all(_occurrences(phrase, held) for phrase in phrases)


def bm25(texts: Mapping[int, str | None], words: str) -> dict[int, float]:
    """The score of each text that holds any of the words, as FTS5 computes it."""
    held = {row: tokens(text) for row, text in texts.items()}
    mean = sum(map(len, held.values())) / max(1, len(held))
    scores: dict[int, float] = {}
    for phrase in {tuple(tokens(word)) for word in words.split()} - {()}:
        counts = {row: _occurrences(list(phrase), found) for row, found in held.items()}
        having = sum(count > 0 for count in counts.values())
        idf = max(LEAST_IDF, math.log((len(held) - having + 0.5) / (having + 0.5)))
        for row, count in counts.items():
            if count:
                length = len(held[row]) / mean
                scores[row] = scores.get(row, 0.0) + idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length))
    return scores


def _occurrences(phrase: list[str], held: list[str]) -> int:
    return sum(held[n : n + len(phrase)] == phrase for n in range(len(held)))
