"""`lookalike serve` in a process of its own, on a free port: to be asked, watched and stopped."""

import os
import re
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

START_S = 300.0
"""Patience, not a promise: the machine may be busy with other things."""


class ServerProcess:
    """Returns when it serves. `settings`: environment variables beside those of the test."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--data", str(data)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(settings or {})}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        self.url = self._wait_for_address()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(START_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def stop_if_running(self) -> None:
        if self.process.poll() is None:
            self.stop()

    def _wait_for_address(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            end = monotonic() + START_S
            while selector.select(max(0.0, end - monotonic())):
                line = self.process.stdout.readline()
                if found := re.search(r"http://\S+", line):
                    return found.group()
                if not line:
                    break
        self.process.kill()
        raise AssertionError(f"the server did not start; exit code {self.process.wait(START_S)}")
