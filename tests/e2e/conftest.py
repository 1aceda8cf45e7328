"""One server process and one browser for all tests of this folder; a fresh tab for each."""

import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.products import Product, read_products
from tests.e2e.search_page import SearchPage
from tests.e2e.server import index, serve
from tests.fakes.tiny_bundle import make_tiny_bundle

CHROMIUM = "/usr/bin/chromium"
AXE = "axe-core@4.14.1"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SUPPLIERS = ("fluent-3d", "noto", "twemoji")
COUNT = 25
SHOTS = Path("test-artifacts") / "page"

OpenTab = Callable[..., Awaitable[SearchPage]]


@pytest.fixture(scope="session")
def products() -> Sequence[Product]:
    return read_products(SUPPLIERS, COUNT)


@pytest.fixture(scope="session")
def sample(products: Sequence[Product]) -> Product:
    """A product whose picture is searched by."""
    return products[0]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, products: Sequence[Product]) -> Iterator[str]:
    """The address of a real server process that holds the collection `demo`."""
    folder = tmp_path_factory.mktemp("page")
    make_tiny_bundle(folder / "bundles")
    with serve(folder, model="tiny") as address:
        index(address, "demo", products)
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(browser: Browser, server: str) -> AsyncIterator[OpenTab]:
    """Opens tabs; each has cookies, storage and history of its own. None of them may have complained."""
    pages: list[SearchPage] = []

    async def open_one(width: int = 1280, height: int = 900, scheme: str = "light") -> SearchPage:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
        )
        context.set_default_timeout(10_000)
        page = SearchPage(await context.new_page(), server)
        await page.listen()
        pages.append(page)
        return page

    yield open_one
    for page in pages:
        await page.tab.context.close()
    assert [complaint for page in pages for complaint in page.journal.complaints] == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_tab: OpenTab) -> SearchPage:
    return await open_tab()


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """The source of axe-core, from the npm registry; tests that need it are skipped where there is no npm."""
    folder = request.config.cache.mkdir("axe")
    kept = folder / f"{AXE.replace('@', '-')}.tgz"
    npm = shutil.which("npm")
    if npm and not kept.exists():
        subprocess.run([npm, "pack", AXE, "--silent"], cwd=folder, capture_output=True, timeout=60, check=False)
    if not kept.exists():
        pytest.skip(f"needs npm and its registry to fetch {AXE}")
    with tarfile.open(kept) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()
