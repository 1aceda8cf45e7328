"""Recall in service: windows of exact repetitions by collection, field and kind. Owns them and the drift alarm.

No arithmetic of vectors, no thread: who repeats a search tells the result.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, stdev
from typing import Literal

from index.types import RecallCheck
from service.pipeline.recall.query_log import LogKey
from service.types import LiveRecallFigure

WINDOW = 500
"""The last so many repetitions count."""
FEWEST = 50
"""Fewer tell nothing."""
MARGIN = 0.02
"""Below the target by more than that is drift: the target was chosen on a sample too."""
CERTAIN = 1.645
"""Standard errors of a one-sided bound at 95 %."""
MAX_KEYS = 256

Change = Literal["drifts", "recovered"]


@dataclass
class _Window:
    recalls: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    target: float = 1.0
    alarm: int | None = None
    """The snapshot that was searched when the alarm rose; None: no alarm."""

    @property
    def mean(self) -> float:
        return fmean(self.recalls)

    @property
    def is_under(self) -> bool:
        """Even the upper end of what the mean may truly be is under the target by the margin."""
        if len(self.recalls) < FEWEST:
            return False
        return self.mean + CERTAIN * stdev(self.recalls) / sqrt(len(self.recalls)) < self.target - MARGIN


class LiveRecall:
    """Of all collections of this process. Belongs to one event loop."""

    def __init__(self) -> None:
        self._windows: dict[LogKey, _Window] = {}

    def record(self, key: LogKey, check: RecallCheck, target: float) -> Change | None:
        """Take one repetition in; what changed by it, once.

        A snapshot that came after the alarm was measured anew, so it is judged anew.
        """
        if key not in self._windows and len(self._windows) >= MAX_KEYS:
            return None
        window = self._windows.setdefault(key, _Window())
        if window.alarm is not None and check.snapshot != window.alarm:
            self._windows[key] = window = _Window()
            window.recalls.append(check.recall)
            window.target = target
            return "recovered"
        window.target = target
        window.recalls.append(check.recall)
        if window.is_under and window.alarm is None:
            window.alarm = check.snapshot
            return "drifts"
        return None

    def forget(self, collection: str) -> None:
        """It was dropped, or made anew."""
        self.keep_only({key.collection for key in self._windows} - {collection})

    def keep_only(self, collections: Collection[str]) -> None:
        """Forget those that are no longer there."""
        self._windows = {key: one for key, one in self._windows.items() if key.collection in collections}

    def figures(self, collection: str | None = None) -> Sequence[LiveRecallFigure]:
        """Of one collection or of all."""
        return [
            LiveRecallFigure(
                key.collection,
                key.field,
                key.kind,
                recall=window.mean,
                samples=len(window.recalls),
                target=window.target,
                drifts=window.alarm is not None,
            )
            for key, window in self._windows.items()
            if collection in (None, key.collection)
        ]
