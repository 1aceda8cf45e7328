"""A runner that ends its runs when the test lets it, and fails as the test says."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from models.errors import TextError
from service.errors import EncoderCrashedError, EncoderFailedError, InputQuarantinedError, OverloadedError
from service.queue import Content, Encoded


class FakeRunner:
    """Texts alone decide: "bad…" raises TextError, "broken…" EncoderFailedError, "crash…" crashes, also alone,
    "beside…" crashes with others only, "busy…" is refused, and "many…" gets an answer too many.
    """

    def __init__(self, on_run: Callable[[], None] = lambda: None) -> None:
        self._on_run = on_run
        self._gate = threading.Event()
        self._gate.set()
        self.begun = threading.Semaphore(0)
        """Released at the start of each run."""
        self.runs: list[list[str]] = []
        self.alone: list[str] = []
        self.quarantined: set[str] = set()

    def hold(self) -> None:
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    def run(self, model: str, contents: Sequence[Content]) -> Sequence[Encoded]:
        names = [content if isinstance(content, str) else "picture" for content in contents]
        self.runs.append(names)
        self.begun.release()
        if not self._gate.wait(timeout=30):
            raise TimeoutError("the test never released the runner")
        self._on_run()
        for word, error in _ERRORS.items():
            if any(name.startswith(word) for name in names):
                raise error("as the test wants it")
        return [encoded(name) for name in names] + [encoded("more") for name in names if name.startswith("many")]

    def run_alone(self, model: str, content: Content) -> Encoded:
        name = str(content)
        self.alone.append(name)
        if name.startswith("crash"):
            raise InputQuarantinedError("it crashed alone")
        return encoded(name)

    def refuse_quarantined(self, model: str, content: Content) -> None:
        if str(content) in self.quarantined:
            raise InputQuarantinedError("it crashed before")

    def close(self) -> None: ...


_ERRORS: dict[str, type[Exception]] = {
    "crash": EncoderCrashedError,
    "beside": EncoderCrashedError,
    "busy": OverloadedError,
    "bad": TextError,
    "broken": EncoderFailedError,
}


def encoded(name: str) -> Encoded:
    """What this content is encoded to: a vector of its length."""
    return Encoded(np.full(2, len(name), dtype=np.float32))
