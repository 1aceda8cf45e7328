"""What is asked of TensorRT; running it needs a card (benchmarks/gpu)."""

from pathlib import Path

from models.batches import BatchRules
from models.engines.onnxruntime_tensorrt import profile
from models.engines.port import image_tower, text_tower
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
