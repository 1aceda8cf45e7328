"""What becomes of requests while the containers of the stack are killed: prints one line for each event.

    python deploy/stack_trial.py --containers podman --project lookalike --url http://127.0.0.1:8000

Callers ask one after the other for vectors of texts and pictures that nobody asked for before (the cache must not
answer). Answered is 200, a 503 with Retry-After, and 504 where nobody was left until the deadline; whatever else comes
is a loss, and so is a connection that breaks.
"""

import argparse
import asyncio
import base64
import io
import itertools
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import numpy as np
from PIL import Image

_CALLERS = 16
_DEADLINE_MS = 10_000
_STEADY_S = 8.0
_PATIENCE_S = 90.0


@dataclass
class Tally:
    """Answers since the last event."""

    statuses: Counter[str] = field(default_factory=Counter)
    ms: list[float] = field(default_factory=list)

    def line(self) -> str:
        counts = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        p50, p99 = np.percentile(self.ms, (50, 99)) if self.ms else (0.0, 0.0)
        return f"{counts}; 200 in p50 {p50:,.0f} ms, p99 {p99:,.0f} ms, longest {max(self.ms, default=0):,.0f} ms"


class Load:
    """Callers that never stop until they are told to."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._numbers = itertools.count(time.time_ns() // 1_000_000)
        self.tally = Tally()
        self.is_over = False

    async def call(self) -> None:
        while not self.is_over:
            number = next(self._numbers)
            await self._ask(_picture(number) if number % 2 else f"red shoe number {number}")

    async def _ask(self, content: object) -> None:
        started = time.perf_counter()
        try:
            answer = await self._client.post(
                "/v1/embeddings", json={"input": [content]}, headers={"X-Deadline-Ms": str(_DEADLINE_MS)}
            )
        except httpx.ConnectError:
            self.tally.statuses["no connection"] += 1
            await asyncio.sleep(0.1)
            return
        except httpx.HTTPError as exc:
            self.tally.statuses[f"LOST ({type(exc).__name__})"] += 1
            return
        if answer.status_code == 200:
            self.tally.ms.append((time.perf_counter() - started) * 1000.0)
        self.tally.statuses[_name(answer)] += 1
        if answer.status_code == 503:
            await asyncio.sleep(0.1)  # shorter than Retry-After asks for


def _name(answer: httpx.Response) -> str:
    if answer.status_code == 503 and "Retry-After" in answer.headers:
        return "503 with Retry-After"
    return str(answer.status_code) if answer.status_code in {200, 504} else f"LOST ({answer.status_code})"


def _picture(number: int) -> dict[str, str]:
    noise = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((320, 240)).save(file, "JPEG")
    return {"image": base64.b64encode(file.getvalue()).decode()}


class Stack:
    """The containers, by the labels that compose gives them."""

    def __init__(self, program: str, project: str) -> None:
        self._program, self._project = program, project

    def names(self, service: str) -> list[str]:
        labels = (f"com.docker.compose.project={self._project}", f"com.docker.compose.service={service}")
        filters = [part for label in labels for part in ("--filter", f"label={label}")]
        return sorted(self._run("ps", "-a", *filters, "--format", "{{.Names}}").split())

    def do(self, verb: str, *names: str) -> None:
        self._run(*verb.split(), *names)

    def _run(self, *arguments: str) -> str:
        return subprocess.run([self._program, *arguments], check=True, capture_output=True, text=True).stdout


async def trial(stack: Stack, client: httpx.AsyncClient) -> None:
    load = Load(client)
    callers = [asyncio.create_task(load.call()) for _ in range(_CALLERS)]
    one, *others = stack.names("worker")
    (redis,), (gateway,) = stack.names("redis"), stack.names("gateway")
    events = (
        ("nothing", ()),
        ("kill", (one,)),
        ("start", (one,)),
        ("stop", (one,)),
        ("start", (one,)),
        ("restart", (redis,)),
        ("kill", (redis,)),
        ("start", (redis,)),
        ("kill", (one, *others)),
        ("start", (one, *others)),
        ("stop", (gateway,)),
    )
    for verb, names in events:
        load.tally = Tally()
        if names:
            await asyncio.to_thread(stack.do, verb, *names)
        await asyncio.sleep(_STEADY_S)
        if verb == "start":
            await _ready(client)
        print(f"{verb} {' '.join(names)}: {load.tally.line()}", flush=True)
        print(f"    {await _readiness(client)}", flush=True)
    load.is_over = True
    await asyncio.gather(*callers)


async def _readiness(client: httpx.AsyncClient) -> str:
    try:
        ready = await client.get("/readyz")
    except httpx.HTTPError as exc:
        return f"/readyz does not answer ({type(exc).__name__})"
    return f"/readyz {ready.status_code} {ready.json().get('detail', '')}"


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.5)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--containers", default="docker", choices=("docker", "podman"))
    parser.add_argument("--project", default="lookalike")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    given = parser.parse_args()
    limits = httpx.Limits(max_connections=2 * _CALLERS)
    async with httpx.AsyncClient(base_url=given.url, timeout=_PATIENCE_S, limits=limits) as client:
        await trial(Stack(given.containers, given.project), client)


if __name__ == "__main__":
    asyncio.run(main())
