"""`lookalike models fidelity` with a real bundle, real engines and enough pictures."""

from itertools import combinations, islice, product
from pathlib import Path

import numpy as np
import orjson
import pytest
from onnxruntime.quantization import QuantType, quantize_dynamic
from PIL import Image
from typer.testing import CliRunner, Result

from models.export.fidelity import MIN_PICTURES
from service.cli import app
from tests.fakes.tiny_bundle import COLOURS, WORDS, make_tiny_bundle
from tests.fakes.tiny_manifest import SIZE


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, and one of which the image tower is in 8 bits."""
    folder = tmp_path_factory.mktemp("data")
    make_tiny_bundle(folder / "bundles")
    reduced = make_tiny_bundle(folder / "bundles", "reduced", precision="int8")
    exact = reduced.image_graph.rename(folder / "exact.onnx")
    quantize_dynamic(exact, reduced.image_graph, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grainy pictures, each with a caption of its own."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    captions = product(COLOURS, combinations(WORDS, 2))
    for number, (colour, words) in enumerate(islice(captions, MIN_PICTURES)):
        pixels = np.clip(random.integers(-90, 91, (SIZE, SIZE, 3)) + random.integers(0, 256, 3), 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"{colour} {' '.join(words)}")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", "fidelity", *map(str, arguments)])


def test_another_engine_at_the_same_precision_passes(data: Path, pictures: Path) -> None:
    result = run("tiny", "--engine", "openvino", "--pictures", pictures, "--data", data, "--json")
    figures = orjson.loads(result.stdout)
    assert (result.exit_code, figures["passed"], figures["text_fidelity_inputs"]) == (0, True, MIN_PICTURES)
    assert figures["image_fidelity_centred_cosine"] > 0.9999


def test_a_reduced_bundle_is_measured_beside_its_reference(data: Path, pictures: Path) -> None:
    result = run("reduced", "--reference", "tiny", "--pictures", pictures, "--data", data, "--json")
    figures = orjson.loads(result.stdout)
    assert 0.9 < figures["image_fidelity_centred_cosine"] < 1 - 1e-6
    assert figures["text_fidelity_centred_cosine"] == pytest.approx(1.0, abs=1e-6)


def test_too_few_pictures_are_no_proof(data: Path, pictures: Path) -> None:
    result = run("tiny", "--sample", 20, "--pictures", pictures, "--data", data)
    assert result.exit_code == 1
    assert "refused: the limits are 0.995 and 95% on at least 500" in result.stdout


def test_a_model_or_precision_that_there_is_not_is_said(data: Path, pictures: Path) -> None:
    assert run("magic", "--pictures", pictures, "--data", data).exit_code == 3
    assert "cannot run the model" in run("tiny", "--precision", "int8", "--pictures", pictures, "--data", data).stderr
