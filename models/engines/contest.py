"""Measures engines against each other, each in a process of its own, in turns. Owns the time that this may take."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from time import monotonic
from typing import Protocol

from models.bundle import Bundle
from models.engines.choice import Trial
from models.engines.contestant import Contestant, ContestantError
from models.engines.port import Resources
from models.engines.registry import engine_called

_ROUNDS = 3
_GAIN = 0.97
"""A size brings something where a row takes at most this share of what it took before."""
_PATIENCE = 3
"""So many sizes in a row may bring nobody anything."""
_LEAST_ANSWER_S = 5.0
"""For an answer, whatever time is left: who is late is out, and busy machines are late."""


class Measured(Protocol):
    """What a contest needs of `Contestant`."""

    provider: str
    sizes: tuple[int, ...]

    def prepare(self, limit_s: float) -> None: ...

    def ms(self, tower: str, rows: int, limit_s: float) -> float: ...

    def close(self) -> None: ...


def contest(
    bundle: Bundle,
    engines: Sequence[str],
    precision: str | None,
    resources: Resources,
    budget_s: float,
    start: Callable[[Bundle, str, str | None, Resources], Measured] = Contestant,
) -> tuple[Trial, ...]:
    """One trial an engine, in order. Once all have loaded, measuring takes at most about `budget_s` seconds."""
    with ExitStack() as stack:
        entries = []
        for name in engines:
            entries.append(_Entry(name, start(bundle, name, precision, resources)))
            stack.callback(entries[-1].contestant.close)
        for entry in entries:
            entry.prepare()
        towers = ("image", "text") if bundle.manifest.encodes_text else ("image",)
        end = monotonic() + budget_s
        for number, tower in enumerate(towers, start=1):
            # What one tower leaves is the next one's.
            share = (end - monotonic()) / (len(towers) - number + 1)
            _measure(entries, tower, monotonic() + share)
        return tuple(entry.trial() for entry in entries)


@dataclass
class _Entry:
    engine: str
    contestant: Measured
    times: dict[str, dict[int, list[float]]] = field(default_factory=lambda: {"image": {}, "text": {}})
    error: str = ""

    def prepare(self) -> None:
        try:
            self.contestant.prepare(engine_called(self.engine).load_s)
        except ContestantError as exc:
            self.error = str(exc)

    def ask(self, tower: str, rows: int, limit_s: float) -> None:
        try:
            ms = self.contestant.ms(tower, rows, limit_s)
        except ContestantError as exc:
            self.error = str(exc)
        else:
            self.times[tower].setdefault(rows, []).append(ms)

    def gains(self, tower: str, rows: int) -> bool:
        """Whether so many rows brought it something."""
        row_ms = {size: median(times) / size for size, times in self.times[tower].items()}
        return rows in row_ms and all(row_ms[rows] < _GAIN * ms for size, ms in row_ms.items() if size < rows)

    def trial(self) -> Trial:
        """An engine that failed once has no times: it would fail again."""
        if self.error:
            return Trial(self.engine, self.contestant.provider, error=self.error)
        curves = {
            tower: {rows: round(median(times), 4) for rows, times in by_rows.items()}
            for tower, by_rows in self.times.items()
        }
        return Trial(self.engine, self.contestant.provider, curves["image"], curves["text"])


def _measure(entries: Sequence[_Entry], tower: str, end: float) -> None:
    """Smallest runs first, until larger ones bring nobody anything. The engines take turns: a busy moment hits all."""
    row_s, in_vain = 0.0, 0
    for rows in _sizes(entries):
        if in_vain == _PATIENCE:
            return
        for number in range(_ROUNDS):
            runs = 2 if number == 0 else 1  # the first run of a shape prepares it
            started = monotonic()
            is_first = rows == 1 and number == 0
            if not is_first and started + rows * runs * row_s > end:
                return
            for entry in entries:
                if not entry.error and rows in entry.contestant.sizes:
                    entry.ask(tower, rows, max(0.0, end - monotonic()) + _LEAST_ANSWER_S)
            took_s = (monotonic() - started) / (rows * runs)
            row_s = took_s if number == 0 else max(row_s, took_s)
        in_vain = 0 if any(entry.gains(tower, rows) for entry in entries if not entry.error) else in_vain + 1


def _sizes(entries: Sequence[_Entry]) -> Iterator[int]:
    yield from sorted({size for entry in entries if not entry.error for size in entry.contestant.sizes})
