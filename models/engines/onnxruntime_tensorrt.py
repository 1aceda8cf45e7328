"""ONNX Runtime on an NVIDIA card through TensorRT: compiled engines, kept in a folder, for a fixed range of shapes."""

from collections.abc import Mapping
from pathlib import Path

from models.batches import BatchRules
from models.encoder import Graph
from models.engines.bound_graph import BoundGraph
from models.engines.gpu_libraries import load_cuda_libraries, load_tensorrt_libraries
from models.engines.onnxruntime_cuda import CUDA
from models.engines.port import Arithmetic, Resources, Tower, batch_rules
from models.engines.sessions import Provider, open_session

_PROVIDER = "TensorrtExecutionProvider"
_FAVOURED_ROWS = 32
"""The batch that TensorRT tunes its kernels for."""


class TensorRt:
    """Adapter of `Engine`. Runs an fp32 bundle in half precision or bfloat16 where that is pinned."""

    name = "tensorrt"
    packages = ("onnxruntime-gpu",)
    is_on_cpu = False
    load_s = 1200.0
    converts: Mapping[Arithmetic, tuple[Arithmetic, ...]] = {"fp32": ("fp32", "fp16", "bf16"), "fp16": ("fp16",)}

    def rules(self, arithmetic: Arithmetic) -> BatchRules:
        return batch_rules(128, arithmetic, pads=True)

    def open(self, tower: Tower, arithmetic: Arithmetic, rules: BatchRules, resources: Resources) -> Graph:
        load_cuda_libraries()
        load_tensorrt_libraries()
        options = profile(tower, rules) | _precision(arithmetic) | _cache(tower, arithmetic, resources.cache_dir)
        providers: list[Provider] = [(_PROVIDER, options), CUDA, ("CPUExecutionProvider", {})]
        return BoundGraph(open_session(tower.path, providers, resources))


def profile(tower: Tower, rules: BatchRules) -> dict[str, str]:
    """One optimisation profile over every shape that is ever sent, so that nothing is compiled while serving."""
    favoured = min(_FAVOURED_ROWS, rules.max_rows)
    return {
        "trt_profile_min_shapes": _shapes(1, tower.narrowest),
        "trt_profile_opt_shapes": _shapes(favoured, tower.widest),
        "trt_profile_max_shapes": _shapes(rules.max_rows, tower.widest),
    }


def _shapes(rows: int, inputs: Mapping[str, tuple[int, ...]]) -> str:
    """As the provider wants them: `pixels:8x224x224x3,other:8x77`."""
    return ",".join(f"{name}:{'x'.join(map(str, (rows, *shape)))}" for name, shape in inputs.items())


def _precision(arithmetic: Arithmetic) -> dict[str, str]:
    return {"trt_fp16_enable": str(arithmetic == "fp16"), "trt_bf16_enable": str(arithmetic == "bf16")}


def _cache(tower: Tower, arithmetic: Arithmetic, folder: Path | None) -> dict[str, str]:
    """Engines are kept for each tower and precision; the provider itself checks version and card."""
    if folder is None:
        return {}
    place = folder / "tensorrt" / f"{tower.fingerprint[:16]}-{arithmetic}"
    place.mkdir(parents=True, exist_ok=True)
    return {
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": str(place),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": str(place),
    }
