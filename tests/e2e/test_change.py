"""A picture plus a change: the sliders refine what was asked, and nothing is encoded again."""

import json
from typing import Any

import pytest
from playwright.async_api import Response, Route, expect

from tests.e2e.search_page import SearchPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _ask_for_a_change(page: SearchPage) -> str:
    await page.open("?q=fruit")
    [first, *_] = await page.ids()
    async with page.answered():
        await page.card(0).get_by_role("button", name="But …").click()
    change = page.tab.get_by_role("textbox", name="but …")
    await expect(change).to_be_focused()
    async with page.answered():
        await change.fill("in blue")
        await change.press("Enter")
    return first


async def test_but_composes_and_sliders_refine(page: SearchPage) -> None:
    first = await _ask_for_a_change(page)
    assert page.journal.asked[-1].body["query"] == {"compose": {"image": {"item": first}, "modification": "in blue"}}
    assert first not in await page.ids()
    page.journal.clear()
    stages: list[dict[str, Any]] = []
    for name, value in (("How much change", "2.5"), ("Picture ↔ words", "0.1")):
        async with page.tab.expect_response("**/refine") as answer, page.answered("refine"):
            await page.tab.get_by_label(name).fill(value)
        stages.append((await (await answer.value).json())["took_ms"])
    assert [stage["embed"] for stage in stages] == [0, 0]
    assert set(page.journal.routes()) == {"refine"}
    last = page.journal.asked[-1].body
    assert (last["alpha"], last["beta"]) == (2.5, 0.1)
    assert page.address_bar()["alpha"] == ["2.5"]


async def test_a_moving_slider_ends_at_its_last_value(page: SearchPage) -> None:
    await _ask_for_a_change(page)
    page.journal.clear()
    slider = page.tab.get_by_label("How much change")
    async with page.tab.expect_response(lambda response: _alpha_of(response) == 2.0):
        await slider.focus()
        for _ in range(12):
            await slider.press("ArrowRight")
    await page.settled()
    assert set(page.journal.routes()) == {"refine"}
    assert page.journal.asked[-1].body["alpha"] == 2.0
    await expect(page.tab.locator("#alpha-out")).to_have_text("× 2.00")


def _alpha_of(response: Response) -> float | None:
    body = response.request.post_data_json if response.url.endswith("/refine") else None
    return body["alpha"] if body else None


async def test_an_expired_query_is_asked_anew(page: SearchPage) -> None:
    await _ask_for_a_change(page)
    page.journal.clear()

    async def gone(route: Route) -> None:
        problem = {"title": "Expired", "status": 410, "detail": "search again", "code": "query_expired"}
        await route.fulfill(status=410, content_type="application/problem+json", body=json.dumps(problem))

    await page.tab.route("**/search/refine", gone)
    async with page.answered("search"):
        await page.tab.get_by_label("How much change").fill("0.5")
    assert page.journal.routes() == ["refine", "search"]
    assert page.journal.asked[-1].body["query"]["compose"]["alpha"] == 0.5
    await expect(page.problem).to_have_count(0)
    page.journal.complaints.clear()
