"""The bundles that the encoder benchmarks serve, and the same weights in the form that the peers read.

    python benchmarks/encoder/make_bundles.py                                       made-up weights
    python benchmarks/encoder/make_bundles.py --checkpoint FILE --pretrained TAG    real ones for ViT-B-32

Needs the extra `train`. Writes, where they are not there yet, into data/benchmark-bundles:

    vit-b-32          ViT-B-32, fp32
    vit-b-32-int8     the same, matrices in 8 bits
    mobileclip2-s0    MobileCLIP2-S0, fp32
    hf-vit-b-32       the weights of vit-b-32 as transformers 4 stores a CLIPModel (for infinity and transformers)

Speed does not depend on what weights were trained for, and no model hub may be in reach: without --checkpoint the
architectures get made-up weights that keep the variance of what goes in (`lively.py`), so that different pictures
get different vectors. Whether int8 is faithful does depend on the weights: the product's limits are measured and
printed here, but this script writes its int8 bundle in any case, which `lookalike models export` never does.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from huggingface_form import least_cosines, write_clip
from lively import save_lively

from models.bundle import open_bundle
from models.export.errors import FidelityError
from models.export.fidelity import Fidelity, require_enough
from models.export.libraries import open_clip_library
from models.export.request import ExportRequest
from models.export.run import export
from models.export.sample import read_sample
from models.export.weights import read_weights
from models.pictures import Preprocessing

PICTURES = Path("demo/pictures")
PARITY = 0.9999
_VIT, _VIT_TAG = "ViT-B-32", "laion2b_s34b_b79k"
_MOBILE, _MOBILE_TAG = "MobileCLIP2-S0", "dfndr2b"
_STATISTICS = 48
_COMPARED = 16
_MEANS = 100
"""Pictures for means and score curves, which no benchmark of speed looks at."""
_FIDELITY = 520


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    vit = options.checkpoint or _made_up(_VIT, _VIT_TAG, options.into)
    mobile = options.mobileclip_checkpoint or _made_up(_MOBILE, _MOBILE_TAG, options.into)
    common = {"into": options.into, "pictures": options.pictures, "accept_licence": True, "licence": options.licence}
    common["sample"] = _MEANS
    clip = ExportRequest(_VIT, checkpoint=vit, pretrained=options.pretrained, bundle_name="vit-b-32", **common)
    _bundle(clip)
    _peer_form(clip, options.into)
    _bundle(ExportRequest(_MOBILE, checkpoint=mobile, pretrained=_MOBILE_TAG, bundle_name="mobileclip2-s0", **common))
    _bundle(replace(clip, precision="int8", bundle_name="vit-b-32-int8", sample=_FIDELITY))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make the bundles of the encoder benchmarks.")
    parser.add_argument("--into", type=Path, default=Path("data/benchmark-bundles"))
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="real pictures: at least 500")
    parser.add_argument("--checkpoint", type=Path, help="real weights of ViT-B-32")
    parser.add_argument("--pretrained", default=_VIT_TAG, help="which published configuration they have")
    parser.add_argument("--mobileclip-checkpoint", type=Path, help="real weights of MobileCLIP2-S0")
    parser.add_argument("--licence", help="of real weights")
    return parser.parse_args(arguments)


def _made_up(name: str, tag: str, into: Path) -> Path:
    """Safetensors of made-up weights, kept for the next run."""
    path: Path = into / "weights" / f"{name}.safetensors"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        model = open_clip_library().create_model(name, load_weights=False, pretrained_text=False)
        save_lively(model, model.visual, _normalised_pictures(model), path)
    return path


def _normalised_pictures(model: Any) -> torch.Tensor:
    """float32 [n, 3, size, size] of the demo catalogue: batch norms take their statistics from these."""
    size = model.visual.image_size
    pixels = read_sample(PICTURES, Preprocessing(size if isinstance(size, int) else size[0]), _STATISTICS).pixels
    mean, std = (torch.tensor(model.visual.preprocess_cfg[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    return (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255.0 - mean) / std


def _bundle(request: ExportRequest) -> None:
    folder = request.into / str(request.bundle_name)
    if not folder.exists():
        made = export(request, judge=_report)
        for warning in made.warnings:
            print("warning:", warning)
    for figure, value in open_bundle(folder).manifest.parity.items():
        print(f"{folder.name}: {figure} {value:.6f}")


def _report(fidelity: Fidelity, precision: str, tower: str) -> None:
    """The product's judgement as a line instead of a refusal."""
    try:
        require_enough(fidelity, precision, tower)
    except FidelityError as exc:
        print(f"written all the same, for measuring speed only: {exc}", file=sys.stderr)


def _peer_form(request: ExportRequest, into: Path) -> None:
    """The folder for the peers; it must give the vectors of the bundle."""
    folder, bundle = into / "hf-vit-b-32", open_bundle(into / "vit-b-32")
    assert request.checkpoint is not None
    if not folder.exists():
        model = open_clip_library().create_model(
            _VIT, load_weights=False, force_quick_gelu=request.pretrained == "openai"
        )
        write_clip(read_weights(request.checkpoint), model, folder)
    sample = read_sample(PICTURES, bundle.manifest.image.preprocessing, _COMPARED)
    texts = [text for text in sample.texts if text] or ["a red shoe", "two dogs on a beach"]
    for tower, cosine in least_cosines(folder, bundle, sample.pixels, texts).items():
        print(f"{folder.name}: least {tower} cosine to the bundle {cosine:.6f}")
        if not cosine > PARITY:
            raise SystemExit(f"{folder} does not give the vectors of the bundle")


if __name__ == "__main__":
    main()
