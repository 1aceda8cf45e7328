"""Takes work in only while it can end inside its deadline; asked before anything is decoded.

Counts what was admitted and is still on its way to the queue (it is being decoded), so that a burst cannot pass
before its first input arrives there. Knows no request and no picture. Belongs to one event loop.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from service.errors import DeadlineExceededError, OverloadedError
from service.metrics import Metrics
from service.queue import LANES, EncodeQueue, Estimate, Group, Lane
from service.types import Clock, Deadline

SHARE_OF_DEADLINE = 0.8
"""What the estimate may fill of the time that is left. The rest is for what nobody can foresee; it costs no
throughput, since a queue that waits for eight tenths of a deadline keeps every worker busy."""
_BENEFIT_OF_DOUBT = 2.0
"""The same where nothing is ahead: an estimate that is too high is only corrected by runs."""
_WEIGHT = 0.1
_OUTLIER = 4.0


class Place:
    """One admitted input on its way to the queue."""

    def __init__(self, admission: "Admission", lane: Lane, share_ms: float) -> None:
        self._admission, self._lane, self._share_ms = admission, lane, share_ms

    def leave(self) -> None:
        """It arrived in the queue, or never will. May be called again."""
        self._admission._reserved_ms[self._lane] -= self._share_ms
        self._share_ms = 0.0


class Admission:
    """One for the process, between the embedder and the queue."""

    def __init__(self, queue: EncodeQueue, metrics: Metrics, clock: Clock = time.monotonic) -> None:
        self._queue, self._metrics, self._clock = queue, metrics, clock
        self._reserved_ms: dict[Lane, float] = dict.fromkeys(LANES, 0.0)
        self._decoding = 0
        self._decode_ms = 0.0
        """Of one place in the line for the decoder: what `n` pictures take is `n` times this."""

    @contextmanager
    def admit(self, groups: Sequence[Group], lane: Lane, deadline: Deadline) -> Iterator[Sequence[Place]]:
        """A place for each input, given by its group. Raises OverloadedError, DeadlineExceededError.

        Places that nobody left are given back at the end.
        """
        if deadline.is_expired:
            self._metrics.refused.labels(lane, "expired").inc()
            raise DeadlineExceededError("the deadline passed before the work began: give it more time")
        estimates = {group: self._queue.estimate(group, lane) for group in set(groups)}
        self._check(estimates, groups, lane, deadline, "backlog")
        places = [self._place(lane, estimates[group].share_ms) for group in groups]
        try:
            yield places
        finally:
            for place in places:
                place.leave()

    def refuse_hopeless(self, groups: Sequence[Group], lane: Lane, deadline: Deadline) -> None:
        """Raises OverloadedError where not even one input of the cheapest of these groups would be admitted.

        For the rim, which knows the size of a body but not yet what it asks for.
        """
        estimates = {group: self._queue.estimate(group, lane) for group in groups}
        if estimates:
            cheapest = min(estimates, key=lambda group: estimates[group].run_ms)
            self._check({cheapest: estimates[cheapest]}, [cheapest], lane, deadline, "early")

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Around the decoding of one picture: learns what it takes."""
        self._decoding += 1
        line, started = self._decoding, self._clock()
        try:
            yield
            self._learn((self._clock() - started) * 1000.0 / line)
        finally:
            self._decoding -= 1

    def _place(self, lane: Lane, share_ms: float) -> Place:
        self._reserved_ms[lane] += share_ms
        return Place(self, lane, share_ms)

    def _check(
        self, estimates: dict[Group, Estimate], groups: Sequence[Group], lane: Lane, deadline: Deadline, reason: str
    ) -> None:
        if not groups:
            return
        first = estimates[groups[0]]
        ahead_ms = first.wait_ms + sum(self._reserved_ms[one] for one in LANES[: LANES.index(lane) + 1])
        pictures = sum(group.tower == "image" for group in groups)
        decoded_ms = (self._decoding + pictures) * self._decode_ms if pictures else 0.0
        own_ms = sum(estimates[group].share_ms for group in groups[1:]) + first.run_ms
        late_ms = max(ahead_ms, decoded_ms) + own_ms - self._time_ms(deadline, ahead_ms == 0.0, len(groups))
        if first.room < 1:
            self._refuse(lane, "full", ahead_ms)
        if late_ms > 0:
            self._refuse(lane, reason, late_ms)

    def _refuse(self, lane: Lane, reason: str, retry_after_ms: float) -> NoReturn:
        self._metrics.refused.labels(lane, reason).inc()
        raise OverloadedError(
            "there is more work than the deadline allows: try again later, or give it more time",
            max(1, math.ceil(retry_after_ms / 1000.0)),
        )

    def _time_ms(self, deadline: Deadline, is_idle: bool, count: int) -> float:
        if is_idle and count == 1:
            return math.inf
        return deadline.remaining() * 1000.0 * (_BENEFIT_OF_DOUBT if is_idle else SHARE_OF_DEADLINE)

    def _learn(self, ms: float) -> None:
        if self._decode_ms == 0.0:
            self._decode_ms = ms
            return
        self._decode_ms += (min(ms, _OUTLIER * self._decode_ms) - self._decode_ms) * _WEIGHT
