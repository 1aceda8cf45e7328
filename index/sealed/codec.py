"""Which compressed index holds a sealed segment: kinds, sizes, and the FAISS description of each. Pure functions.

Every kind is an inverted file (IVF): the vectors are grouped around `lists` centroids, and a search scans the few
nearest groups. What differs is how a vector is coded inside its list. All are rescored with the stored vectors,
so the code only has to bring the right rows among the candidates.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from index.index_info import CodecChoice, CodecKind

BEST: Sequence[CodecKind] = ("ivf-pq-fastscan", "ivf-rabitq")
"""`auto` takes the first that fits. Of a million vectors fast-scan PQ is searched as fast as RaBitQ at a recall of 0.95
and half as fast again at 0.998, in less memory (`benchmarks/index/curves.py`); RaBitQ takes more dimensions. Both
train in seconds, where OPQ takes minutes."""
FAST_SCAN: Collection[CodecKind] = ("ivf-pq-fastscan", "ivf-rabitq")
"""Their codes are scanned in blocks, from registers; FAISS copies such lists into memory."""
KIND_OF: Mapping[str, CodecKind] = {
    "IndexIVFPQ": "ivf-pq",
    "IndexIVFPQFastScan": "ivf-pq-fastscan",
    "IndexIVFRaBitQFastScan": "ivf-rabitq",
}
"""FAISS's class of an inverted file to the codec."""
MIN_LISTS, MAX_LISTS = 16, 65_536
CENTROIDS_A_CODE: dict[CodecKind, int] = {"ivf-pq": 256, "ivf-pq-fastscan": 16, "ivf-rabitq": 1}
POINTS_A_LIST = 40
"""Training vectors a centroid: k-means gains nothing from more (FAISS warns below 39)."""
DIMENSIONS_A_CODE: dict[CodecKind, int] = {"ivf-pq": 8, "ivf-pq-fastscan": 4, "ivf-rabitq": 1}


@dataclass(frozen=True)
class CodecSpec:
    """A codec of one vector field."""

    kind: CodecKind
    dimension: int
    lists: int

    @property
    def factory(self) -> str:
        """The string for `faiss.index_factory`, with inner product as metric."""
        codes = self.dimension // DIMENSIONS_A_CODE[self.kind]
        match self.kind:
            case "ivf-pq":
                return f"OPQ{codes},IVF{self.lists},PQ{codes}"
            case "ivf-pq-fastscan":
                return f"RR{self.dimension},IVF{self.lists},PQ{codes}x4fs"
            case "ivf-rabitq":
                return f"RR{self.dimension},IVF{self.lists},RaBitQfs"

    @property
    def sample_size(self) -> int:
        """How many vectors it is trained on."""
        return POINTS_A_LIST * self.lists

    @property
    def fewest(self) -> int:
        """k-means wants a vector for each centroid at least."""
        return max(self.lists, CENTROIDS_A_CODE[self.kind])


def lists_for(count: int) -> int:
    """A power of two near 4 times the root of the number of vectors, as FAISS recommends."""
    lists = MIN_LISTS
    while lists < MAX_LISTS and lists * lists < 8 * count:
        lists *= 2
    return lists


def fits(kind: CodecKind, dimension: int) -> bool:
    """Whether vectors of this dimension can be coded so: codes need whole groups of dimensions, and whole bytes."""
    return dimension % (8 * DIMENSIONS_A_CODE[kind]) == 0 if kind != "ivf-pq" else dimension % 8 == 0


def chosen(choice: CodecChoice, dimension: int) -> CodecKind | None:
    """The codec of a field that has grown large enough to be sealed; None where it stays exact."""
    if choice == "exact":
        return None
    kinds = BEST if choice == "auto" else (choice,)
    return next((kind for kind in kinds if fits(kind, dimension)), None)
