"""The search page and the reference: right types, revalidated, and nothing from other machines."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page/main.js", "text/javascript; charset=utf-8"),
        ("/page/mark.svg", "image/svg+xml"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/start.js", "text/javascript; charset=utf-8"),
        ("/docs/swagger/swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/swagger/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_pages_have_their_type_and_are_asked_about_each_time(
    client: httpx.AsyncClient, url: str, kind: str
) -> None:
    response = await client.get(url)
    assert (response.status_code, response.headers["content-type"]) == (200, kind)
    assert response.headers["cache-control"] == "no-cache"
    again = await client.get(url, headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_metrics_know_the_folders_of_the_pages_not_their_files(client: httpx.AsyncClient) -> None:
    for path in ("/page/main.js", "/page/no-such-file.js", "/docs/start.js", "/docs/swagger/swagger-ui.css"):
        await client.get(path)
    text = (await client.get("/metrics")).text
    for route, status in (("/page", 200), ("/page", 404), ("/docs", 200), ("/docs/swagger", 200)):
        assert f'route="{route}/{{file}}",status="{status}"' in text
    assert "main.js" not in text
    assert "no-such-file" not in text


async def test_the_page_may_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("url", ["/", "/docs"])
async def test_the_pages_name_no_other_machine(client: httpx.AsyncClient, url: str) -> None:
    text = (await client.get(url)).text
    assert "https://" not in text
    assert "<script>" not in text
