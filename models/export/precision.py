"""Graphs of less precision, made from the fp32 graph. Owns what each word means; whether it is good enough is
measured by `models.export.fidelity`.

- fp16 is not here: weights and arithmetic are halved before tracing (`models.export.towers.InHalf`).
- bf16: weights rounded to bfloat16 and widened when the graph is loaded; whether the arithmetic is bfloat16 too is
  the engine's choice (OpenVINO and TensorRT have a setting for it, ONNX Runtime on a CPU has no such kernels).
- int8: weights of MatMul and Gemm in 8 bits, activations quantised while running. Never convolutions: that breaks
  FastViT and its like. Weights are unsigned: on a CPU without VNNI the kernels for signed ones add two products in
  16 bits and saturate, so that the vectors would depend on the machine.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.export.graphs import save
from models.export.quiet import quiet

_ROUND_FROM = 1024
"""Smaller tensors keep float32: biases cost nothing and lose the most."""


def to_bf16(source: Path, target: Path) -> None:
    """Write the graph `source` with rounded weights."""
    save(_round_weights(onnx.load(source)), target)


def to_int8(source: Path, target: Path) -> None:
    """Write the graph `source` with quantised matrices."""
    external = source.with_name(f"{source.name}.data").exists()
    with quiet():
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul", "Gemm"],
            weight_type=QuantType.QUInt8,
            per_channel=True,
            use_external_data_format=external,
        )


def _round_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large float32 weights as bfloat16 and a Cast, in place."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _ROUND_FROM:
            name, values = tensor.name, numpy_helper.to_array(tensor)
            tensor.CopyFrom(_bfloat16(values, f"{name}_bf16"))
            casts.append(helper.make_node("Cast", [f"{name}_bf16"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _bfloat16(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], name: str) -> TensorProto:
    """Rounded to the nearest, ties to even: the upper half of each float32."""
    bits = np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return helper.make_tensor(name, TensorProto.BFLOAT16, values.shape, rounded.tobytes(), raw=True)
