"""What is asked of TensorRT; running it needs a card (benchmarks/gpu)."""

import sys
from pathlib import Path

import pytest

from models.batches import BatchRules
from models.engines import gpu_libraries
from models.engines.gpu_libraries import load_tensorrt_libraries
from models.engines.onnxruntime_tensorrt import profile
from models.engines.port import image_tower, text_tower
from models.errors import EngineUnavailableError
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.fakes.tiny_manifest import CONTEXT, SIZE


def test_one_profile_holds_every_shape_that_is_sent(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path)
    assert profile(image_tower(bundle), BatchRules(64, pads=True)) == {
        "trt_profile_min_shapes": f"pixels:1x{SIZE}x{SIZE}x3",
        "trt_profile_opt_shapes": f"pixels:32x{SIZE}x{SIZE}x3",
        "trt_profile_max_shapes": f"pixels:64x{SIZE}x{SIZE}x3",
    }
    texts = profile(text_tower(bundle), BatchRules(8, pads=True))
    assert texts["trt_profile_min_shapes"] == "input_ids:1x1,attention_mask:1x1"
    assert texts["trt_profile_max_shapes"] == f"input_ids:8x{CONTEXT},attention_mask:8x{CONTEXT}"


def test_the_libraries_of_the_package_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tensorrt_libs.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(gpu_libraries, "TENSORRT", None)  # the process itself, which is loaded
    load_tensorrt_libraries()
    assert sys.modules.pop("tensorrt_libs").__file__ == str(tmp_path / "tensorrt_libs.py")


def test_where_it_is_missing_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_libraries, "TENSORRT", "libthere-is-none.so.10")
    with pytest.raises(EngineUnavailableError, match="pip install 'tensorrt-cu13"):
        load_tensorrt_libraries()
