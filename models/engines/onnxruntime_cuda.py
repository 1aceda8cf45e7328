"""ONNX Runtime on an NVIDIA card through CUDA and cuDNN. Half precision needs a bundle that was exported in it."""

from collections.abc import Mapping

from models.batches import BatchRules
from models.encoder import Graph
from models.engines.bound_graph import BoundGraph
from models.engines.gpu_libraries import load_cuda_libraries
from models.engines.port import Arithmetic, Resources, Tower, batch_rules
from models.engines.sessions import Provider, open_session

CUDA: Provider = (
    "CUDAExecutionProvider",
    {
        "device_id": "0",
        "arena_extend_strategy": "kSameAsRequested",
        # The exhaustive search stalls the first run of every shape for seconds.
        "cudnn_conv_algo_search": "HEURISTIC",
        # TF32 has 10 bits of mantissa: it is not fp32.
        "use_tf32": "0",
    },
)


class Cuda:
    """Adapter of `Engine`."""

    name = "cuda"
    packages = ("onnxruntime-gpu",)
    is_on_cpu = False
    load_s = 120.0
    converts: Mapping[Arithmetic, tuple[Arithmetic, ...]] = {"fp32": ("fp32",), "fp16": ("fp16",)}

    def rules(self, arithmetic: Arithmetic) -> BatchRules:
        return batch_rules(256, arithmetic, pads=True)

    def open(self, tower: Tower, arithmetic: Arithmetic, rules: BatchRules, resources: Resources) -> Graph:
        load_cuda_libraries()
        return BoundGraph(open_session(tower.path, [CUDA, ("CPUExecutionProvider", {})], resources))
