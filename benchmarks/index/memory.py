"""What a process holds in memory: anonymous and mapped bytes from /proc, now or at most over a while."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

INTERVAL_S = 0.5


@dataclass(frozen=True)
class Resident:
    """Bytes in memory, of `smaps_rollup`: `mapped` belong to files and can be dropped and read again."""

    anonymous: int
    mapped: int


def resident(process: int | None = None) -> Resident:
    """Of this process where none is named. Raises OSError when it is gone."""
    lines = Path(f"/proc/{process or os.getpid()}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    values = {key: int(rest.split()[0]) * 1024 for key, _, rest in (line.partition(":") for line in lines)}
    return Resident(values["Anonymous"], values["Rss"] - values["Anonymous"])


class Watched:
    """The most that a process held, read twice a second from another thread while this is entered."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most = Resident(0, 0)

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(INTERVAL_S):
            try:
                now = resident(self._process)
            except (OSError, ValueError, KeyError):  # it has ended
                return
            self.most = Resident(max(self.most.anonymous, now.anonymous), max(self.most.mapped, now.mapped))
