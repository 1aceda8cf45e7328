"""How the page looks and reads at 400 and at 1600 pixels; leaves pictures of it in test-artifacts/."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import SHOTS, OpenTab
from tests.e2e.products import Product
from tests.e2e.search_page import SearchPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SIZES = {"narrow": (400, 860), "wide": (1600, 1000)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_fits_its_window_and_has_no_faults_that_axe_finds(
    open_tab: OpenTab, sample: Product, axe: str, size: str, scheme: str
) -> None:
    page = await open_tab(*SIZES[size], scheme)
    await page.open()
    await _look(page, f"home-{size}-{scheme}")
    await page.open("?q=red+fruit&from.price=5&variety=0.3")
    await _look(page, f"words-{size}-{scheme}")
    await page.choose(sample.picture)
    async with page.answered():
        await page.tab.get_by_role("button", name="Select a region").click()
    await page.tab.get_by_role("textbox", name="but …").fill("in blue")
    async with page.answered():
        await page.tab.get_by_role("button", name="Apply").click()
    await expect(page.tab.get_by_label("How much change")).to_be_visible()
    await _look(page, f"change-{size}-{scheme}")
    await page.tab.evaluate(axe)
    report = await page.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in report["violations"]] == []


async def _look(page: SearchPage, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.tab.screenshot(path=SHOTS / f"{name}.png")
    assert await page.overflow() <= 0, name


async def test_narrow_windows_have_the_filters_in_a_dialog(open_tab: OpenTab) -> None:
    page = await open_tab(*SIZES["narrow"])
    await page.open("?q=fruit")
    await expect(page.tab.get_by_role("complementary", name="Filters")).to_be_hidden()
    await page.tab.get_by_role("button", name="Filters").click()
    dialog = page.tab.get_by_role("dialog", name="Filters")
    async with page.answered("refine"):
        await dialog.get_by_role("group", name="Supplier").get_by_role("checkbox").first.check()
    await dialog.get_by_role("button", name="Show the results").click()
    await expect(dialog).to_be_hidden()
    await expect(page.tab.get_by_role("button", name="Filters (1)")).to_be_visible()


async def test_results_read_as_a_list_with_headings(page: SearchPage) -> None:
    await page.open("?q=fruit")
    await expect(page.tab.get_by_role("list", name="Best 24 matches").get_by_role("listitem")).to_have_count(24)
    await expect(page.tab.get_by_role("main").get_by_role("heading", level=2)).to_have_text("Best 24 matches")
    snapshot = await page.card(0).aria_snapshot()
    for part in ("article", "heading", "level=3", "More like this", "Same product", "But …"):
        assert part in snapshot
