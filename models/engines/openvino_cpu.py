"""OpenVINO on the CPU: fp32 that is fp32, int8 as exported, and bfloat16 arithmetic on CPUs that have it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import LifoQueue
from typing import Any

import numpy as np

from models.arrays import Vectors
from models.batches import BatchRules
from models.encoder import Graph, Tensor
from models.engines.port import OUTPUT, Arithmetic, Resources, Tower, batch_rules
from models.errors import EngineUnavailableError

_DEVICE = "CPU"
_HINTS: Mapping[Arithmetic, str] = {"fp32": "f32", "fp16": "f32", "int8": "f32", "bf16": "bf16"}
"""Of the arithmetic that is left to the engine: left alone it takes bfloat16 where the CPU has it."""
_TELEMETRY = "openvino_telemetry"


class OpenVinoCpu:
    """Adapter of `Engine`. A stream for each run at a time: with one stream a second caller waits for the first."""

    name = "openvino"
    packages = ("openvino",)
    is_on_cpu = True
    load_s = 60.0
    converts: Mapping[Arithmetic, tuple[Arithmetic, ...]] = {
        "fp32": ("fp32", "bf16"),
        "fp16": ("fp16",),
        "int8": ("int8",),
    }

    def rules(self, arithmetic: Arithmetic) -> BatchRules:
        return batch_rules(16, arithmetic, pads=False)

    def open(self, tower: Tower, arithmetic: Arithmetic, rules: BatchRules, resources: Resources) -> Graph:
        hint = _HINTS[arithmetic]
        core = _openvino().Core()
        if hint == "bf16" and "BF16" not in core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES"):
            raise EngineUnavailableError("this CPU has no bfloat16 arithmetic (avx512_bf16 or amx_bf16)")
        try:
            model = core.compile_model(core.read_model(tower.path), _DEVICE, _configuration(hint, resources))
        except RuntimeError as exc:
            raise EngineUnavailableError(f"OpenVINO cannot load {tower.path.name}: {exc}") from exc
        _require_precision(model, hint)
        return _OpenVinoGraph(model, resources.runs)


class _OpenVinoGraph:
    """One compiled model and as many requests as streams; a request holds the arrays of one run."""

    def __init__(self, model: Any, runs: int) -> None:
        self._provider = f"OpenVINO {_DEVICE} {model.get_property('INFERENCE_PRECISION_HINT').get_type_name()}"
        self._output = next(n for n, output in enumerate(model.outputs) if OUTPUT in output.get_names())
        self._free: LifoQueue[Any] = LifoQueue()
        for _ in range(runs):
            self._free.put(model.create_infer_request())

    @property
    def provider(self) -> str:
        return self._provider

    def run(self, inputs: Mapping[str, Tensor]) -> Vectors:
        with self._request() as request:
            request.infer(dict(inputs), share_inputs=True)
            return np.array(request.get_output_tensor(self._output).data, dtype=np.float32)

    @contextmanager
    def _request(self) -> Iterator[Any]:
        """Waits while more threads call than there are streams: a stream takes one run at a time anyway."""
        request = self._free.get()
        try:
            yield request
        finally:
            self._free.put(request)


def _openvino() -> Any:
    """The module, without the one that reports every import to its maker; OpenVINO has a stub for its absence."""
    sys.modules.setdefault(_TELEMETRY, None)  # type: ignore[arg-type]
    import openvino  # noqa: PLC0415 - heavy; imported when this engine is chosen

    # Its tables of types are made at their first use; two threads that meet there wait for each other for ever, one
    # with the interpreter's lock, the other with the table's (seen with 2026.4.1).
    openvino.Type.u8.to_dtype()
    openvino.Tensor(np.zeros(1, np.uint8))
    return openvino


def _configuration(hint: str, resources: Resources) -> dict[str, Any]:
    return {
        "INFERENCE_PRECISION_HINT": hint,
        "NUM_STREAMS": resources.runs,
        "INFERENCE_NUM_THREADS": resources.runs * resources.threads,
        # Other processes want these cores too.
        "ENABLE_CPU_PINNING": False,
        # Would quantise activations of int8 weights by itself.
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
    }


def _require_precision(model: Any, hint: str) -> None:
    taken = model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    if taken != hint:
        raise EngineUnavailableError(f"OpenVINO would compute in {taken}, not in {hint}")
