"""Callers that ask a server over HTTP, each again once it was answered, and hold each answer against the right one."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import numpy as np

from tests.slow.encoder.questions import Question

EMBEDDINGS = "/v1/embeddings"
TOLERANCE = 1e-5
"""Between a run of one row and a run of several."""
_JSON = {"content-type": "application/json"}
_GIVE_UP_S = 120.0


@dataclass
class Tally:
    """What became of the requests."""

    answered: int = 0
    refused: int = 0
    """With the very problem that was right."""
    put_off: int = 0
    """Told to try again (503 with Retry-After), and asked again."""
    wrong: list[str] = field(default_factory=list)


class Traffic:
    """`async with Traffic(url, questions, callers) as traffic: …` ends when all were asked, or `stop` was called."""

    def __init__(self, url: str, questions: Iterator[Question], callers: int) -> None:
        self._questions = questions
        self._is_over = False
        self._changed = asyncio.Event()
        self.tally = Tally()
        limits = httpx.Limits(max_connections=callers, max_keepalive_connections=callers)
        self._client = httpx.AsyncClient(base_url=url, limits=limits, timeout=_GIVE_UP_S)
        self._count = callers
        self._callers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Traffic":
        self._callers = [asyncio.ensure_future(self._call()) for _ in range(self._count)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._callers)
        await self._client.aclose()

    def stop(self) -> None:
        """What is under way is still answered."""
        self._is_over = True

    async def answers(self, more: int) -> None:
        """Wait until so many more were answered, or something was wrong."""
        goal = self.tally.answered + more
        async with asyncio.timeout(_GIVE_UP_S):
            while self.tally.answered < goal and not self.tally.wrong:
                self._changed.clear()
                await self._changed.wait()

    async def _call(self) -> None:
        while not self._is_over and (question := next(self._questions, None)) is not None:
            while await self._is_put_off(question):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)  # as Retry-After asks, only shorter

    async def _is_put_off(self, question: Question) -> bool:
        try:
            response = await self._client.post(EMBEDDINGS, content=question.body, headers=_JSON)
        except httpx.HTTPError as exc:
            self.tally.wrong.append(f"{question.name}: {type(exc).__name__} {exc}")
            self._changed.set()
            return False
        if response.status_code == 503 and response.headers["retry-after"].isdecimal():
            self.tally.put_off += 1
            return True
        self._judge(question, response)
        return False

    def _judge(self, question: Question, response: httpx.Response) -> None:
        found = response.json()
        if response.status_code == 200:
            vector = np.asarray(found["data"][0]["embedding"], dtype=np.float32)
            is_right = isinstance(question.right, np.ndarray) and np.allclose(vector, question.right, atol=TOLERANCE)
            self.tally.answered += is_right
        else:
            is_right = isinstance(question.right, tuple) and question.right == (response.status_code, found["code"])
            self.tally.refused += is_right
        if not is_right:
            self.tally.wrong.append(f"{question.name}: {response.status_code} {found.get('code', 'another vector')}")
        self._changed.set()
