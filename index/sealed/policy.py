"""When the vectors of a field are sealed: by size, by age, and by how many of the sealed ones are dead. Pure functions.

A seal costs a process for a while, so what hardly anybody would notice waits: a scan of few fresh rows is cheap,
and so are few dead ones.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from index.index_info import CodecKind

FEWEST = 1_000
"""However small the memory: lists of fewer vectors find nothing faster."""
UNSEAL = 4
"""A sealed field that shrank to this fraction of what is sealed at first becomes exact again."""
BYTES_A_DIMENSION = 5
"""Of a vector that is searched exactly: a float and a byte."""

HELD = 4
"""So many times the memory that starts a seal, fresh vectors may take: then writes wait for the seal."""

Reason: TypeAlias = Literal["size", "memory", "age", "dead"]


@dataclass(frozen=True)
class FieldStanding:
    """One vector field as it stands."""

    dimension: int
    codec: CodecKind | None
    """None: it stays exact."""
    fresh: int
    """Live vectors that are searched exactly."""
    sealed: int
    """Live vectors in sealed segments."""
    fresh_age_s: float = 0.0
    """Of the oldest fresh vector, as far as this process saw it come."""
    wasted: int = 0
    """Dead vectors of segments that are to be rewritten without them (`Standing.is_wasteful`)."""


@dataclass(frozen=True)
class SealPolicy:
    """When vectors are sealed."""

    least: int = 50_000
    """A field with fewer vectors stays exact: a scan of so many takes some milliseconds."""
    fresh_least: int = 10_000
    """So many fresh vectors start a seal: comparing them costs a search about as much as a segment more does."""
    fresh_share: float = 0.01
    """But so many of the sealed ones at least: every seal reads the numbers of all rows, and writes all items."""
    memory_bytes: int = 500_000_000
    """What the fresh vectors of a field may take of the memory before they are sealed."""
    age_s: float = 3600.0
    """Fresh vectors of this age start a seal, unless they are too few to matter."""
    minor_share: float = 0.001
    """Too few: of the sealed ones."""
    wait_s: float = 60.0
    """So long a write waits for room in memory before it is refused."""
    retry_s: float = 60.0
    """So long no builder is started after one that failed, or that left things as they were."""

    def least_of(self, dimension: int) -> int:
        """From so many vectors on a field is sealed."""
        return max(min(self.least, self.memory_bytes // (BYTES_A_DIMENSION * dimension)), min(FEWEST, self.least))

    def most_held(self, dimension: int) -> int:
        """So many fresh vectors fit into the memory that they may take."""
        return HELD * self.memory_bytes // (BYTES_A_DIMENSION * dimension)

    def reason(self, standing: FieldStanding) -> Reason | None:
        """Why the field is to be sealed now; None where it is not."""
        least = self.least_of(standing.dimension)
        total = standing.fresh + standing.sealed
        if standing.codec is None:
            return None
        if standing.wasted > self.minor_share * standing.sealed:  # where few are left alive, the field becomes exact
            return "dead"
        return self._reason_of_fresh(standing, least) if standing.fresh and total >= least else None

    def is_full(self, standing: FieldStanding) -> bool:
        """More vectors must not come before some are sealed."""
        return self.reason(standing) is not None and standing.fresh > self.most_held(standing.dimension)

    def _reason_of_fresh(self, standing: FieldStanding, least: int) -> Reason | None:
        if standing.fresh >= max(min(self.fresh_least, least), self.fresh_share * standing.sealed):
            return "size"
        if _bytes_of_fresh(standing) > self.memory_bytes:
            return "memory"
        is_old = standing.fresh_age_s >= self.age_s and standing.fresh > self.minor_share * standing.sealed
        return "age" if standing.sealed and is_old else None


def _bytes_of_fresh(standing: FieldStanding) -> int:
    return standing.fresh * standing.dimension * BYTES_A_DIMENSION


DEFAULT_POLICY = SealPolicy()
