"""Log lines for people and for machines."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from service.logs import configure_logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_machines_get_one_object_a_line_with_the_error_inside() -> None:
    stream = io.StringIO()
    configure_logs("json", stream=stream)
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger().exception("item_failed", item="sku-1")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["item"]) == ("item_failed", "error", "sku-1")
    assert told["exception"][0]["exc_value"] == "broken"
    assert told["timestamp"].endswith("Z")


def test_people_get_a_readable_line_without_colour_codes_in_a_file() -> None:
    stream = io.StringIO()
    configure_logs("console", stream=stream)
    structlog.get_logger().info("serving", port=8000)
    assert "serving" in stream.getvalue() and "port=8000" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_what_is_below_the_level_is_not_logged() -> None:
    stream = io.StringIO()
    configure_logs("json", level="warning", stream=stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]
