"""Floating-point operations of one input, counted in the graph itself: matrix products and convolutions."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from onnx import ModelProto, NodeProto, ValueInfoProto

Shape = tuple[int, ...]


def operations(graph: Path, sizes: Mapping[str, int]) -> float:
    """Of one run with the named axes of these sizes, `n` the rows; one multiplication and one addition are two."""
    model = _sized(onnx.load(graph, load_external_data=False), sizes)
    shapes = _shapes(model)
    return float(sum(_of_node(node, shapes, sizes["n"]) for node in model.graph.node))


def _sized(model: ModelProto, sizes: Mapping[str, int]) -> ModelProto:
    """The model with fixed shapes; what the exporter noted of the shapes in between is worked out again."""
    for value in (*model.graph.input, *model.graph.output):
        for axis in value.type.tensor_type.shape.dim:
            if axis.dim_param:
                axis.dim_value = sizes.get(axis.dim_param, 1)
    del model.graph.value_info[:]
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def _shapes(model: ModelProto) -> dict[str, Shape]:
    values: Sequence[ValueInfoProto] = (*model.graph.input, *model.graph.value_info, *model.graph.output)
    shapes = {one.name: tuple(axis.dim_value for axis in one.type.tensor_type.shape.dim) for one in values}
    return shapes | {weight.name: tuple(weight.dims) for weight in model.graph.initializer}


def _of_node(node: NodeProto, shapes: Mapping[str, Shape], rows: int) -> float:
    if node.op_type not in ("MatMul", "Gemm", "Conv"):
        return 0.0
    first, second, out = (shapes.get(name, ()) for name in (node.input[0], node.input[1], node.output[0]))
    if not out or 0 in out:
        if node.op_type == "Gemm" and len(second) == 2:  # of pooled rows, whose shape nothing in the graph tells
            return 2.0 * rows * math.prod(second)
        raise ValueError(f"the shape of {node.output[0]} could not be worked out")
    if node.op_type == "Conv":  # weights are [out, in / groups, height, width]
        return 2.0 * math.prod(out) * math.prod(second[1:])
    inner = first[-2] if _is_transposed(node) else first[-1]
    return 2.0 * math.prod(out) * inner


def _is_transposed(node: NodeProto) -> bool:
    return node.op_type == "Gemm" and any(one.name == "transA" and one.i for one in node.attribute)
