"""Fidelity, curves, samples and the drawn probe: pure parts, known answers."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from models.export import curves
from models.export.errors import CalibrationDataError, FidelityError
from models.export.fidelity import measure, require_enough, require_signal
from models.export.precision import to_bf16, to_int8
from models.export.probe import drawn_pictures
from models.export.sample import read_sample
from models.pictures import Preprocessing

SPEC = Preprocessing(16)


def _vectors(count: int = 200, seed: int = 0, common: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((count, 32)) + common
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_the_same_vectors_are_faithful() -> None:
    result = measure(_vectors(), _vectors())
    assert result.is_enough
    assert result.same_neighbour == 1.0


def test_a_common_part_does_not_hide_damage() -> None:
    """Two unrelated sets that share a large offset: the plain cosine is high, the centred one is not."""
    left, right = _vectors(seed=0, common=8.0), _vectors(seed=1, common=8.0)
    assert np.einsum("nd,nd->n", left, right).mean() > 0.95
    result = measure(left, right)
    assert result.centred_cosine < 0.3
    with pytest.raises(FidelityError, match=r"int8 refused: the image tower .* on 200 inputs"):
        require_enough(result, "int8", "image")


def test_one_vector_for_all_is_no_signal() -> None:
    with pytest.raises(FidelityError, match="the same vector"):
        require_signal(np.repeat(_vectors(1), 50, axis=0))


def test_a_fitted_curve_tells_matching_from_other() -> None:
    left = _vectors(100)
    noisy = left + 0.1 * _vectors(100, seed=2)
    curve = curves.fit(curves.Pairs(left, noisy / np.linalg.norm(noisy, axis=1, keepdims=True)))
    low, high = curve.score(np.asarray([0.0, 0.95], np.float32))
    assert low < 0.2
    assert high > 0.8


def test_guesses_follow_the_logit() -> None:
    assert curves.guess_text_image(112.0, -16.0) == curves.Calibration(112.0, -16.0)
    assert curves.guess_text_image(100.0, 0.0).score(np.asarray([0.25], np.float32))[0] == pytest.approx(0.5)


def test_a_sample_is_always_the_same_and_skips_what_is_broken(tmp_path: Path) -> None:
    for number in range(6):
        Image.new("RGB", (20, 30), (number * 40, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    (tmp_path / "0.txt").write_text("the first\nother line")
    found = read_sample(tmp_path, SPEC, 10)
    assert len(found.pixels) == 6
    assert [text for text in found.texts if text] == ["the first"]
    assert np.array_equal(found.pixels, read_sample(tmp_path, SPEC, 10).pixels)
    assert len(read_sample(tmp_path, SPEC, 4).pixels) == 4


def test_texts_come_from_a_list_in_or_above_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (20, 30)).save(folder / "a.png")
    row = {"id": "1", "image": "pictures/a.png", "title": "a black square", "price": 3}
    (tmp_path / "catalogue.jsonl").write_text(json.dumps(row) + "\n")
    assert read_sample(folder, SPEC, 5).texts == ("a black square",)
    (folder / "captions.jsonl").write_text('{"picture": "a.png"}\n')
    with pytest.raises(CalibrationDataError, match="line 1"):
        read_sample(folder, SPEC, 5)


def test_a_text_of_two_pictures_is_used_once(tmp_path: Path) -> None:
    for name in "ab":
        Image.new("RGB", (20, 30)).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text("the same")
    assert len(read_sample(tmp_path, SPEC, 5).captioned) == 1


@pytest.mark.parametrize("place", ["missing", "."])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(CalibrationDataError):
        read_sample(tmp_path / place, SPEC, 5)


def test_the_probe_pictures_differ_and_fill_the_range() -> None:
    pictures = drawn_pictures(64)
    assert pictures.shape == (6, 64, 64, 3)
    assert (pictures.min(), pictures.max()) == (0, 255)
    assert len({picture.tobytes() for picture in pictures}) == 6


@pytest.mark.parametrize(("convert", "error", "share"), [(to_bf16, 2**-8, 0.6), (to_int8, 0.02, 0.4)])
def test_a_converted_graph_is_smaller_and_close(
    tmp_path: Path, convert: Callable[[Path, Path], None], error: float, share: float
) -> None:
    weights = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 64]) for name in "xy"]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])
    exact, converted = tmp_path / "exact.onnx", tmp_path / "converted.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), exact)
    convert(exact, converted)
    (found,) = onnxruntime.InferenceSession(converted).run(None, {"x": np.eye(64, dtype=np.float32)})
    assert np.abs(found - weights).max() <= np.abs(weights).max() * error
    assert converted.stat().st_size < exact.stat().st_size * share
