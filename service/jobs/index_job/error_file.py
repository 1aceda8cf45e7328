"""The file that lists what failed: JSONL, one row an item with its id, line, code and why."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import orjson


@dataclass(frozen=True)
class Failure:
    id: str
    line: int
    code: str
    why: str


class ErrorFile:
    """Made with the first failure; an earlier run's file is removed when this run has none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> "ErrorFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        elif error is None:
            self.path.unlink(missing_ok=True)

    def add(self, failures: Iterable[Failure]) -> None:
        for failure in failures:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("wb")
            self._file.write(orjson.dumps(asdict(failure), option=orjson.OPT_APPEND_NEWLINE))
        if self._file is not None:
            self._file.flush()
