"""Fetching: what is there stays, what is missing is said, what is wrong is refused. No network."""

from pathlib import Path

import pytest

from models.sources import SourceMissingError, ToolMissingError
from models.sources.errors import SourceError
from models.sources.fetch import fetch, package_folder
from models.sources.packages import NOTO, WORDNET


def test_an_unpacked_package_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    folder = tmp_path / "packages" / NOTO.folder
    folder.mkdir(parents=True)
    assert fetch(NOTO, tmp_path) == package_folder(NOTO, tmp_path) == folder


def test_a_missing_package_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SourceMissingError, match="make data"):
        package_folder(NOTO, tmp_path)


@pytest.mark.parametrize(("package", "tool"), [(NOTO, "npm"), (WORDNET, "apt-get")])
def test_a_missing_tool_is_named(package: object, tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match=tool):
        fetch(package, tmp_path)  # type: ignore[arg-type]


def test_an_archive_with_other_bytes_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    npm = tools / "npm"
    npm.write_text("#!/bin/sh\necho other > package.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/bin:/usr/bin")
    with pytest.raises(SourceError, match="sha256"):
        fetch(NOTO, tmp_path / "data")
    assert list((tmp_path / "data/packages").iterdir()) == []


def test_folders_are_plain_names() -> None:
    assert NOTO.folder == "iconify-json-noto-1.2.9"
    assert WORDNET.folder == "wordnet-base-1-3.0-37"
