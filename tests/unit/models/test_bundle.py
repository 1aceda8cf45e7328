"""Bundles on disk: complete or refused."""

from pathlib import Path

import pytest

from models.bundle import find_bundles, open_bundle
from models.errors import BundleError
from tests.fakes.tiny_bundle import make_tiny_bundle


def test_an_intact_bundle_opens_and_verifies(tmp_path: Path) -> None:
    made = make_tiny_bundle(tmp_path)
    assert open_bundle(made.folder, verify=True) == made
    assert made.image_graph.is_file() and made.text_graph.is_file() and made.tokenizer.is_file()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    made = make_tiny_bundle(tmp_path)
    made.text_graph.unlink()
    with pytest.raises(BundleError, match=r"incomplete: text\.onnx missing"):
        open_bundle(made.folder)


def test_a_changed_file_is_found_by_its_checksum(tmp_path: Path) -> None:
    made = make_tiny_bundle(tmp_path)
    with made.image_graph.open("ab") as file:
        file.write(b"x")
    assert open_bundle(made.folder) == made
    with pytest.raises(BundleError, match=r"checksum mismatch in image\.onnx"):
        open_bundle(made.folder, verify=True)


def test_bundles_are_found_by_name_and_other_folders_are_ignored(tmp_path: Path) -> None:
    for name in ("b", "a"):
        make_tiny_bundle(tmp_path, name)
    (tmp_path / "notes").mkdir()
    assert [bundle.manifest.name for bundle in find_bundles(tmp_path)] == ["a", "b"]


def test_an_incomplete_bundle_among_others_is_an_error(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path, "a").tokenizer.unlink()
    with pytest.raises(BundleError, match="tokenizer"):
        list(find_bundles(tmp_path))


def test_a_folder_that_is_not_there_holds_no_bundles(tmp_path: Path) -> None:
    assert list(find_bundles(tmp_path / "nothing")) == []
