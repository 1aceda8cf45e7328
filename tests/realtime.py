"""What tests of real-time priority share."""

import os

import pytest


def policy() -> int:
    """The scheduling policy of this thread."""
    return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK


def _is_granted() -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    return True


REALTIME = os.SCHED_RR
needs_realtime = pytest.mark.skipif(not _is_granted(), reason="this system grants no real-time priority")
