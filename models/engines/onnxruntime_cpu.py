"""ONNX Runtime on the CPU: the reference that every other engine is compared with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.arrays import Vectors
from models.batches import BatchRules
from models.encoder import Graph, Tensor
from models.engines.port import OUTPUT, Arithmetic, Resources, Tower, batch_rules
from models.engines.sessions import open_session

_PROVIDER = "CPUExecutionProvider"


class OnnxRuntimeCpu:
    """Adapter of `Engine`. Callers get parallelism by calling from several threads: on a CPU several runs of one
    thread beat one run of several (docs/benchmarks.md)."""

    name = "onnxruntime"
    packages = ("onnxruntime", "onnxruntime-gpu")
    is_on_cpu = True
    load_s = 60.0
    converts: Mapping[Arithmetic, tuple[Arithmetic, ...]] = {"fp32": ("fp32",), "fp16": ("fp16",), "int8": ("int8",)}

    def rules(self, arithmetic: Arithmetic) -> BatchRules:
        return batch_rules(16, arithmetic, pads=False)

    def open(self, tower: Tower, arithmetic: Arithmetic, rules: BatchRules, resources: Resources) -> Graph:
        return _CpuGraph(open_session(tower.path, [(_PROVIDER, {})], resources))


class _CpuGraph:
    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def provider(self) -> str:
        return str(self._session.get_providers()[0])

    def run(self, inputs: Mapping[str, Tensor]) -> Vectors:
        (vectors,) = self._session.run([OUTPUT], dict(inputs))
        return np.asarray(vectors, dtype=np.float32)
