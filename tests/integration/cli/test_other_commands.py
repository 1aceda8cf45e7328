"""collections, models, doctor, search: what they print, and what they say when something is missing."""

from pathlib import Path

import orjson

from tests.integration.cli.conftest import Cli


def test_collections_are_listed_described_and_dropped(cli: Cli, folder: Path) -> None:
    assert "no collections yet" in cli("collections", "list").output
    cli("index", folder, "-c", "shapes")
    assert [row["items"] for row in orjson.loads(cli("collections", "list", "--json").stdout)] == [8]
    assert "shapes" in cli("collections", "list").output
    described = orjson.loads(cli("collections", "describe", "shapes", "--json").stdout)
    assert (described["model"], described["attributes"]) == ("tiny", {"folder": "keyword"})
    assert "folder (keyword)" in cli("collections", "describe", "shapes").output
    assert cli("collections", "drop", "shapes", "--yes").exit_code == 0
    assert cli("collections", "describe", "shapes").exit_code == 3


def test_models_are_listed_and_verified(cli: Cli, data: Path) -> None:
    assert [row["name"] for row in orjson.loads(cli("models", "list", "--json").stdout)] == ["tiny"]
    assert cli("models", "verify").exit_code == 0
    (data / "bundles" / "tiny" / "tokenizer.json").write_text("{}")
    result = cli("models", "verify", "tiny")
    assert (result.exit_code, "checksum" in result.output) == (1, True)
    assert cli("models", "verify", "other").exit_code == 3


def test_the_starter_model_is_put_together_once(cli: Cli, data: Path) -> None:
    assert cli("models", "starter").exit_code == 0
    manifest = data / "bundles" / "starter" / "manifest.json"
    made = manifest.stat().st_mtime_ns
    assert cli("models", "starter").exit_code == 0
    assert manifest.stat().st_mtime_ns == made
    assert cli("models", "verify", "starter").exit_code == 0


def test_the_doctor_is_content_and_then_is_not(cli: Cli, data: Path) -> None:
    healthy = cli("doctor", "--port", "0")
    assert healthy.exit_code == 0, healthy.output
    (data / "bundles" / "tiny" / "image.onnx").unlink()
    sick = cli("doctor", "--port", "0", "--json")
    assert sick.exit_code == 1
    assert all(finding["advice"] for finding in orjson.loads(sick.stdout) if finding["state"] == "red")


def test_search_shows_a_table_and_says_what_is_missing(cli: Cli, folder: Path) -> None:
    cli("index", folder, "-c", "shapes")
    found = cli("search", "shapes", "red", "--limit", "1")
    assert "light/red-square.png" in found.output and "red square" in found.output
    assert cli("search", "nothing", "red").exit_code == 3
    assert cli("search", "shapes").exit_code == 2
    assert cli("search", "shapes", "red", "--filter", "nonsense").exit_code == 2
