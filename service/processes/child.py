"""One life of a child process, seen from its parent: spawn, greet, end. Restarts nothing."""

import os
import signal
import socket
import subprocess
import sys
import threading

import msgspec

from service.processes.errors import ProcessError, RemoteError
from service.processes.frames import Frame, FrameKind, receive, send
from service.processes.spec import ChildSpec, Failure, start_of

_STDERR = 2


class Child:
    """The running process and its sockets. The thread that makes it must outlive it: Linux ties it to that thread."""

    def __init__(self, spec: ChildSpec) -> None:
        self._spec = spec
        self._lock = threading.Lock()
        self._kill_reason: str | None = None
        self.is_over = False
        """Nobody may lease its channels any more."""
        self.has_answered = False
        pairs = [socket.socketpair() for _ in range(spec.channels + 1)]
        ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        self._control, *self.channels = ours
        try:
            self._process = _spawn(spec, [end.fileno() for end in theirs])
        except OSError:
            for end in ours:
                end.close()
            raise
        finally:
            for end in theirs:
                end.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def greet(self) -> bytes:
        """Tell the child what it is and wait until it is ready. Blocks.

        Raises: RemoteError when its role cannot start, ProcessError when it died or was not ready in time.
        """
        self._control.settimeout(self._spec.start_s)
        try:
            send(self._control, FrameKind.START, start_of(self._spec))
            frame = receive(self._control)
        except TimeoutError as exc:
            raise ProcessError(f"{self._spec.name} was not ready within {self._spec.start_s:.0f} s") from exc
        except (EOFError, OSError) as exc:
            raise ProcessError(f"{self._spec.name} died while it started") from exc
        raise_failure(frame)
        return bytes(frame.head)

    def is_ended_within(self, seconds: float | None) -> bool:
        """Wait until its end of the control socket is closed: by its death, or by `hang_up`."""
        self._control.settimeout(seconds)
        try:
            return self._control.recv(1) == b""
        except (TimeoutError, BlockingIOError):
            return False
        except OSError:
            return True

    def kill(self, reason: str) -> None:
        """At once. The first reason is the one that counts."""
        with self._lock:
            self._kill_reason = self._kill_reason or reason
            self._process.kill()

    def hang_up(self) -> None:
        """Ask it to end."""
        try:
            self._control.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is gone already

    def bury(self, grace_s: float) -> str:
        """Wait for its end, kill it after `grace_s`. Returns why it ended, in one word."""
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill("stuck")
            self._process.wait()
        code = self._process.returncode
        was_killed = code == -signal.SIGKILL and self._kill_reason is not None
        return str(self._kill_reason) if was_killed else _word_for(code)

    def close(self) -> None:
        """Close this side's sockets. Nobody may be at one: its number may be another child's a moment later."""
        for end in (self._control, *self.channels):
            end.close()


def raise_failure(frame: Frame) -> None:
    """Raises the RemoteError that a frame carries; the traceback in the child is a note on it."""
    if frame.kind is FrameKind.FAILURE:
        failure = msgspec.msgpack.decode(frame.head, type=Failure)
        error = RemoteError(failure.kind, failure.message)
        error.add_note(failure.traceback)
        raise error


def _spawn(spec: ChildSpec, fds: list[int]) -> "subprocess.Popen[bytes]":
    control, *channels = fds
    command = [sys.executable, "-P", "-m", "service.processes", "--name", spec.name]
    command += ["--math-threads", str(spec.math_threads), "--control", str(control)]
    command += ["--channels", ",".join(map(str, channels)), "--parent", str(os.getpid())]
    # A process group of its own: Ctrl-C must not reach a child before it can ignore it.
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=_STDERR, pass_fds=fds, process_group=0)


def _word_for(code: int) -> str:
    return signal.Signals(-code).name.lower() if code < 0 else "exit"
