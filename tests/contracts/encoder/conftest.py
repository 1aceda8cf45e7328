"""Every engine that this machine has, at every precision that it runs here, with one small real bundle."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from onnxruntime.quantization import QuantType, quantize_dynamic

from models.bundle import Bundle
from models.encoder import BundleEncoder
from models.engines import Resources, installed, load
from models.engines.registry import engine_called
from models.errors import EngineUnavailableError
from tests.fakes.tiny_bundle import make_tiny_bundle

TOLERANCES = {"fp32": 1e-5, "fp16": 5e-3, "bf16": 2e-2, "int8": 2e-2}
"""Largest difference of a component to ONNX Runtime's: in fp32 for pinned precisions, of the same graph for int8,
where engines round the 8-bit steps of an activation (1/255 of its range) their own way."""
THREADS = 8
CASES = [
    (name, precision)
    for name in installed()
    for precision in (*engine_called(name).converts["fp32"], *engine_called(name).converts.get("int8", ()))
]


@dataclass(frozen=True)
class Case:
    """An engine at a precision, and the encoder that says what is right."""

    encoder: BundleEncoder
    reference: BundleEncoder
    tolerance: float


@pytest.fixture(scope="session")
def exact_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="session")
def int8_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Matrices in 8 bits, activations quantised by the range of the whole batch."""
    folder = tmp_path_factory.mktemp("bundles")
    bundle = make_tiny_bundle(folder, "tiny-int8", precision="int8")
    exact: Path = bundle.image_graph.rename(folder / "exact.onnx")
    quantize_dynamic(exact, bundle.image_graph, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
    return bundle


@pytest.fixture(scope="session", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest, exact_bundle: Bundle, int8_bundle: Bundle) -> Case:
    engine, precision = request.param
    bundle = int8_bundle if precision == "int8" else exact_bundle
    try:
        encoder = load(bundle, engine, precision, Resources(runs=2))
    except EngineUnavailableError as exc:
        pytest.skip(str(exc))
    return Case(encoder, load(bundle), TOLERANCES[precision])
