"""A real bundle of a few kilobytes that understands colours. Owns nothing that is shipped.

Image tower: the mean colour and a coarse grid, through fixed projections. Text tower: a table of colour words
along the same axes, other words off them, and the mean over the tokens. So "red" finds a red picture, for a reason.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from models.bundle import Bundle, file_sha256, open_bundle
from models.manifest import write_manifest
from tests.fakes.tiny_manifest import DIMENSION, SIZE, tiny_manifest

GRID = 4
COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
}
WORDS = ("in", "a", "the", "of", "shoe", "dress", "bag", "lamp", "square", "photo", "with", ",", "and", "very")
UNKNOWN = "[UNK]"
Graph = Any


def make_tiny_bundle(folder: Path, name: str = "tiny", **changes: Any) -> Bundle:
    """Write a bundle into `folder/name`; `changes` go into its manifest."""
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    save(_image_graph(), target / "image.onnx")
    save(_text_graph(), target / "text.onnx")
    _tokenizer().save(str(target / "tokenizer.json"))
    files = {path.name: file_sha256(path) for path in sorted(target.iterdir()) if path.name != "manifest.json"}
    write_manifest(target, tiny_manifest(name, files=files, **changes))
    return open_bundle(target)


def _axes() -> NDArray[np.float32]:
    """Orthonormal rows float32 [d, d]; the first three carry colour."""
    random = np.random.default_rng(7).normal(size=(DIMENSION, DIMENSION))
    return np.linalg.qr(random)[0].astype(np.float32)


def _signed(colour: tuple[int, int, int]) -> NDArray[np.float32]:
    return np.asarray(colour, dtype=np.float32) / 127.5 - 1.0


def _image_graph() -> Graph:
    """uint8 [n, 32, 32, 3] to [n, d]: 4 x 4 cells, their mean colour along three axes, the rest lightly on others."""
    cell = SIZE // GRID
    columns = GRID * GRID * 3
    mean_colour = np.tile(np.eye(3, dtype=np.float32), (GRID * GRID, 1)) / (GRID * GRID)
    detail = np.random.default_rng(3).normal(size=(columns, DIMENSION - 3)).astype(np.float32) * 0.02
    projection = mean_colour @ _axes()[:3] + detail @ _axes()[3:]
    bias = 0.05 * _axes()[3]
    shape = np.asarray([-1, GRID, cell, GRID, cell, 3], dtype=np.int64)
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "half"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "one"], ["signed"]),
        helper.make_node("Reshape", ["signed", "cells"], ["blocks"]),
        helper.make_node("ReduceMean", ["blocks", "inner"], ["means"], keepdims=0),
        helper.make_node("Flatten", ["means"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "projection"], ["projected"]),
        helper.make_node("Add", ["projected", "bias"], ["raw"]),
        helper.make_node("LpNormalization", ["raw"], ["embedding"], axis=-1, p=2),
    ]
    constants = {
        "half": np.float32(127.5),
        "one": np.float32(1.0),
        "cells": shape,
        "inner": np.asarray([2, 4], dtype=np.int64),
        "projection": projection,
        "bias": bias,
    }
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIZE, SIZE, 3])]
    return _model("image", nodes, inputs, constants)


def _text_graph() -> Graph:
    """int64 [n, t] ids and mask to [n, d]: the mean of the words' vectors."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["weights", "last"], ["column"]),
        helper.make_node("Mul", ["words", "column"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "time"], ["total"], keepdims=0),
        helper.make_node("LpNormalization", ["total"], ["embedding"], axis=-1, p=2),
    ]
    constants = {
        "table": _word_table(),
        "last": np.asarray([2], dtype=np.int64),
        "time": np.asarray([1], dtype=np.int64),
    }
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")
    ]
    return _model("text", nodes, inputs, constants)


def _word_table() -> NDArray[np.float32]:
    colours = [_signed(colour) @ _axes()[:3] for colour in COLOURS.values()]
    others = np.random.default_rng(11).normal(size=(len(WORDS) + 1, DIMENSION - 3)) @ _axes()[3:] * 0.1
    return np.concatenate([np.stack(colours), others]).astype(np.float32)


def _tokenizer() -> Tokenizer:
    vocabulary = {word: n for n, word in enumerate((*COLOURS, *WORDS, UNKNOWN))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def _model(name: str, nodes: list[Graph], inputs: list[Graph], constants: dict[str, Any]) -> Graph:
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIMENSION])
    tensors = [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, [output], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
