"""A real Redis of a test's own, on a socket in a temporary folder: to be stopped, killed and started again."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest
import redis

START_S = 30.0


class RedisServer:
    """`with RedisServer() as server: …`; `keeps`: whether its data survives a restart (append-only file)."""

    def __init__(self, *, keeps: bool = False) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server is not installed (deploy/system-packages)")
        self._folder = Path(tempfile.mkdtemp(prefix="lookalike-redis-"))
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._folder}/socket"

    def start(self) -> None:
        """Returns when it answers."""
        kept = ("--appendonly", "yes", "--appendfsync", "always") if self._keeps else ("--save", "")
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", "socket", "--dir", str(self._folder), *kept],
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
        )
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.01), int(START_S / 0.01))
        with redis.Redis.from_url(self.url, retry=retry) as client:
            client.ping()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(START_S)
        self._process = None

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop(signal.SIGKILL)
        shutil.rmtree(self._folder)
