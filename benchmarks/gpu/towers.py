"""Inputs a second of each tower on a card, by rows of a batch, and which share of the card's bf16 peak that is.

    python benchmarks/gpu/towers.py                                    the best engine there is
    python benchmarks/gpu/towers.py --engines onnxruntime --batches 1 4 --bundles data/bundles/starter --seconds 1

From uint8 pixels (or texts) in the host's memory to vectors there, as the service runs it: the way to the card and
back, and tokenizing, are in the figure. Texts fill the model's whole context. With two callers, one batch is on its
way while the other is worked on: the better of one and two is printed. Operations are counted in the graphs.
"""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from engine import load
from operations import operations
from peak import Peak, card, peak

from models import Encoder, open_bundle

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ENGINES = ("tensorrt", "cuda")
CALLERS = (1, 2)
_WARM_UP = 3
_WORD = "photo "


def main() -> None:
    arguments = parse()
    top = peak()
    print(f"card: {card()}, peak: {f'{top.per_second / 1e12:.0f} TFLOP/s ({top.source})' if top else 'not known'}")
    print("\n| bundle | tower | rows | inputs/s | ms a batch | TFLOP/s | of the peak |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for folder in arguments.bundles:
        loaded = load(folder, arguments.engines, max(CALLERS))
        name = f"{folder.name}, {loaded.encoder.manifest.precision}, {loaded.engine}"
        for tower, work in towers(loaded.encoder).items():
            each = operations_of(folder, tower)
            for rows in arguments.batches:
                rate = max(measured(work(rows), callers, arguments.seconds) for callers in CALLERS) * rows
                print(line(name, tower, rows, rate, each, top), flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = Path("data/gpu-bundles")
    parser.add_argument(
        "--bundles", type=Path, nargs="+", default=sorted(p.parent for p in folder.glob("*/manifest.json"))
    )
    parser.add_argument("--engines", nargs="+", default=ENGINES, help="the first that runs is measured")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each figure")
    arguments = parser.parse_args()
    if not arguments.bundles:
        parser.error(f"there is no bundle in {folder}: run benchmarks/gpu/make_bundles.py first")
    return arguments


def towers(encoder: Encoder) -> dict[str, Callable[[int], Callable[[], object]]]:
    """For each tower: rows of a batch to a run on one."""
    size, context = encoder.manifest.image.size, encoder.manifest.text.context_length

    def pictures(rows: int) -> Callable[[], object]:
        pixels = np.random.default_rng(0).integers(0, 256, (rows, size, size, 3), dtype=np.uint8)
        return lambda: encoder.encode_pixels(pixels)

    def texts(rows: int) -> Callable[[], object]:
        texts = [_WORD * context for _ in range(rows)]
        return lambda: encoder.encode_texts(texts)

    return {"image": pictures, "text": texts} if encoder.manifest.encodes_text else {"image": pictures}


def operations_of(folder: Path, tower: str) -> float | None:
    """Of one input; None where the graph does not tell."""
    bundle = open_bundle(folder)
    graph = bundle.image_graph if tower == "image" else bundle.text_graph
    try:
        return operations(graph, {"n": 1, "tokens": bundle.manifest.text.context_length})
    except (ValueError, KeyError):
        return None


def measured(run: Callable[[], object], callers: int, seconds: float) -> float:
    """Runs a second of so many callers."""
    for _ in range(_WARM_UP):
        run()
    counts, end = [0] * callers, time.perf_counter() + seconds

    def call(number: int) -> None:
        while time.perf_counter() < end:
            run()
            counts[number] += 1

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def line(name: str, tower: str, rows: int, rate: float, each: float | None, top: Peak | None) -> str:
    cells: Sequence[str] = (
        name,
        tower,
        str(rows),
        f"{rate:,.1f}",
        f"{1000 * rows / rate:.2f}",
        f"{rate * each / 1e12:.2f}" if each else "",
        f"{rate * each / top.per_second:.1%}" if each and top else "",
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
