"""What runs of each model and tower really take: seeded by the engines, corrected by every run.

The load of the machine (other workers, decoding, the gateway) moves all sizes of a curve together, so that a size
that is never run does not look cheap beside the one that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.batching import CostCurve, backlog_ms, rows_of_run
from service.queue.port import Group, Lane

_LOAD_WEIGHT = 0.2
_SHAPE_WEIGHT = 0.05
_OUTLIER = 4.0
"""One run counts as at most so many times the expected: a machine that slept for a minute is not slow for good."""


class Costs:
    """The curves of all groups. Not thread-safe: its owner has a lock."""

    def __init__(self, limit_ms: Mapping[Lane, float], seeds: Mapping[Group, CostCurve] | None = None) -> None:
        """`limit_ms`: how long one run of a lane may take."""
        self._limit_ms = limit_ms
        self._learned = {group: _Learned(seed) for group, seed in (seeds or {}).items()}
        self._rows: dict[tuple[Group, Lane], int] = {}

    def curve(self, group: Group) -> CostCurve:
        """Runs of one row that cost nothing, for a group of which nothing is known."""
        learned = self._learned.get(group)
        return CostCurve() if learned is None else learned.curve

    def backlog_ms(self, group: Group, lane: Lane, waiting: int) -> float:
        """What one worker takes for so many."""
        return backlog_ms(self.curve(group), waiting, self._rows_of_many(group, lane))

    def share_ms(self, group: Group, lane: Lane) -> float:
        """What one input of many takes of one worker."""
        rows = self._rows_of_many(group, lane)
        return self.curve(group).run_ms(rows) / rows

    def learn(self, group: Group, rows: int, ms: float) -> None:
        """One run of `rows` inputs took `ms` of wall time."""
        for lane in self._limit_ms:
            self._rows.pop((group, lane), None)
        if group not in self._learned:
            self._learned[group] = _Learned(CostCurve((1,), (ms / rows,)))
            return
        self._learned[group].learn(rows, ms)

    def _rows_of_many(self, group: Group, lane: Lane) -> int:
        """How a long queue is cut into runs; kept until the next run, since every request asks."""
        rows = self._rows.get((group, lane))
        if rows is None:
            curve = self.curve(group)
            rows = self._rows[group, lane] = rows_of_run(curve, curve.largest, self._limit_ms[lane])
        return rows


@dataclass
class _Learned:
    seed: CostCurve
    load: float = 1.0
    shape: dict[int, float] = field(default_factory=dict)
    """By size: measured against the seed under the load of its moment; compared only where two were measured."""
    curve: CostCurve = CostCurve()

    def __post_init__(self) -> None:
        self.curve = self.seed

    def learn(self, rows: int, ms: float) -> None:
        size = self.seed.size_of(rows)
        expected = max(self.curve.run_ms(rows), 1e-6)
        ratio = min(_OUTLIER, max(1 / _OUTLIER, ms / expected))
        self.load *= 1 + _LOAD_WEIGHT * (ratio - 1)
        before = self.shape.get(size, 1.0)
        residual = ms / max(self.seed.run_ms(rows) * self.load, 1e-6)
        self.shape[size] = before + _SHAPE_WEIGHT * (min(_OUTLIER, residual) - before)
        self.curve = CostCurve(self.seed.sizes, tuple(self._ms(one) for one in self.seed.sizes))

    def _ms(self, size: int) -> float:
        mean = sum(self.shape.values()) / len(self.shape)
        return self.seed.run_ms(size) * self.load * self.shape.get(size, mean) / mean
