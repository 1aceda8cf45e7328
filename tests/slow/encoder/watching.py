"""What a server says of itself while it is under load: its readiness all the time, its restarts at the end."""

import asyncio
import contextlib
from types import TracebackType

import httpx
from prometheus_client.parser import text_string_to_metric_families

_PAUSE_S = 0.05


class Readiness:
    """`async with Readiness(url) as readiness: …` asks /readyz again and again on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60.0)
        self._is_over = asyncio.Event()
        self.asked = 0
        self.lost: list[str] = []
        """Every answer but a 200."""

    async def __aenter__(self) -> "Readiness":
        self._task = asyncio.ensure_future(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        await self._task
        await self._client.aclose()

    async def _watch(self) -> None:
        while not self._is_over.is_set():
            answer = await self._client.get("/readyz")
            self.asked += 1
            if answer.status_code != 200:
                self.lost.append(f"{answer.status_code} {answer.text}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE_S):
                    await self._is_over.wait()


def restarts(url: str) -> dict[str, int]:
    """Deaths of child processes by their names, as /metrics has them."""
    counted: dict[str, int] = {}
    for family in text_string_to_metric_families(httpx.get(f"{url}/metrics").text):
        for sample in family.samples:
            if sample.name == "lookalike_process_restarts_total":
                name = sample.labels["process"]
                counted[name] = counted.get(name, 0) + int(sample.value)
    return counted
