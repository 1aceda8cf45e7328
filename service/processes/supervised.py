"""A child that is there whenever it can be: calls with a time limit, restarts with backoff, a clean end.

One thread a child owns its lives: it starts the process, waits for its end, and starts the next one. Callers lease
a channel, and wait for one while there is no child.
"""

import math
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from service.processes.backoff import delay_s
from service.processes.child import Child, raise_failure
from service.processes.errors import (
    ProcessClosedError,
    ProcessCrashedError,
    ProcessError,
    ProcessOverrunError,
    ProcessUnavailableError,
)
from service.processes.frames import Buffer, Frame, FrameError, FrameKind, receive, send
from service.processes.spec import ChildSpec

_HOPELESS_STARTS = 3
"""After so many failed starts in a row callers are told at once, and no longer wait for the next."""
_END_S = 2.0

_log = structlog.get_logger("processes")

OnDeath = Callable[[str], None]
"""Told why a child died: the name of the signal, `exit`, `overrun`, `start` or `stuck`."""


@dataclass(frozen=True)
class Lease:
    child: Child
    channel: socket.socket


class SupervisedProcess:
    """Calls to a child from any number of threads. `start`, then `call`, at last `close`."""

    def __init__(self, spec: ChildSpec, on_death: OnDeath = lambda _: None, idle_s: float | None = None) -> None:
        """With `idle_s` the child is started by the first call, and ended when nobody called it for so long."""
        self._spec = spec
        self._on_death = on_death
        self._idle_s = idle_s
        self._changed = threading.Condition()
        self._free: deque[Lease] = deque()
        self._child: Child | None = None
        self._greeting: bytes | None = None
        self._start_error: ProcessError | None = None
        self._failed_starts = 0
        self._lives_without_answer = 0
        self._is_wanted = idle_s is None
        self._away_since = time.monotonic()
        self._is_there = False
        self._leased = 0
        self._last_use = 0.0
        self._is_closed = False
        self._thread = threading.Thread(target=self._supervise, name=f"supervise-{spec.name}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether a call would find a free channel now."""
        return bool(self._free)

    @property
    def is_given_up(self) -> bool:
        """Whether a call would be refused now, without a wait. Of a child that always runs."""
        with self._changed:
            return self._is_closed or self._is_hopeless or self._patience_left() <= 0.0

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.pid if child else None

    def greeting(self, wait_s: float) -> bytes:
        """What the child said when it was ready.

        Raises: RemoteError when its role could not start, ProcessError when it died of it or was not ready in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._greeting is not None or self._start_error or self._is_closed, wait_s)
            if self._greeting is not None:
                return self._greeting
            raise self._start_error or ProcessUnavailableError(f"{self._spec.name} did not start in time")

    def call(self, head: bytes, body: Sequence[Buffer] = (), *, limit_s: float, wait_s: float) -> Frame:
        """One answer. Waits up to `wait_s` for a child; a call that takes longer than `limit_s` costs it its life.

        Raises: ProcessUnavailableError, ProcessCrashedError, ProcessOverrunError, RemoteError.
        """
        end = time.monotonic() + wait_s
        while True:
            lease = self._lease(end - time.monotonic())
            is_sound = False
            try:
                if not _sent(lease, head, body, limit_s):
                    continue  # it was dead before it had the whole call
                frame = _received(lease)
                is_sound = True
            finally:
                self._give_back(lease, is_sound)
            raise_failure(frame)
            return frame

    def close(self, grace_s: float = 0.0) -> None:
        """Refuse new calls, let running ones finish within `grace_s`, end the child. Blocks; may be called twice."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._leased, grace_s)
            child = self._child
            if child and self._leased:
                child.kill("closed")
            elif child:
                child.hang_up()
        if self._thread.ident is not None:
            self._thread.join()

    def _lease(self, wait_s: float) -> Lease:
        with self._changed:
            if not self._is_wanted:
                self._is_wanted = True
                self._away_since = time.monotonic()
                self._changed.notify_all()
            wait_s = max(0.0, min(wait_s, self._patience_left()))
            self._changed.wait_for(lambda: self._free or self._is_closed or self._is_hopeless, wait_s)
            if self._is_closed:
                raise ProcessClosedError(f"{self._spec.name} was closed")
            if not self._free:
                raise ProcessUnavailableError(f"{self._spec.name} is being started again")
            self._leased += 1
            return self._free.pop()

    def _give_back(self, lease: Lease, is_sound: bool) -> None:
        with self._changed:
            self._leased -= 1
            self._last_use = time.monotonic()
            if is_sound:
                lease.child.has_answered = True
            else:
                self._give_up(lease.child)
            if not lease.child.is_over:
                self._free.append(lease)
            self._changed.notify_all()

    @property
    def _is_hopeless(self) -> bool:
        return self._failed_starts >= _HOPELESS_STARTS

    def _patience_left(self) -> float:
        if self._is_there:
            return math.inf
        return self._away_since + self._spec.patience_s - time.monotonic()

    def _give_up(self, child: Child) -> None:
        """Under the lock: nobody leases it any more. A channel that failed has lost its step, so the child must go."""
        child.is_over = True
        if child is self._child and self._is_there:  # and not one whose last caller is late to notice
            self._is_there = False
            self._away_since = time.monotonic()
        self._free = deque(lease for lease in self._free if lease.child is not child)
        child.hang_up()

    def _supervise(self) -> None:
        while self._may_start():
            child = self._started()
            if child is None:
                continue
            is_idle = self._watch(child)
            self._retire(child, is_idle)

    def _may_start(self) -> bool:
        """Wait until a child is wanted and it is time; False when there shall be none any more."""
        with self._changed:
            delay = delay_s(max(self._failed_starts, self._lives_without_answer))
            self._changed.wait_for(lambda: self._is_closed, delay)
            self._changed.wait_for(lambda: self._is_closed or self._is_wanted)
            return not self._is_closed

    def _started(self) -> Child | None:
        try:
            child = Child(self._spec)
        except OSError as exc:
            self._failed(ProcessError(f"{self._spec.name} could not be started: {exc}"))
            return None
        with self._changed:
            self._child = child
            if self._is_closed:
                child.kill("closed")
        try:
            greeting = child.greet()
            self._check(greeting)
        except ProcessError as exc:
            child.kill("start")
            child.bury(_END_S)
            child.close()
            self._failed(exc)
            return None
        with self._changed:
            self._greeting = greeting
            self._failed_starts = 0
            self._start_error = None
            self._last_use = time.monotonic()
            self._is_there = True
            self._free.extend(Lease(child, channel) for channel in child.channels)
            if self._is_closed:
                child.hang_up()
            self._changed.notify_all()
        return child

    def _check(self, greeting: bytes) -> None:
        """What was said at the first start was believed ever since."""
        if self._greeting not in (None, greeting):
            raise ProcessError(f"{self._spec.name} is not what it was at the first start: start the service again")

    def _failed(self, error: ProcessError) -> None:
        with self._changed:
            self._child = None
            self._failed_starts += 1
            self._start_error = error
            is_closed = self._is_closed
            self._changed.notify_all()
        if not is_closed:
            self._on_death("start")
            _log.error("a process could not be started", process=self._spec.name, error=str(error))

    def _watch(self, child: Child) -> bool:
        """Until the child is over; True when it is only not needed any more."""
        while not child.is_ended_within(self._idle_left()):
            with self._changed:
                if self._idle_left() == 0.0 and not self._leased:
                    self._is_wanted = False
                    self._give_up(child)
                    return True
        return False

    def _idle_left(self) -> float | None:
        if self._idle_s is None or self._leased:
            return self._idle_s
        return max(0.0, self._last_use + self._idle_s - time.monotonic())

    def _retire(self, child: Child, is_idle: bool) -> None:
        with self._changed:
            if not child.is_over:
                self._give_up(child)
        reason = child.bury(_END_S)
        with self._changed:
            if self._changed.wait_for(lambda: not self._leased, _END_S):  # its callers see the end of their channels
                child.close()
            self._child = None
            is_expected = self._is_closed or is_idle
            self._lives_without_answer = 0 if child.has_answered or is_expected else self._lives_without_answer + 1
        if not is_expected:
            self._on_death(reason)
            _log.error("a process died and is started again", process=self._spec.name, reason=reason)


def _sent(lease: Lease, head: bytes, body: Sequence[Buffer], limit_s: float) -> bool:
    """False when the child was dead before it had the whole call, so that it never began with it."""
    try:
        lease.channel.settimeout(limit_s)
        send(lease.channel, FrameKind.CALL, head, body)
    except TimeoutError as exc:
        lease.child.kill("overrun")
        raise ProcessOverrunError("the call took too long") from exc
    except OSError:
        return False
    return True


def _received(lease: Lease) -> Frame:
    try:
        return receive(lease.channel)
    except TimeoutError as exc:
        lease.child.kill("overrun")
        raise ProcessOverrunError("the call took too long") from exc
    except FrameError:
        lease.child.kill("broken")
        raise ProcessCrashedError("the process answered nonsense") from None
    except (EOFError, OSError) as exc:
        raise ProcessCrashedError("the process died during the call") from exc
