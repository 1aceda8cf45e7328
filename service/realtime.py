"""Real-time priority for threads that search, while they do, where the system grants it (ADR 15).

Beside a builder and writers the slowest searches stand ready behind another thread for up to a tick of the kernel.
Owns how many threads are ahead of all others at a time: one core is always left to these.
"""

import os
import sys
from collections.abc import Callable
from functools import wraps
from threading import Semaphore
from typing import ParamSpec, TypeVar

import structlog

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger(__name__)


class RealtimePriority:
    """Given to at most `threads` at a time; who comes while it is taken runs like everything else."""

    def __init__(self, threads: int) -> None:
        self._places = Semaphore(threads)

    def given_to(self, function: Callable[P, T]) -> Callable[P, T]:
        """The same function, which has the priority while it runs, in whatever thread."""

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            if not self._places.acquire(blocking=False):
                return function(*args, **kwargs)
            is_raised = _raise()  # a grant can be taken back
            try:
                return function(*args, **kwargs)
            finally:
                if is_raised:
                    _lower()
                self._places.release()

        return run


NO_REALTIME = RealtimePriority(0)


def realtime_priority() -> RealtimePriority:
    """For all cores of this process but one; for none, and the log says why, where the system does not grant it."""
    reason = _refusal()
    if reason:
        _log.warning("no_realtime_priority", reason=reason)
        return NO_REALTIME
    return RealtimePriority(len(os.sched_getaffinity(0)) - 1)


def _refusal() -> str:
    if sys.platform != "linux":
        return "only Linux has it"
    if len(os.sched_getaffinity(0)) == 1:
        return "there is one core, which searches would take from everything else"
    if not _raise():
        return "it is not granted: allow it by `ulimit -r 1`, LimitRTPRIO=1 or rtprio in compose (docs/operations.md)"
    _lower()
    return ""


def _raise() -> bool:
    """Of this thread alone; what it starts meanwhile begins without. False where the system does not grant it."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        return False
    return True


def _lower() -> None:
    """The flag stays: to clear it needs a privilege, and without the priority it means nothing."""
    os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
