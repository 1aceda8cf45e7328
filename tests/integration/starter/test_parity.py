"""The ONNX graphs against the source weights in torch, on real pictures and sentences in many scripts."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from models.bundle import Bundle
from models.encoder import OnnxEncoder
from models.evaluation.baselines import Baselines
from models.pictures import decode_pixels
from models.starter.image_tower import load_backbone, package_weights
from models.starter.sentence_weights import EPSILON, package_file, read_tensors
from models.starter.text_tower import SentenceEncoder, embed_texts
from tests.unit.models.starter.test_tokenizer import PHRASES

LOWEST = 0.9999


def test_classifier_matches_the_packages_weights(bundle: Bundle, pictures: list[Path]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(bundle.image_graph), providers=["CPUExecutionProvider"])
    spec = bundle.manifest.image.preprocessing
    pixels = np.stack([decode_pixels(path.read_bytes(), spec) for path in pictures])
    backbone = load_backbone("efficientnet-lite0", package_weights("efficientnet-lite0"))
    (actual,) = session.run(["class_logits"], {"pixels": pixels})
    expected = backbone(torch.from_numpy(pixels))[1].numpy()
    cosines = (actual * expected).sum(1) / np.linalg.norm(actual, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() >= LOWEST


def test_sentences_match_the_packages_weights(bundle: Bundle) -> None:
    texts = [*PHRASES.values(), "a", "red apple"]
    source = SentenceEncoder(read_tensors(package_file("weights.npz")), EPSILON).eval()
    expected = embed_texts(source, Tokenizer.from_file(str(bundle.tokenizer)), texts).numpy()
    cosines = (Baselines(bundle).sentences(texts) * expected).sum(axis=1)
    assert cosines.min() >= LOWEST


def test_whole_towers_matched_when_the_bundle_was_made(bundle: Bundle) -> None:
    assert bundle.manifest.parity["image_cosine_min"] >= LOWEST
    assert bundle.manifest.parity["text_cosine_min"] >= LOWEST


def test_vectors_have_unit_length_and_the_declared_width(encoder: OnnxEncoder, pictures: list[Path]) -> None:
    pixels = np.stack([decode_pixels(p.read_bytes(), encoder.manifest.image.preprocessing) for p in pictures[:4]])
    for vectors in (encoder.encode_pixels(pixels), encoder.encode_texts(["a cat", "Hund"]).vectors):
        assert vectors.shape[1] == encoder.manifest.dimension
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_text_does_not_depend_on_its_batch(encoder: OnnxEncoder) -> None:
    alone = encoder.encode_texts(["red apple"]).vectors[0]
    beside = encoder.encode_texts(["red apple", "a much longer sentence about something else entirely"]).vectors[0]
    assert float(alone @ beside) == pytest.approx(1.0, abs=1e-5)
