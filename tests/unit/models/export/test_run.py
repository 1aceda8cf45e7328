"""From a folder of weights to a bundle that serving can use, for each kind of text tower."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.encoder.lively import noise, save_lively
from models.bundle import open_bundle
from models.encoder import OnnxEncoder
from models.errors import BundleError, TextError
from models.export.errors import ExportError, FidelityError
from models.export.libraries import open_clip_library, timm_library
from models.export.probe import drawn_pictures
from models.export.request import Exported, ExportRequest
from models.export.run import export
from models.export.verify import verify
from tests.unit.models.export.tiny import DIMENSION, SIZE

pytestmark = pytest.mark.timeout(600)  # tracing takes seconds of a quiet core, minutes of a busy one
TEXTS = ["a red shoe", "ein Haus am See mit einem roten Boot", "猫がソファーで寝ています。"]


@pytest.fixture(scope="module")
def causal(causal_folder: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    into = tmp_path_factory.mktemp("bundles")
    return export(ExportRequest(f"local-dir:{causal_folder}", into, licence="MIT", pictures=pictures, sample=100))


def _as_open_clip(folder: Path, texts: list[str]) -> np.ndarray:
    library = open_clip_library()
    model = library.create_model(f"local-dir:{folder}").eval()
    with torch.inference_mode():
        return np.asarray(model.encode_text(library.get_tokenizer(f"local-dir:{folder}")(texts), normalize=True))


def test_a_picture_gets_the_vector_that_open_clip_gives_it(causal: Exported, causal_folder: Path) -> None:
    model = open_clip_library().create_model(f"local-dir:{causal_folder}").eval()
    pixels = drawn_pictures(SIZE)
    mean, std = (torch.tensor(model.visual.preprocess_cfg[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.inference_mode():
        normalised = (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255.0 - mean) / std
        expected = model.encode_image(normalised, normalize=True).numpy()
    found = OnnxEncoder(open_bundle(causal.folder)).encode_pixels(pixels)
    assert np.einsum("nd,nd->n", found, expected).min() > 0.99999
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_different_pictures_get_different_vectors(causal: Exported) -> None:
    vectors = OnnxEncoder(open_bundle(causal.folder)).encode_pixels(drawn_pictures(SIZE))
    assert (vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)].max() < 0.99


def test_a_causal_text_tower_is_trimmed_and_still_exact(causal: Exported, causal_folder: Path) -> None:
    assert causal.manifest.text.padding == "longest"
    found = OnnxEncoder(open_bundle(causal.folder)).encode_texts(TEXTS).vectors
    assert np.einsum("nd,nd->n", found, _as_open_clip(causal_folder, TEXTS)).min() > 0.99999


def test_a_text_longer_than_the_context_keeps_its_end_mark(causal: Exported, causal_folder: Path) -> None:
    long = ["a photo of a red canvas shoe " * 30]
    encoded = OnnxEncoder(open_bundle(causal.folder)).encode_texts(long)
    assert encoded.truncated == (True,)
    assert float((encoded.vectors * _as_open_clip(causal_folder, long)).sum()) > 0.99999


def test_the_manifest_says_what_was_measured(causal: Exported) -> None:
    manifest = causal.manifest
    assert (manifest.dimension, manifest.image.fit, manifest.image.resample) == (DIMENSION, "crop", "bicubic")
    assert manifest.image.mean == pytest.approx((0.48 * 255, 0.46 * 255, 0.41 * 255))
    assert min(manifest.parity[key] for key in ("image_cosine_min", "text_cosine_min")) >= 0.9999
    assert np.linalg.norm(manifest.mean("image")) > 0.01
    assert np.linalg.norm(manifest.mean("text")) > 0.01
    assert set(manifest.calibration) == {"image_image", "text_image"}
    assert manifest.commercial_use
    assert causal.warnings == ()


def test_verify_finds_a_changed_file(causal: Exported, tmp_path: Path) -> None:
    assert (verify(causal.folder).image_cosine or 0) > 0.9999
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in causal.folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    with (copy / "image.onnx").open("ab") as graph:
        graph.write(b"\0")
    with pytest.raises(BundleError, match=r"image\.onnx"):
        verify(copy)


def test_a_bundle_is_never_overwritten(causal: Exported, causal_folder: Path) -> None:
    with pytest.raises(ExportError, match="bundles never change"):
        export(ExportRequest(f"local-dir:{causal_folder}", causal.folder.parent))


def test_a_text_tower_in_which_padding_counts_is_padded(bidirectional_folder: Path, tmp_path: Path) -> None:
    made = export(ExportRequest(f"local-dir:{bidirectional_folder}", tmp_path))
    assert (made.manifest.text.padding, made.manifest.text.context_length) == ("fixed", 16)
    assert (made.manifest.image.fit, made.manifest.image.resample) == ("squash", "bilinear")
    assert made.manifest.logit_bias == pytest.approx(-10)
    assert made.manifest.calibration["text_image"].intercept == pytest.approx(-10)
    assert "guesses" in made.manifest.description
    assert not made.manifest.commercial_use  # nobody stated a licence
    found = OnnxEncoder(open_bundle(made.folder)).encode_texts(TEXTS).vectors
    assert np.einsum("nd,nd->n", found, _as_open_clip(bidirectional_folder, TEXTS)).min() > 0.99999


def test_a_masked_multilingual_text_tower_is_trimmed(masked_folder: Path, tmp_path: Path) -> None:
    made = export(ExportRequest(f"local-dir:{masked_folder}", tmp_path))
    assert (made.manifest.text.padding, made.manifest.text.pad_id) == ("longest", 1)
    found = OnnxEncoder(open_bundle(made.folder)).encode_texts(TEXTS).vectors
    assert np.einsum("nd,nd->n", found, _as_open_clip(masked_folder, TEXTS)).min() > 0.99999


def test_an_image_only_model_says_that_it_takes_no_text(tmp_path: Path) -> None:
    name, weights = "test_mambaout", tmp_path / "own.safetensors"
    model = timm_library().create_model(name, pretrained=False, num_classes=0)
    save_lively(model, model, noise(160), weights)
    made = export(ExportRequest(name, tmp_path / "bundles", checkpoint=weights))
    assert made.manifest.image.size == 160
    assert made.manifest.image.mean == pytest.approx((0.485 * 255, 0.456 * 255, 0.406 * 255))
    assert not made.manifest.encodes_text
    encoder = OnnxEncoder(open_bundle(made.folder))
    with pytest.raises(TextError, match="pictures only"):
        encoder.encode_texts(["a red shoe"])
    assert verify(made.folder).text_cosine is None


def test_a_precision_that_loses_too_much_is_refused_with_its_figures(
    causal_folder: Path, pictures: Path, tmp_path: Path
) -> None:
    """So small a model does not survive eight bits; what does is in tests/integration/export."""
    request = ExportRequest(f"local-dir:{causal_folder}", tmp_path, pictures=pictures, precision="int8")
    with pytest.raises(FidelityError, match=r"centred cosine of 0\.\d+ .* nearest neighbours .* on 520 inputs"):
        export(request)
    assert list(tmp_path.iterdir()) == []


def test_a_reduced_precision_needs_enough_pictures(causal_folder: Path, pictures: Path, tmp_path: Path) -> None:
    request = ExportRequest(f"local-dir:{causal_folder}", tmp_path, pictures=pictures, precision="fp16", sample=100)
    with pytest.raises(FidelityError, match=r"500 real pictures.*100 could be read"):
        export(request)
    with pytest.raises(FidelityError, match="0 could be read"):
        export(replace(request, pictures=None))
