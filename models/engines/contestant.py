"""The parent's side of `measure`: one engine in a process of its own, asked for times. Owns that process."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import models
from models.bundle import Bundle
from models.engines.port import Resources

_LONGEST_REASON = 300


class ContestantError(Exception):
    """The process died, hung, or could not load the bundle. The message says which."""


class Contestant:
    """Started by its constructor, killed by `close`. `prepare` first, then `ms` as often as wanted."""

    def __init__(self, bundle: Bundle, engine: str, precision: str | None, resources: Resources) -> None:
        self.provider = ""
        self.sizes: tuple[int, ...] = ()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._process = subprocess.Popen(
            _command(bundle, engine, precision, resources),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=_environment(resources.threads),
        )
        self._buffer = b""

    def prepare(self, limit_s: float) -> None:
        """Wait until the bundle is loaded. Raises ContestantError."""
        ready = self._answer(limit_s)
        self.provider = str(ready["provider"])
        self.sizes = tuple(int(size) for size in ready["sizes"])

    def ms(self, tower: str, rows: int, limit_s: float) -> float:
        """Milliseconds of one run of `image` or `text`. Raises ContestantError."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"tower": tower, "rows": rows}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as exc:
            raise ContestantError(self._cause_of_death()) from exc
        return float(self._answer(limit_s)["ms"])

    def send_signal(self, number: int) -> None:
        """To its process."""
        self._process.send_signal(number)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                _close(stream)
        self._complaints.close()

    def _answer(self, limit_s: float) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = json.loads(self._line(limit_s))
        if "error" in answer:
            raise ContestantError(str(answer["error"]))
        return answer

    def _line(self, limit_s: float) -> bytes:
        """The next line, however it arrives, within `limit_s` for each piece."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(limit_s):
                    raise ContestantError(f"it did not answer within {limit_s:.0f} s")
                piece = os.read(self._process.stdout.fileno(), 65536)
                if not piece:
                    raise ContestantError(self._cause_of_death())
                self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _cause_of_death(self) -> str:
        code = self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        said = f": {lines[-1][:_LONGEST_REASON]}" if lines else ""
        return f"its process died with {f'signal {-code}' if code < 0 else f'code {code}'}{said}"


def _command(bundle: Bundle, engine: str, precision: str | None, resources: Resources) -> list[str]:
    command = [sys.executable, "-m", "models.engines.measure", str(bundle.folder), "--engine", engine]
    command += ["--precision", precision or "", "--threads", str(resources.threads)]
    return command + (["--cache-dir", str(resources.cache_dir)] if resources.cache_dir else [])


def _environment(threads: int) -> dict[str, str]:
    """This process's, with the thread counts of libraries that look for them when they are imported."""
    root = Path(models.__file__).parent.parent
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return os.environ | counts | {"PYTHONPATH": path, "ORT_DISABLE_TELEMETRY": "1"}


def _close(stream: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # what it never read is nobody's loss
        stream.close()
