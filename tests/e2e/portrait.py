"""Takes the README's pictures of the page from a running demo: `python -m tests.e2e.portrait http://127.0.0.1:8000`."""

import asyncio
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.search_page import SearchPage

INTO = Path(__file__).resolve().parents[2] / "docs" / "images"
QUALITY = 86


@dataclass(frozen=True)
class Portrait:
    name: str
    query: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


PORTRAITS = (
    Portrait("search-page", "?item=noto-red-heart&but=in+blue", 1440, 900, "light"),
    Portrait("search-page-dark", "?product=noto-guitar", 400, 860, "dark"),
)


async def take(browser: Browser, address: str, portrait: Portrait) -> bytes:
    """One PNG, with all visible pictures loaded."""
    context = await browser.new_context(
        viewport={"width": portrait.width, "height": portrait.height},
        color_scheme=portrait.scheme,
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = SearchPage(await context.new_page(), address)
    await page.open(portrait.query)
    await page.tab.wait_for_load_state("networkidle")
    png = await page.tab.screenshot()
    await context.close()
    return png


async def main(address: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for portrait in PORTRAITS:
            picture = Image.open(io.BytesIO(await take(browser, address, portrait))).convert("RGB")
            picture.save(INTO / f"{portrait.name}.webp", quality=QUALITY, method=6)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
