"""How many waiting inputs make the next run of an encoder, and what a backlog costs. Pure functions of numbers.

Knows no queue, no model and no clock. All times are milliseconds.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

GOOD_ENOUGH = 0.97
"""A smaller run is taken when it reaches this share of the best throughput: its inputs wait less, and what is only
a little faster in a measurement may be slower in service."""


@dataclass(frozen=True)
class CostCurve:
    """What one run takes: `ms[n]` for `sizes[n]` rows. Runs are padded to the next of these sizes (ascending)."""

    sizes: tuple[int, ...] = (1,)
    ms: tuple[float, ...] = (0.0,)

    @classmethod
    def of(cls, ms_by_rows: Mapping[int, float]) -> "CostCurve":
        """As an engine measured it (`EngineChoice`); at least one size."""
        sizes = tuple(sorted(ms_by_rows))
        return cls(sizes, tuple(float(ms_by_rows[size]) for size in sizes))

    @property
    def largest(self) -> int:
        return self.sizes[-1]

    def size_of(self, rows: int) -> int:
        """The size to which a run of so many rows is padded; the largest for more than fit."""
        return self.sizes[min(bisect_left(self.sizes, rows), len(self.sizes) - 1)]

    def run_ms(self, rows: int) -> float:
        """One run of so many rows, padded; rows beyond the largest size do not count."""
        return self.ms[min(bisect_left(self.sizes, rows), len(self.sizes) - 1)]

    def cut_at(self, ms: float) -> "CostCurve":
        """Without the sizes that take longer than `ms`; the smallest size always stays."""
        kept = [n for n, one in enumerate(self.ms) if n == 0 or one <= ms]
        return CostCurve(tuple(self.sizes[n] for n in kept), tuple(self.ms[n] for n in kept))


@dataclass(frozen=True)
class RunLimits:
    """How long one run may take where the engine has a choice of sizes; one row may always take what it takes."""

    interactive_ms: float = 250.0
    """Where more waits than is done in this time, a run may take as long as the queue takes: whoever arrives then
    waits for all of it, and the faster it shrinks the better."""
    bulk_ms: float = 100.0
    """Shorter: an interactive input waits for the rest of a run of bulk work, whatever the throughput."""


def rows_of_run(curve: CostCurve, waiting: int, budget_ms: float) -> int:
    """How many of `waiting` inputs (at least 1) the next run takes.

    The smallest run whose throughput is GOOD_ENOUGH beside the best one that ends within `budget_ms`: batches of
    one where a batch brings nothing (CPUs), large ones where it does (GPUs).
    """
    fitting = curve.cut_at(budget_ms)
    rows = [min(size, waiting) for size in fitting.sizes]
    rates = [count / max(ms, 1e-9) for count, ms in zip(rows, fitting.ms, strict=True)]
    enough = GOOD_ENOUGH * max(rates)
    return next(count for count, rate in zip(rows, rates, strict=True) if rate >= enough)


def backlog_ms(curve: CostCurve, waiting: int, rows: int) -> float:
    """What one worker takes for `waiting` inputs in runs of `rows` and one of the rest."""
    full, rest = divmod(waiting, rows)
    return full * curve.run_ms(rows) + (curve.run_ms(rest) if rest else 0.0)
