"""An encoder for a child process: some texts make it crash, hang, exit or raise."""

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.encoder import EncodedTexts, Encoder
from service.encoders import EncoderPlan
from service.encoders.role import EncoderRole
from tests.fakes.encoder import FakeEncoder
from tests.fakes.tiny_manifest import tiny_manifest

CRASH = "crash"
EXIT = "exit"
HANG = "hang"
RAISE = "raise"
CRASH_ONCE = "crash unless there is "
"""With the path of a file, which the crash leaves there."""


class CrashingEncoder(FakeEncoder):
    """Knows how to die."""

    def __init__(self) -> None:
        super().__init__(tiny_manifest(), poison=[RAISE])

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        for text in texts:
            _obey(text)
        return super().encode_texts(texts)


class CrashingRole(EncoderRole):
    """The real role around it."""

    def __init__(self, arguments: bytes) -> None:
        super().__init__(arguments, _load)


def _load(plan: EncoderPlan) -> Mapping[str, Encoder]:
    return {"tiny": CrashingEncoder()}


def _obey(text: str) -> None:
    if text == CRASH:
        os.kill(os.getpid(), signal.SIGSEGV)
        threading.Event().wait()  # the signal may reach another thread
    if text == EXIT:
        os._exit(3)
    if text == HANG:
        threading.Event().wait()
    if text.startswith(CRASH_ONCE):
        trace = Path(text.removeprefix(CRASH_ONCE))
        if not trace.exists():
            trace.touch()
            _obey(CRASH)
