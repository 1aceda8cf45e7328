"""The search page as a user handles it: open, search, drop, read. Owns waiting, so that tests need none."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Locator, Page, Response, expect

_TRANSFER = """([data, name, type]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type }));
    return transfer;
}"""


_PASTE = """(transfer) => document.body.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }))"""

# The browser keeps the body of a multipart request to itself, so the page's own fetch is asked.
_LISTEN = """() => {
    const original = window.fetch;
    window.fetch = (url, options = {}) => {
        const body = options.body instanceof FormData ? options.body.get("request") : options.body;
        if (options.method === "POST") noteRequest(String(url), body);
        return original(url, options);
    };
}"""


@dataclass
class Asked:
    """A POST that the page made: the last part of its path and its JSON."""

    route: str
    body: dict[str, Any]


@dataclass
class Journal:
    """What the page asked of the service and complained about."""

    asked: list[Asked] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def routes(self) -> list[str]:
        return [entry.route for entry in self.asked]

    def clear(self) -> None:
        self.asked.clear()


class SearchPage:
    """One tab with the page in it."""

    def __init__(self, tab: Page, address: str) -> None:
        self.tab = tab
        self.address = address
        self.journal = Journal()
        self.cards = tab.locator("#grid .card")
        self.heading = tab.locator("#results-title")
        self.grid = tab.locator("#grid")
        self.problem = tab.get_by_role("alert")
        tab.on("console", lambda message: self._complain(message.type, message.text))
        tab.on("pageerror", lambda error: self._complain("error", str(error)))

    async def listen(self) -> None:
        """Note every POST from now on; before the page is opened."""
        await self.tab.expose_function("noteRequest", self._note_request)
        await self.tab.add_init_script(f"({_LISTEN})()")

    async def open(self, query: str = "") -> None:
        await self.tab.goto(f"{self.address}/{query}")
        await self.settled()

    async def settled(self) -> None:
        """Until nothing that was sent is still on its way, and nothing is a skeleton."""
        await expect(self.heading).not_to_have_text("\u00a0")
        await expect(self.grid).not_to_have_attribute("aria-busy", "true")
        await expect(self.tab.locator(".skeleton")).to_have_count(0)

    @asynccontextmanager
    async def answered(self, route: str = "search", status: int = 200) -> AsyncIterator[None]:
        """Around an action: waits for the answer that it brings, and until the page shows it."""

        def is_it(response: Response) -> bool:
            path = urlsplit(response.url).path
            return response.request.method == "POST" and path.endswith(f"/{route}")

        async with self.tab.expect_response(is_it) as waiting:
            yield
        assert (await waiting.value).status == status
        await self.settled()

    async def search(self, words: str) -> None:
        async with self.answered():
            await self.words.fill(words)
            await self.words.press("Enter")

    async def choose(self, picture: Path) -> None:
        async with self.answered():
            await self.tab.get_by_label("Choose a picture to search by").set_input_files(picture)

    async def drop(self, data: bytes, name: str, type_: str) -> None:
        transfer = await self._transfer(data, name, type_)
        await self.tab.dispatch_event("body", "drop", {"dataTransfer": transfer})

    async def paste(self, data: bytes, name: str, type_: str) -> None:
        transfer = await self._transfer(data, name, type_)
        await transfer.evaluate(_PASTE)

    @property
    def words(self) -> Locator:
        return self.tab.get_by_role("searchbox", name="Search by words")

    def card(self, index: int) -> Locator:
        return self.grid.get_by_role("listitem").nth(index)

    async def ids(self) -> list[str]:
        script = "(cells) => cells.map((cell) => cell.dataset.id)"
        found: list[str] = await self.grid.locator("> li").evaluate_all(script)
        return found

    def address_bar(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.tab.url).query)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width: int = await self.tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        return width

    async def _transfer(self, data: bytes, name: str, type_: str) -> Any:
        return await self.tab.evaluate_handle(_TRANSFER, [base64.b64encode(data).decode(), name, type_])

    def _note_request(self, url: str, body: str) -> None:
        self.journal.asked.append(Asked(urlsplit(url).path.rsplit("/", 1)[-1], json.loads(body)))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.journal.complaints.append(text)
