"""The inside of a child: takes its role from the control socket, then answers calls, one thread a channel."""

import ctypes
import os
import resource
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

import msgspec

from service.processes.frames import FrameKind, receive, send
from service.processes.role import Role, make_role
from service.processes.spec import Failure, Start

_PR_SET_PDEATHSIG = 1
_MAX_TRACEBACK_CHARS = 4000


def live(control_fd: int, channel_fds: Sequence[int], parent: int) -> int:
    """The life of a child; returns only when it could not start."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    _die_with(parent)
    control = socket.socket(fileno=control_fd)
    start = msgspec.msgpack.decode(receive(control).head, type=Start)
    try:
        role = _become(start)
    except Exception as exc:  # noqa: BLE001 - the rim of a process: the parent is told why there is no child
        send(control, FrameKind.FAILURE, _failure(exc))
        return 1
    if start.log_form is None:
        _mute()
    for number, fd in enumerate(channel_fds):
        channel = socket.socket(fileno=fd)
        threading.Thread(target=_serve, args=(channel, role), name=f"{start.name}-{number}", daemon=True).start()
    try:
        send(control, FrameKind.READY, role.greeting())
    except OSError:
        os._exit(1)  # the parent no longer wants it
    _until_closed(control)
    sys.stderr.flush()
    # Threads may be inside a library; there is nothing to save, and no destructor to trust.
    os._exit(0)


def _die_with(parent: int) -> None:
    """The kernel kills this process when the thread that started it ends; it may have ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _become(start: Start) -> Role:
    sys.path += [folder for folder in start.import_path if folder not in sys.path]
    if start.max_data_bytes is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (start.max_data_bytes, start.max_data_bytes))
    if start.log_form is not None:
        _configure_logs(start.log_form, start.log_level)
    return make_role(start.role, start.arguments)


def _mute() -> None:
    """Libraries write what they think of an input straight to the terminal: it would flood the service's log.

    What went wrong at the start was said before, and failures of calls travel to the parent.
    """
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def _configure_logs(form: Any, level: str) -> None:
    from service.logs import configure_logs  # noqa: PLC0415 - megabytes that most children do without

    configure_logs(form, level)


def _serve(channel: socket.socket, role: Role) -> None:
    """Until the parent closes the channel. A channel that cannot be served any more ends the process, so that the
    parent notices and starts another one."""
    try:
        while True:
            call = receive(channel)
            try:
                answer = role.answer(call.head, call.body)
            except Exception as exc:  # noqa: BLE001 - the rim of a process: one bad input must not end it
                send(channel, FrameKind.FAILURE, _failure(exc))
            else:
                send(channel, FrameKind.ANSWER, answer.head, answer.body)
    except (EOFError, OSError):
        channel.close()
    except BaseException:  # noqa: BLE001 - as above
        traceback.print_exc()
        os._exit(1)


def _until_closed(control: socket.socket) -> None:
    try:
        receive(control)
    except (EOFError, OSError):
        control.close()


def _failure(error: Exception) -> bytes:
    lines = "".join(traceback.format_exception(error))[-_MAX_TRACEBACK_CHARS:]
    message = str(error).encode("utf-8", "replace").decode()
    return msgspec.msgpack.encode(Failure(type(error).__name__, message, lines.encode("utf-8", "replace").decode()))
