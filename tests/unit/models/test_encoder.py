"""The ONNX adapter with a real, tiny bundle."""

from collections.abc import Iterator

import numpy as np
import pytest

from models.arrays import Pixels
from models.encoder import OnnxEncoder
from models.errors import TextError
from models.pictures import decode_pixels
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS, make_tiny_bundle
from tests.fakes.tiny_manifest import CONTEXT, DIMENSION


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnnxEncoder]:
    yield OnnxEncoder(make_tiny_bundle(tmp_path_factory.mktemp("bundles")))


def pixels_of(encoder: OnnxEncoder, *colours: str) -> Pixels:
    spec = encoder.manifest.image.preprocessing
    return np.stack([decode_pixels(picture(COLOURS[colour]), spec) for colour in colours])


def test_pictures_become_unit_vectors(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_pixels(pixels_of(encoder, "red", "blue"))
    assert (vectors.dtype, vectors.shape) == (np.float32, (2, DIMENSION))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_a_text_and_the_picture_that_it_names_lie_together(encoder: OnnxEncoder) -> None:
    texts = encoder.encode_texts(["red", "green", "blue"]).vectors
    pictures = encoder.encode_pixels(pixels_of(encoder, "red", "green", "blue"))
    assert (texts @ pictures.T).argmax(axis=1).tolist() == [0, 1, 2]


def test_a_text_longer_than_the_context_is_cut_and_says_so(encoder: OnnxEncoder) -> None:
    exact, long = " ".join(["red"] * CONTEXT), " ".join(["red"] * CONTEXT + ["blue"])
    encoded = encoder.encode_texts([exact, long, "red"])
    assert encoded.truncated == (False, True, False)
    assert encoded.token_counts == (CONTEXT, CONTEXT, 1)
    assert encoded.vectors[1] == pytest.approx(encoded.vectors[0], abs=1e-6)


def test_padding_in_a_batch_changes_nothing(encoder: OnnxEncoder) -> None:
    alone = encoder.encode_texts(["red"]).vectors[0]
    beside = encoder.encode_texts(["red", "a very long photo of the green shoe"]).vectors[0]
    assert beside == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_text_without_a_token_is_refused(encoder: OnnxEncoder, text: str) -> None:
    with pytest.raises(TextError, match="nothing that can be encoded"):
        encoder.encode_texts(["red", text])
