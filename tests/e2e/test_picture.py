"""Searching by a picture: chosen, dropped, pasted; by a region of it; and by something that is none."""

import pytest
from playwright.async_api import expect

from tests.e2e.products import Product
from tests.e2e.search_page import SearchPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_chosen_picture_finds_its_own_item(page: SearchPage, sample: Product) -> None:
    await page.open()
    await page.choose(sample.picture)
    assert (await page.ids())[0] == sample.id
    assert page.journal.asked[-1].body["query"] == {"image": {"file": "picture"}}
    await expect(page.tab.get_by_role("heading", name=sample.picture.name)).to_be_visible()
    await page.tab.reload()
    await page.settled()
    assert (await page.ids())[0] == sample.id


@pytest.mark.parametrize("way", ["drop", "paste"])
async def test_a_picture_can_be_dropped_and_pasted(page: SearchPage, sample: Product, way: str) -> None:
    await page.open()
    async with page.answered():
        await getattr(page, way)(sample.picture.read_bytes(), "mine.webp", "image/webp")
    assert (await page.ids())[0] == sample.id
    async with page.answered():
        await page.tab.get_by_role("button", name="Remove the picture").click()
    await expect(page.heading).to_have_text("A look around")


async def test_words_beside_a_picture_are_blended_by_a_slider(page: SearchPage, sample: Product) -> None:
    await page.open()
    await page.choose(sample.picture)
    await page.search("blue")
    assert page.journal.asked[-1].body["query"]["terms"][1] == {"text": "blue", "weight": 0.5}
    page.journal.clear()
    async with page.answered("refine"):
        await page.tab.get_by_label("Picture ↔ words").fill("0.2")
    assert page.journal.asked[-1].body["weights"] == [0.8, 0.2]
    assert set(page.journal.routes()) == {"refine"}


async def test_a_box_is_drawn_with_the_pointer(page: SearchPage, sample: Product) -> None:
    await page.open()
    await page.choose(sample.picture)
    area = await page.tab.locator("#stage").bounding_box()
    assert area is not None
    mouse = page.tab.mouse
    async with page.answered():
        await mouse.move(area["x"] + area["width"] * 0.2, area["y"] + area["height"] * 0.3)
        await mouse.down()
        await mouse.move(area["x"] + area["width"] * 0.7, area["y"] + area["height"] * 0.9, steps=4)
        await mouse.up()
    assert page.journal.asked[-1].body["query"]["image"]["box"] == pytest.approx([0.2, 0.3, 0.5, 0.6], abs=0.01)
    async with page.answered():
        await page.tab.get_by_role("button", name="Whole picture").click()
    assert "box" not in page.journal.asked[-1].body["query"]["image"]


async def test_a_box_is_made_moved_and_resized_with_keys(page: SearchPage, sample: Product) -> None:
    await page.open()
    await page.choose(sample.picture)
    async with page.answered():
        await page.tab.get_by_role("button", name="Select a region").press("Enter")
    region = page.tab.locator(".region")
    await expect(region).to_be_focused()
    change = page.tab.get_by_role("textbox", name="but …")
    await change.fill("half a thou")
    async with page.answered():
        await region.press("ArrowRight")
        await region.press("ArrowUp")
        await region.press("Shift+ArrowLeft")
    assert page.journal.asked[-1].body["query"]["image"]["box"] == pytest.approx([0.27, 0.23, 0.48, 0.5])
    await expect(change).to_have_value("half a thou")
    where = "Region: from left 27 %, from top 23 %, width 48 %, height 50 %. "
    how = "Arrow keys move it, Shift with arrow keys resizes it, Escape removes it."
    await expect(region).to_have_attribute("aria-label", where + how)
    async with page.answered():
        await region.press("Escape")
    await expect(region).to_be_hidden()


async def test_a_broken_picture_shows_what_the_service_says(page: SearchPage, sample: Product) -> None:
    await page.open()
    async with page.answered(status=400):
        await page.drop(sample.picture.read_bytes()[:40], "broken.webp", "image/webp")
    await expect(page.problem).to_contain_text("picture")
    await expect(page.problem.get_by_role("button", name="Try again")).to_be_visible()
    assert page.journal.complaints, "the browser itself notes the status"
    page.journal.complaints.clear()
    async with page.answered():
        await page.tab.get_by_role("button", name="Remove the picture").click()
    await expect(page.problem).to_have_count(0)


async def test_a_link_to_a_picture_of_another_browser_says_so(page: SearchPage) -> None:
    await page.open("?picture=0123456789ab")
    await expect(page.heading).to_have_text("Picture not found")
    await expect(page.tab.locator("#nothing-text")).to_contain_text("Drop or choose it again")
