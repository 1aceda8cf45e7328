"""A role that does what it is told: answers, raises, crashes, exits, hangs, takes memory, talks. Needs no library."""

import os
import signal
import sys
import threading
from pathlib import Path

from service.processes import Answer


class ObedientRole:
    """Its arguments say what to do at the start, in the same words: nothing for nothing."""

    def __init__(self, arguments: bytes) -> None:
        self._arguments = arguments
        if arguments:
            self._obey(arguments, b"")

    def greeting(self) -> bytes:
        return b"ready"

    def answer(self, head: bytearray, body: bytearray) -> Answer:
        return self._obey(bytes(head), body)

    def _obey(self, order: bytes, body: bytes | bytearray) -> Answer:
        word, _, rest = order.partition(b" ")
        if word == b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
            threading.Event().wait()  # the signal may reach another thread
        if word == b"exit":
            os._exit(int(rest))
        if word == b"hang":
            if rest:
                Path(os.fsdecode(rest)).touch()  # for who wants to know that it began
            threading.Event().wait()
        if word == b"raise":
            raise ValueError(rest.decode())
        if word == b"fail-until":
            # How many lives there were is in a file: this one fails unless there were enough.
            self._fail_until(rest)
        if word == b"allocate":
            return Answer(str(len(bytearray(int(rest)))).encode())
        if word == b"say":
            os.write(2, rest)
        if word == b"threads":
            return Answer(os.environ["OMP_NUM_THREADS"].encode())
        if word == b"modules":
            return Answer(" ".join(sys.modules).encode())
        if word == b"pid":
            return Answer(str(os.getpid()).encode())
        return Answer(order, [memoryview(body), b"", bytes(body)])

    def _fail_until(self, rest: bytes) -> None:
        count, _, path = rest.decode().partition(" ")
        trace = Path(path)
        lives = len(trace.read_bytes()) if trace.exists() else 0
        trace.write_bytes(b"." * (lives + 1))
        if lives < int(count):
            raise ValueError(f"life {lives}")
