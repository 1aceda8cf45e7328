"""The first runs of an engine may come on many threads at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.engines import installed
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.integration.encoder.first_runs import THREADS


@pytest.mark.parametrize("engine", [name for name in ("onnxruntime", "openvino") if name in installed()])
def test_first_runs_side_by_side_all_end(tmp_path: Path, engine: str) -> None:
    bundle = make_tiny_bundle(tmp_path)
    command = [sys.executable, "-m", "tests.integration.encoder.first_runs", str(bundle.folder), engine]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [str(THREADS)]
