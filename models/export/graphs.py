"""Torch towers to ONNX files. Owns the exporter's settings and how large graphs are stored.

The dynamo exporter at opset 20: at 18 it splits GELU into parts that ONNX Runtime does not fuse.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

OPSET = 20
_TRACED_OUTPUT = "vector_of_unit_length"
_ONE_FILE_BYTES = 1_800_000_000
"""A protobuf holds 2 GiB; above this the weights lie in a file beside the graph."""


def trace(tower: nn.Module, name: str, example: Tensor, dynamic: Mapping[int, tuple[str, int, int]]) -> onnx.ModelProto:
    """One graph from input `name` to `embedding`.

    `dynamic` gives the free axes of the input: axis to (name, least, most).
    """
    axes = {axis: Dim(label, min=low, max=high) for axis, (label, low, high) in dynamic.items()}
    return _with_output(export_graph(tower, {name: example}, {name: axes}, (_TRACED_OUTPUT,)), "embedding")


def export_graph(
    tower: nn.Module, examples: Mapping[str, Tensor], free: Mapping[str, Mapping[int, Dim]], outputs: Sequence[str]
) -> onnx.ModelProto:
    """Trace `tower` from named inputs to named outputs; `free` gives the axes of each input that may vary."""
    with _settings():
        program = torch.onnx.export(
            tower,
            kwargs=dict(examples),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(examples),
            output_names=list(outputs),
            dynamic_shapes={name: dict(axes) for name, axes in free.items()},
            verbose=False,
        )
    assert program is not None  # only None without dynamo
    return _without_notes(program.model_proto)


def save(model: onnx.ModelProto, path: Path) -> None:
    """One file, or two (`NAME.onnx` and `NAME.onnx.data`) where one cannot hold the weights."""
    if model.ByteSize() < _ONE_FILE_BYTES:
        path.write_bytes(model.SerializeToString())
        return
    onnx.save_model(model, str(path), save_as_external_data=True, location=f"{path.name}.data", size_threshold=1024)


def _with_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Name the output; a value inside that the exporter called the same (a table of tokens does) gets another name."""
    names = {name: f"{name}_inside", _TRACED_OUTPUT: name}
    for node in model.graph.node:
        for places in (node.input, node.output):
            for place, old in enumerate(places):
                places[place] = names.get(old, old)
    for value in (*model.graph.output, *model.graph.initializer, *model.graph.value_info):
        value.name = names.get(value.name, value.name)
    return model


def _without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The exporter notes paths of this machine and stack traces at each node."""
    model.ClearField("metadata_props")
    model.doc_string = ""
    graph = model.graph
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
        part.doc_string = ""
    return model


@contextmanager
def _settings() -> Iterator[None]:
    """Plain attention (its fast path has no ONNX form), and quiet libraries: they warn of their own insides."""
    fast = torch.backends.mha.get_fastpath_enabled()
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    torch.backends.mha.set_fastpath_enabled(False)
    logger.setLevel(logging.ERROR)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        logger.setLevel(level)
