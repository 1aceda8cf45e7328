"""A small collection with one of everything: what `formats/` keeps of each format, and what it must answer.

`python -m tests.integration.index.made_collection FILE.tar.gz`, run with the code of a format's last commit, makes
the file that the migration tests open ever after: sealed and fresh rows, deleted and changed ones, both fields,
pictures, thumbnails, attributes of every type.
"""

import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from index.sealed.builder import SealOrder, seal
from index.store import LocalStore
from index.types import CollectionSpec, ItemWrite, Vectors

DIMENSION, SEALED, ALL = 16, 300, 330
SPEC = CollectionSpec(
    "made", "tiny", "tiny/1", DIMENSION, attributes={"brand": "keyword", "tags": "keywords", "price": "number"}
)


def made_vectors(count: int, seed: int) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)


def made_items(numbers: range) -> list[ItemWrite]:
    vectors = made_vectors(ALL, 1)
    return [
        ItemWrite(
            f"i{n}",
            f"content {n}",
            text=f"a {('red', 'blue', 'green')[n % 3]} shoe of size {n}" if n % 4 else None,
            attributes={"brand": f"b{n % 5}", "tags": (f"t{n % 3}", "all"), "price": n / 2, "is_new": n % 2 == 0},
            picture=b"picture %d" % n if n % 50 == 0 else None,
            thumbnail=b"thumbnail %d" % n if n % 50 == 0 else None,
            vectors={"image": vectors[n], "product": -vectors[n]} if n % 3 else {"product": -vectors[n]},
        )
        for n in numbers
    ]


def fill(store: LocalStore, folder: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert(made_items(range(SEALED)))
    collection.delete([f"i{n}" for n in range(20, 30)])
    assert seal(folder / SPEC.name, SealOrder(least=200), lambda doing, share: None) is not None
    collection.upsert(made_items(range(SEALED, ALL)))
    collection.delete([f"i{n}" for n in range(40, 45)])
    collection.patch("i7", {"brand": "changed"})


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        store = LocalStore(Path(made))
        fill(store, Path(made))
        store.close()
        with tarfile.open(target, "w:gz") as archive:
            archive.add(Path(made) / SPEC.name, SPEC.name, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without whose file it was, and when."""
    return member.replace(uid=0, gid=0, uname="", gname="", mtime=0, deep=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
