"""From the first key to the last without a pointer."""

import pytest
from playwright.async_api import expect

from tests.e2e.search_page import SearchPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_HAS_RING = "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"


async def test_a_journey_by_keyboard_alone(page: SearchPage) -> None:
    await page.open()
    keys = page.tab.keyboard
    await keys.press("/")
    await expect(page.words).to_be_focused()
    await keys.type("fruit")
    async with page.answered():
        await keys.press("Enter")
    await _tab_to(page, "#grid li:first-child .tile")
    assert await page.tab.evaluate(_HAS_RING)
    [first, *_] = await page.ids()
    async with page.answered():
        await keys.press("Enter")
    assert page.address_bar()["item"] == [first]
    await _tab_to(page, "#filters-open, .filters input[type=checkbox]", back=True)
    async with page.answered("refine"):
        await keys.press("Space")
    assert any(key.startswith("is.") for key in page.address_bar())
    await _tab_to(page, "#change", back=True)
    await keys.type("in blue")
    async with page.answered():
        await keys.press("Enter")
    await _tab_to(page, "#alpha")
    async with page.answered("refine"):
        await keys.press("ArrowRight")
    assert float(page.address_bar()["alpha"][0]) == pytest.approx(1.45)


async def _tab_to(page: SearchPage, selector: str, back: bool = False) -> None:
    """Press Tab until the focus is there; a user would give up after 150."""
    for _ in range(150):
        await page.tab.keyboard.press("Shift+Tab" if back else "Tab")
        if await page.tab.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")
