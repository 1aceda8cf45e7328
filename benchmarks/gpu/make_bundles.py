"""The bundles for a card: four CLIP models in fp16, with made-up weights that keep the variance of what goes in.

    python benchmarks/gpu/make_bundles.py [--models MobileCLIP2-S0]

Needs the extra `train`; writes into data/gpu-bundles what is not there yet. Whether fp16 is faithful
depends on trained weights, so the product's judgement is printed and not obeyed.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from models.export.errors import FidelityError
from models.export.fidelity import Fidelity, require_enough
from models.export.libraries import open_clip_library
from models.export.request import ExportRequest
from models.export.run import export

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))
from lively import noise, save_lively

MODELS = {  # with the published configuration that says how pictures are prepared
    "MobileCLIP2-S0": "dfndr2b",
    "MobileCLIP2-S2": "dfndr2b",
    "ViT-B-32": "laion2b_s34b_b79k",
    "ViT-L-14": "laion2b_s32b_b82k",
}
INTO = Path("data/gpu-bundles")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--into", type=Path, default=INTO)
    parser.add_argument("--pictures", type=Path, default=Path("demo/pictures"))
    arguments = parser.parse_args()
    for name in arguments.models:
        target = arguments.into / f"{name.lower()}-fp16"
        if not target.exists():
            make(name, target, arguments.pictures)
        print(target)


def make(name: str, target: Path, pictures: Path) -> None:
    with TemporaryDirectory() as room:
        weights = Path(room) / "weights.safetensors"
        model = open_clip_library().create_model(name, load_weights=False, pretrained_text=False)
        size = model.visual.image_size
        save_lively(model, model.visual, noise(size if isinstance(size, int) else size[0]), weights)
        request = ExportRequest(
            name,
            target.parent,
            pretrained=MODELS[name],
            checkpoint=weights,
            accept_licence=True,
            precision="fp16",
            pictures=pictures,
            bundle_name=target.name,
        )
        export(request, judge=report)


def report(fidelity: Fidelity, precision: str, tower: str) -> None:
    """The judgement as a line."""
    try:
        require_enough(fidelity, precision, tower)
    except FidelityError as exc:
        print(f"written all the same, for measuring speed only: {exc}", file=sys.stderr)


if __name__ == "__main__":
    main()
