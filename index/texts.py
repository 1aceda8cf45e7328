"""Finding items by the words of their texts: SQLite's FTS5 over `items.text`. Owns the table `texts`.

It is kept in the transaction of each write, by `catalog_writer`. What a user writes is never read as FTS5's query
language: each word goes in as a quoted phrase, in which only quotes mean anything.
"""

import sqlite3
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, from_rows, to_rows
from index.catalog_connection import LISTED, listed
from index.errors import FilterError
from index.segment import best

MAX_WORDS = 64
"""Different words in one condition; of the words to rank by, so many of the first count."""
MATCHES_A_CHUNK = 65_536
MOST_KEPT, FEW = 1_000_000, 50_000
"""So many matches (12 bytes each) of the last texts are kept for the next search; a text counts for FEW at least."""
LETTERS = ("L", "N", "Co")
"""Unicode categories of which the tokenizer makes words; everything else parts them."""


@dataclass(frozen=True)
class TextHits:
    """Rows whose texts hold some of the words, and how well they fit; in no order."""

    rows: Rows  # int64 [n]
    scores: NDArray[np.float32]
    """BM25, above 0, float32 [n]."""

    def among(self, allowed: BitMap | None) -> "TextHits":
        """Those that are allowed; all of them, where None."""
        if allowed is None or not len(self.rows):
            return self
        kept = np.isin(self.rows, to_rows(allowed))
        return TextHits(self.rows[kept], self.scores[kept])

    def of(self, rows: Rows) -> dict[int, float]:
        """The scores of those of `rows` that are among these."""
        wanted = np.isin(self.rows, rows)
        return dict(zip(self.rows[wanted].tolist(), self.scores[wanted].tolist(), strict=True))

    def best(self, limit: int) -> BitMap:
        """The `limit` rows that fit best, ties by row."""
        return from_rows(best(self.rows, self.scores, limit).rows)


class RankedTexts:
    """`rows_ranked`, with the last answers kept: one search asks several times for the same (groups, pages).

    Safe to call from several threads.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str], TextHits] = OrderedDict()
        self._changed = threading.Lock()

    def of(self, connection: sqlite3.Connection, sequence: int, text: str) -> TextHits:
        """`connection` reads what the catalogue held at `sequence`."""
        key = sequence, text
        with self._changed:
            hits = self._kept.get(key)
        if hits is None:
            hits = rows_ranked(connection, text)
        with self._changed:
            self._kept[key] = hits
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(max(len(one.rows), FEW) for one in self._kept.values()) > MOST_KEPT:
                self._kept.popitem(last=False)
        return hits


def index_texts(connection: sqlite3.Connection, rows: Sequence[int]) -> None:
    """After the rows were written."""
    query = f"INSERT INTO texts (rowid, text) SELECT row, text FROM items WHERE row IN ({LISTED})"
    connection.execute(query, (listed(rows),))


def forget_texts(connection: sqlite3.Connection, rows: Sequence[int]) -> None:
    """Before the rows are changed or deleted: FTS5 wants to be told the texts that it has indexed."""
    query = f"""INSERT INTO texts (texts, rowid, text) SELECT 'delete', row, text FROM items
                WHERE row IN ({LISTED})"""
    connection.execute(query, (listed(rows),))


def rows_holding(connection: sqlite3.Connection, text: str) -> BitMap:
    """The rows whose texts hold all the words. Raises FilterError: no word, or too many."""
    words = words_of(text)
    if not words:
        raise FilterError("match_text holds no word: letters or digits are what is looked for")
    if len(words) > MAX_WORDS:
        raise FilterError(f"match_text holds {len(words)} different words; at most {MAX_WORDS} are looked for")
    found = connection.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (" ".join(map(quoted, words)),))
    return BitMap(row for (row,) in found)


def rows_ranked(connection: sqlite3.Connection, text: str) -> TextHits:
    """The rows whose texts hold any of the words, with BM25 as FTS5 computes it (k1 = 1.2, b = 0.75), made positive."""
    words = words_of(text)[:MAX_WORDS]
    rows, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    if words:
        query = "SELECT rowid, -bm25(texts) FROM texts WHERE texts MATCH ?"
        found = connection.execute(query, (" OR ".join(map(quoted, words)),))
        while part := found.fetchmany(MATCHES_A_CHUNK):
            rows.append(np.array([row for row, _ in part], np.int64))
            scores.append(np.array([score for _, score in part], np.float32))
    return TextHits(np.concatenate(rows), np.concatenate(scores))


def words_of(text: str) -> list[str]:
    """What stands between blanks, once each and in its order, where there is a letter or a digit in it."""
    valid = text.encode(errors="ignore").decode().replace("\0", " ")
    return [word for word in dict.fromkeys(valid.split()) if any(map(_is_letter, word))]


def quoted(word: str) -> str:
    """A phrase of FTS5: a word with a hyphen in it becomes two words that follow each other."""
    doubled = word.replace('"', '""')
    return f'"{doubled}"'


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith(LETTERS)
