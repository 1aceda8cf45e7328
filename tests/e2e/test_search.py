"""Searching by words, filters, results and what can be done from them."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.search_page import SearchPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_opens_with_a_look_around_and_examples(page: SearchPage) -> None:
    await page.open()
    await expect(page.heading).to_have_text("A look around")
    assert await page.cards.count() > 6
    example = page.tab.locator("#examples button").first
    words = await example.text_content()
    async with page.answered():
        await example.click()
    await expect(page.words).to_have_value(words or "")
    assert page.journal.asked[-1].body["query"] == {"text": words}


async def test_searches_by_words(page: SearchPage) -> None:
    await page.open()
    await page.search("blue")
    blue = await page.ids()
    await page.search("red")
    assert await page.ids() != blue
    await expect(page.heading).to_have_text("Best 24 matches")
    await expect(page.tab.get_by_role("status")).to_have_text("Best 24 matches")
    await expect(page.tab.locator("#results-size")).to_have_text(re.compile(r"^[\d,]+ items in this collection$"))
    first = page.card(0)
    assert await first.get_by_role("heading", level=3).text_content()
    await expect(first.locator(".percent")).to_contain_text("% match")
    assert "cosine" in (await first.locator(".score").get_attribute("title") or "")
    assert await first.locator("img").evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0


async def test_words_are_compared_with_pictures_alone_where_asked(page: SearchPage) -> None:
    await page.open()
    await page.search("blue")
    assert page.journal.asked[-1].body["field"] == "product"
    await page.tab.get_by_text("More options").click()
    async with page.answered():
        await page.tab.get_by_label("Compare words with").select_option("Pictures alone")
    assert "field" not in page.journal.asked[-1].body


async def test_words_with_a_minus_and_the_not_field_repel(page: SearchPage) -> None:
    await page.open()
    await page.search('fruit -red -"in a bowl"')
    await page.tab.get_by_text("More options").click()
    without = page.tab.get_by_label("Not …")
    async with page.answered():
        await without.fill("leather")
        await without.press("Enter")
    terms = page.journal.asked[-1].body["query"]["terms"]
    assert [term["text"] for term in terms] == ["fruit", "red", "in a bowl", "leather"]
    assert [term["weight"] > 0 for term in terms] == [True, False, False, False]


async def test_filters_by_keyword_and_by_number_without_encoding_again(page: SearchPage) -> None:
    await page.open()
    await page.search("fruit")
    filters = page.tab.get_by_role("complementary", name="Filters")
    supplier = filters.get_by_role("group", name="Supplier").get_by_role("checkbox").first
    name = await filters.get_by_role("group", name="Supplier").locator(".value").first.text_content()
    async with page.answered("refine"):
        await supplier.check()
    sellers = await page.grid.locator(".facts span:last-child").all_text_contents()
    assert set(sellers) == {name}
    async with page.answered("refine"):
        await filters.get_by_label("Price to").fill("40")
        await filters.get_by_label("Price to").press("Enter")
    prices = [float(text) for text in await page.grid.locator(".facts span:first-child").all_text_contents()]
    assert prices
    assert max(prices) <= 40
    chips = page.tab.get_by_role("list", name="Active filters")
    await expect(chips.get_by_role("button", name="Price up to 40")).to_be_visible()
    async with page.answered("refine"):
        await chips.get_by_role("button", name="Clear all").click()
    await expect(chips).to_be_hidden()
    await expect(supplier).not_to_be_checked()


async def test_says_so_when_nothing_passes_the_filters(page: SearchPage) -> None:
    await page.open("?q=fruit&is.supplier=nobody")
    await expect(page.heading).to_have_text("0 results")
    async with page.answered("refine"):
        await page.tab.get_by_role("button", name="Clear filters and options").click()
    await expect(page.heading).to_have_text("Best 24 matches")


async def test_options_go_into_the_request(page: SearchPage) -> None:
    await page.open("?q=fruit")
    await page.tab.get_by_text("More options").click()
    async with page.answered():
        await page.tab.get_by_label("Minimum match").fill("5")
    assert page.journal.asked[-1].body["score_threshold"] == 0.05
    async with page.answered():
        await page.tab.get_by_label("Variety").fill("0.5")
    assert page.journal.asked[-1].body["diversity"] == 0.5
    async with page.answered():
        await page.tab.get_by_label("Group results by").select_option("supplier")
    assert page.journal.asked[-1].body["group_by"] == "supplier"
    sellers = await page.grid.locator(".facts span:last-child").all_text_contents()
    assert len(sellers) == len(set(sellers))


async def test_shows_more_and_moves_the_focus_to_the_first_new_one(page: SearchPage) -> None:
    await page.open("?q=fruit")
    before = await page.ids()
    async with page.answered("refine"):
        await page.tab.get_by_role("button", name="Show more").click()
    after = await page.ids()
    assert len(after) > len(before) == 24
    assert after[:24] == before
    await expect(page.card(24).locator(".tile")).to_be_focused()


async def test_more_like_this_and_same_product(page: SearchPage) -> None:
    await page.open("?q=fruit")
    [first, second, *_] = await page.ids()
    title = await page.card(0).get_by_role("heading").text_content()
    async with page.answered():
        await page.card(0).get_by_role("button", name=f"More like this: {title}").first.click()
    assert page.journal.asked[-1].body["query"] == {"image": {"item": first}}
    assert first not in await page.ids()
    await expect(page.tab.locator("#subject-title")).to_have_text(title or "")
    await page.tab.go_back()
    await page.settled()
    await expect(page.card(1)).to_have_attribute("data-id", second)
    async with page.answered("same-style"):
        await page.card(1).get_by_role("button", name="Same product").click()
    assert page.journal.asked[-1].body["product"] == {"item": second}
    assert page.address_bar()["product"] == [second]


async def test_the_address_bar_holds_the_search(page: SearchPage) -> None:
    await page.open()
    await page.search("fruit")
    await page.search("a boat")
    address, found = page.tab.url, await page.ids()
    assert page.address_bar()["q"] == ["a boat"]
    async with page.answered():
        await page.tab.go_back()
    await expect(page.words).to_have_value("fruit")
    await page.tab.goto(address)
    await page.settled()
    assert await page.ids() == found


async def test_shows_the_request_as_curl(page: SearchPage) -> None:
    await page.open("?q=it%27s%20red")
    await page.tab.get_by_text("This request as curl").click()
    command = await page.tab.locator("#curl").text_content() or ""
    assert command.startswith(f"curl -sS '{page.address}/v1/collections/demo/search'")
    assert '"text": "it\'\\\'\'s red"' in command


async def test_tells_when_the_service_cannot_be_reached_and_tries_again(page: SearchPage) -> None:
    await page.open()
    await page.tab.route("**/search", lambda route: route.abort())
    await page.words.fill("fruit")
    await page.words.press("Enter")
    await expect(page.problem).to_contain_text("The service cannot be reached")
    await page.tab.unroute("**/search")
    async with page.answered():
        await page.problem.get_by_role("button", name="Try again").click()
    await expect(page.problem).to_have_count(0)
    page.journal.complaints.clear()
