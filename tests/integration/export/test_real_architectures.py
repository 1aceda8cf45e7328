"""Full-size published architectures through the exporter, as a user runs it: minutes each.

Their weights are lively noise (benchmarks/encoder/lively.py): no hub is reached. What is shown is that each
design goes through and keeps its vectors; not that its published weights are good.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.encoder.lively import noise, save_lively
from models.export.libraries import open_clip_library, timm_library
from models.export.request import ExportRequest, Precision
from models.export.run import export
from models.export.verify import verify
from models.manifest import Manifest
from tests.unit.models.export import tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def _weights(name: str, folder: Path) -> Path:
    path = folder / f"{name}.safetensors"
    if name in open_clip_library().list_models():
        model = open_clip_library().create_model(name, load_weights=False, pretrained_text=False)
        save_lively(model, model.visual, noise(model.visual.image_size[0]), path)
    else:
        model = timm_library().create_model(name, pretrained=False, num_classes=0)
        save_lively(model, model, noise(model.pretrained_cfg["input_size"][1]), path)
    return path


def _exported(name: str, tag: str | None, folder: Path) -> Manifest:
    weights = _weights(name, folder)
    request = ExportRequest(name, folder / "bundles", pretrained=tag, checkpoint=weights, accept_licence=True)
    made = export(request)
    assert (verify(made.folder).image_cosine or 0.0) >= 0.9999
    return made.manifest


@pytest.mark.parametrize(
    ("name", "tag", "size", "padding", "commercial"),
    [
        ("MobileCLIP2-S0", "dfndr2b", 256, "fixed", False),
        ("MobileCLIP2-S2", "dfndr2b", 256, "fixed", False),
        ("MobileCLIP2-S3", "dfndr2b", 256, "fixed", False),
        ("MobileCLIP2-S4", "dfndr2b", 256, "fixed", False),
        ("MobileCLIP2-B", "dfndr2b", 224, "longest", False),
        ("MobileCLIP2-L-14", "dfndr2b", 224, "fixed", False),
        ("MobileCLIP-S1", "datacompdr", 256, "fixed", False),
        ("MobileCLIP-S2", "datacompdr", 256, "fixed", False),
        ("MobileCLIP-B", "datacompdr", 224, "longest", False),
        ("ViT-B-32", "laion2b_s34b_b79k", 224, "longest", True),
        ("ViT-B-32", "openai", 224, "longest", True),
        ("EVA02-B-16", "merged2b_s8b_b131k", 224, "longest", True),
    ],
)
def test_an_open_clip_model_becomes_a_bundle(
    tmp_path: Path, name: str, tag: str, size: int, padding: str, commercial: bool
) -> None:
    manifest = _exported(name, tag, tmp_path)
    assert (manifest.image.size, manifest.text.padding) == (size, padding)
    assert manifest.commercial_use is commercial
    assert min(manifest.parity[f"{part}_cosine_min"] for part in ("folded", "image", "text")) >= 0.9999


@pytest.mark.parametrize("name", ["ViT-B-16-SigLIP-256", "ViT-B-16-SigLIP2-256"])
def test_siglip_with_a_tokenizer_of_our_own_becomes_a_bundle(tmp_path: Path, name: str) -> None:
    """Its tokenizer lies on the hub: a smaller one of the same kind stands in, the towers are the published ones."""
    source = tmp_path / "source"
    tiny.sentence_pieces(source, "</s>", pad="</s>")
    config = open_clip_library().get_model_config(name)
    config["text_cfg"]["hf_tokenizer_name"] = str(source)
    tiny.write_source(source, config, tiny.SIGLIP_PICTURES, 256)
    manifest = _from_folder(source, tmp_path)
    assert (manifest.image.size, manifest.image.fit, manifest.text.padding) == (256, "squash", "fixed")
    assert (manifest.text.context_length, manifest.logit_bias) == (64, pytest.approx(-10))


def test_a_multilingual_text_tower_becomes_a_bundle(tmp_path: Path) -> None:
    """XLM-R base in its published size, with a smaller tokenizer of the same kind."""
    from transformers import XLMRobertaConfig

    source = tmp_path / "source"
    tiny.sentence_pieces(source, "<s> $A </s>", pad="<pad>")
    marks = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, **marks).save_pretrained(
        source
    )
    config = open_clip_library().get_model_config("xlm-roberta-base-ViT-B-32")
    config["text_cfg"] |= {"hf_model_name": str(source), "hf_tokenizer_name": str(source)}
    tiny.write_source(source, config, tiny.CLIP_PICTURES, 224)
    manifest = _from_folder(source, tmp_path)
    assert (manifest.text.padding, manifest.text.pad_id) == ("longest", 1)


def _from_folder(source: Path, folder: Path) -> Manifest:
    made = export(ExportRequest(f"local-dir:{source}", folder / "bundles", licence="Apache-2.0"))
    assert (verify(made.folder).text_cosine or 0.0) >= 0.9999
    return made.manifest


def test_dinov2_becomes_a_bundle_for_pictures_only(tmp_path: Path) -> None:
    manifest = _exported("vit_small_patch14_dinov2.lvd142m", None, tmp_path)
    assert (manifest.image.size, manifest.dimension, manifest.encodes_text) == (518, 384, False)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_less_precision_that_is_faithful_becomes_a_bundle(tmp_path: Path, precision: Precision) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for number in range(520):
        coarse = Image.fromarray(random.integers(0, 256, (7, 7, 3), dtype=np.uint8))
        coarse.resize((240, 240), Image.Resampling.BICUBIC).save(pictures / f"{number}.jpg")
    request = ExportRequest(
        "ViT-B-32",
        tmp_path / "bundles",
        pretrained="laion2b_s34b_b79k",
        checkpoint=_weights("ViT-B-32", tmp_path),
        precision=precision,
        pictures=pictures,
    )
    made = export(request)
    assert made.manifest.precision == precision
    assert made.manifest.parity["image_fidelity_centred_cosine"] >= 0.995
    assert made.manifest.parity["text_fidelity_same_neighbour"] >= 0.95
    assert verify(made.folder).image_cosine is not None
