"""A decoder for a child process: some bytes make it crash, hang or need too much memory."""

import os
import signal
import threading
from pathlib import Path

from service.decode.role import DecodeRole
from service.processes import Answer

CRASH = b"crash"
HANG = b"hang"
CRASH_ONCE = b"crash unless there is "
"""With the path of a file, which the crash leaves there."""


class CrashingDecodeRole(DecodeRole):
    """The real role, but for these."""

    def answer(self, head: bytearray, body: bytearray) -> Answer:
        data = bytes(body)
        if data == HANG:
            threading.Event().wait()
        if data.startswith(CRASH_ONCE):
            path, _, data = data.removeprefix(CRASH_ONCE).partition(b"\n")
            trace = Path(os.fsdecode(path))
            if not trace.exists():
                trace.touch()
                data = CRASH
        if data == CRASH:
            os.kill(os.getpid(), signal.SIGSEGV)
            threading.Event().wait()  # the signal may reach another thread
        return super().answer(head, bytearray(data))
