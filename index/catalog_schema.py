"""The tables of `catalog.sqlite`: those of format 1, and the numbered steps since then.

`items.sequence` is the change that last touched a row, `items.vector_sequence` the last that touched its
vectors, and `tombstones` keeps the deleted rows. Together they are the change log reduced to the newest entry of
each row: a reader at sequence s reads what is newer than s, in one transaction and however far behind it is, and
the log never outgrows the catalogue. Tombstones are bounded: up to `tombstone_horizon` they are forgotten, and a
reader from before it compares its rows with the table's.

`texts` is a full-text index over `items.text`, which it does not copy: `index.texts` keeps it, in the same
transactions. (Triggers could not: SQLite lets none use a virtual table while the schema is not trusted.)

Rows are never used twice (AUTOINCREMENT), so a row a search found never turns into another item.

A new catalogue is made as format 1 and then takes every step, so that new and migrated ones are the same. A step
is never edited once it was released: what it missed is the next one's.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """From one format to the next: statements that run in one transaction, over rows that may be many."""

    to: int
    why: str
    statements: Sequence[str]


TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE attributes (key TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE items (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        text TEXT,
        attributes TEXT NOT NULL,
        picture_ref TEXT,
        thumbnail TEXT,
        content_hash TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        vector_sequence INTEGER NOT NULL
    )""",
    "CREATE INDEX items_by_sequence ON items (sequence)",
    "CREATE INDEX items_by_vector_sequence ON items (vector_sequence)",
    """CREATE TABLE vectors (
        row INTEGER NOT NULL,
        field TEXT NOT NULL,
        space TEXT NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (row, field, space)
    )""",
    "CREATE TABLE tombstones (row INTEGER PRIMARY KEY, sequence INTEGER NOT NULL)",
    "CREATE INDEX tombstones_by_sequence ON tombstones (sequence)",
)

"""Format 1."""

STEPS = (
    Step(
        2,
        "names the history: a copy that goes on by itself (a restored backup) is another one",
        ("INSERT INTO meta VALUES ('history', lower(hex(randomblob(16))))",),
    ),
    Step(
        3,
        "indexes the words of the items' texts",
        (
            """CREATE VIRTUAL TABLE texts USING fts5 (
                text, content = 'items', content_rowid = 'row', tokenize = 'unicode61 remove_diacritics 2'
            )""",
            "INSERT INTO texts (texts) VALUES ('rebuild')",
        ),
    ),
)

FORMAT_VERSION = STEPS[-1].to
"""In the database's `user_version` (0 for format 1) and, where format 1 looked for it, in `meta`."""
