"""Embeddings of the demo's pictures and of their descriptions by the starter model, for `--source demo`.

    python benchmarks/index/real_embeddings.py

Some minutes on one core. Pictures are the collection's vectors; texts are queries off their distribution.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from models import open_bundle
from models.pictures import decode_pixels

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from ceiling import EngineSpec, load_encoder

BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundles/starter"))
    parser.add_argument("--demo", type=Path, default=Path("demo"))
    parser.add_argument("--limit", type=int, help="only so many")
    parser.add_argument("--to", type=Path, default=Path("data/index-benchmark/real"))
    arguments = parser.parse_args()
    lines = (arguments.demo / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()[: arguments.limit]
    records = [json.loads(line) for line in lines]
    encoder = load_encoder(EngineSpec(arguments.bundle, "onnxruntime", None))
    preprocessing = open_bundle(arguments.bundle).manifest.image.preprocessing
    pictures, texts = [], []
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        pixels = [decode_pixels((arguments.demo / record["image"]).read_bytes(), preprocessing) for record in batch]
        pictures.append(encoder.encode_pixels(np.stack(pixels)))
        texts.append(encoder.encode_texts([record["text"] for record in batch]).vectors)
        print(f"\r{start + len(batch):,} of {len(records):,}", end="", flush=True)
    arguments.to.mkdir(parents=True, exist_ok=True)
    np.save(arguments.to / "pictures.npy", np.concatenate(pictures).astype(np.float32))
    np.save(arguments.to / "texts.npy", np.unique(np.concatenate(texts).astype(np.float32), axis=0))
    print()


if __name__ == "__main__":
    main()
