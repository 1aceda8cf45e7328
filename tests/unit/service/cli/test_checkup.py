"""The doctor's checks: green where all is well, and advice where it is not."""

import importlib.metadata
from pathlib import Path

import pytest

from models.engines import installed
from service.cli.checkup import check_bundles, check_data_dir, check_port, check_runtime, checkup
from service.cli.listening import listen
from service.settings import read_settings
from tests.fakes.tiny_bundle import make_tiny_bundle


def test_a_good_installation_has_nothing_red(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path / "bundles")
    findings = list(checkup(read_settings({}, data_dir=tmp_path, port=0, engine_budget_s=1.0)))
    assert [finding for finding in findings if finding.state == "red"] == []
    said = {finding.name: finding.detail for finding in findings}
    assert "a picture in" in said["Encoder"] and "the session runs on" in said["Encoder"]
    assert "onnxruntime" in said["Engines"] and said["Engine"].startswith("tiny: ")
    assert sum(finding.name == "Tried" for finding in findings) == len(installed())


def test_a_precision_that_nothing_runs_is_red_and_says_what_would(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path / "bundles")
    findings = list(checkup(read_settings({}, data_dir=tmp_path, port=0, precision="int8")))
    (red,) = [finding for finding in findings if finding.state == "red"]
    assert red.name == "Engine" and "int8 an int8 bundle" in red.detail and "LOOKALIKE_PRECISION" in red.advice


def test_a_damaged_and_a_missing_bundle_are_red_with_advice(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundles")
    bundle.image_graph.write_bytes(b"other")
    findings = list(check_bundles(read_settings({}, data_dir=tmp_path)))
    assert [finding.state for finding in findings] == ["red", "red"]
    assert "checksum" in findings[0].detail and "lookalike models starter" in findings[1].advice


def test_two_runtimes_in_one_folder_are_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.0")
    finding = check_runtime()
    assert finding.state == "red" and "uninstall" in finding.advice


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert check_port(read_settings({}, data_dir=tmp_path, port=port)).state == "yellow"


def test_a_data_directory_that_cannot_be_one_is_red(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert check_data_dir(tmp_path / "file").state == "red"
