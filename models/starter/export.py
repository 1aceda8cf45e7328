"""How the starter stores its graphs, which `models.export.graphs` traces.

Owns two facts: weights are stored in half precision and widened by a Cast that ONNX Runtime folds when it loads;
the sentence encoder's own weights stay outside, in one binary file.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_HALVE_FROM = 1024
"""Tensors with fewer values stay float32: biases cost nothing and lose the most."""


def store_in_half(model: onnx.ModelProto) -> None:
    """Replace large float32 weights by float16 ones and a Cast, in place."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _HALVE_FROM and not tensor.external_data:
            name = tensor.name
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]


def move_outside(model: onnx.ModelProto, prefix: str, location: str, places: Mapping[str, tuple[int, int]]) -> None:
    """Let the weights whose name starts with `prefix` refer to (offset, length) in the file `location`, in place."""
    outside = set(places)
    for tensor in model.graph.initializer:
        name = tensor.name.removeprefix(prefix)
        if tensor.name.startswith(prefix) and name in places:
            offset, length = places[name]
            assert len(tensor.raw_data) == length, f"{name} was changed by the exporter"
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
                tensor.external_data.add(key=key, value=value)
            outside.discard(name)
    assert not outside, f"not in the graph under their own name: {sorted(outside)}"
