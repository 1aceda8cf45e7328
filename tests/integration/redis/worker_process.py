"""`lookalike worker` in a process of its own, to be stopped and killed."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

STOP_S = 60.0


class WorkerProcess:
    """Starts at once; `wait_until_it_works` before it is counted on. In a session of its own, with its children."""

    def __init__(self, data: Path, redis_url: str, claim_s: float = 0.5) -> None:
        command = [sys.executable, "-m", "service.cli", "worker", "--port", "0", "--data", str(data)]
        settings = {
            "LOOKALIKE_REDIS_URL": redis_url,
            "LOOKALIKE_ENCODER_WORKERS": "1",
            "LOOKALIKE_ENGINE": "onnxruntime",
            "LOOKALIKE_WORKER_CLAIM_S": str(claim_s),
        }
        self._process = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **settings},
            start_new_session=True,
        )
        self.log: list[str] = []

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_it_works(self) -> None:
        """Until it says that it takes work; fails with its log where it ends before."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line)
            if re.search("takes work", line):
                return
        raise AssertionError("the worker did not start:\n" + "".join(self.log))

    def kill(self) -> None:
        """SIGKILL to the worker alone: its children must find out by themselves."""
        self._process.kill()
        self._process.wait(STOP_S)
        self._close()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self._process.send_signal(signal.SIGTERM)
        _, rest = self._process.communicate(timeout=STOP_S)
        self.log.append(rest or "")
        return self._process.returncode

    def _close(self) -> None:
        if self._process.stderr is not None:
            self._process.stderr.close()
