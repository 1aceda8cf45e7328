"""`lookalike models export` and `verify`, as a person types them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from models.bundle import file_sha256, open_bundle
from models.export.probe import FILE_NAME, Probe, read_probe, write_probe
from models.manifest import write_manifest
from service.cli import app
from tests.unit.models.export import tiny

pytestmark = pytest.mark.timeout(600)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one bundle that the command made."""
    data = tmp_path_factory.mktemp("data")
    source = tiny.causal(data / "source")
    result = _run("export", f"local-dir:{source}", "--name", "small", "--licence", "MIT", "--data", data)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == str(data / "bundles" / "small")
    assert "image_cosine_min: 1.000000" in result.stdout
    assert "warning: modality means are zero" in result.stderr
    return data


def test_a_new_bundle_is_listed_and_verified(bundles: Path) -> None:
    assert "small" in _run("list", "--data", bundles).stdout
    by_name, by_folder = _run("verify", "small", "--data", bundles), _run("verify", bundles / "bundles" / "small")
    assert by_name.stdout == by_folder.stdout
    assert "4 files intact; least cosine to the source: image 1.000000, text 1.000000" in by_name.stdout


def test_verify_finds_vectors_that_are_not_the_source_s(bundles: Path, tmp_path: Path) -> None:
    """Every checksum is right, yet the graphs are not those of which the maker noted the vectors."""
    folder = bundles / "bundles" / "small"
    other = tmp_path / "bundles" / "other"
    other.mkdir(parents=True)
    for file in folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    probe = read_probe(folder)
    write_probe(other, Probe(np.roll(probe.image, 1, axis=0), probe.text))
    manifest = open_bundle(folder).manifest
    files = {**manifest.files, FILE_NAME: file_sha256(other / FILE_NAME)}
    write_manifest(other, manifest.model_copy(update={"files": files}))
    result = _run("verify", "--data", tmp_path)
    assert result.exit_code == 1
    assert "the image tower gives other vectors than the source" in result.stderr


def test_a_licence_that_forbids_commercial_use_must_be_accepted(tmp_path: Path) -> None:
    result = _run("export", "MobileCLIP2-S0", "--pretrained", "dfndr2b", "--into", tmp_path)
    assert (result.exit_code, "--accept-licence" in result.stderr) == (3, True)


def test_without_a_way_to_the_hub_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    result = _run("export", "ViT-B-32", "--pretrained", "laion2b_s34b_b79k", "--into", tmp_path)
    assert (result.exit_code, "--checkpoint FILE" in result.stderr) == (3, True)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['torch'] = None; from service.cli import main; main()"
    command = [sys.executable, "-c", code, "models", "export", "ViT-B-32", "--into", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 3
    assert "exporting needs the extra `train` (torch is not installed)" in found.stderr
