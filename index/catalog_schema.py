"""The tables of `catalog.sqlite`, and the version of their format.

`items.sequence` is the change that last touched a row, `items.vector_sequence` the last that touched its
vectors, and `tombstones` keeps the deleted rows. Together they are the change log reduced to the newest entry of
each row: a reader at sequence s reads what is newer than s, in one transaction and however far behind it is, and
the log never outgrows the catalogue. Tombstones are bounded: up to `tombstone_horizon` they are forgotten, and a
reader from before it compares its rows with the table's.

Rows are never used twice (AUTOINCREMENT), so a row a search found never turns into another item.
"""

FORMAT_VERSION = 1

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
