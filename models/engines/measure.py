"""A short-lived process that measures one engine with one bundle: `python -m models.engines.measure FOLDER …`.

Loads, says so, then answers one line of standard input (a `Question`) with one line of standard output, until its
input ends. A crash or a hang is the parent's to notice; it takes nothing along.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from models.bundle import open_bundle
from models.encoder import BundleEncoder
from models.engines.load import load
from models.engines.port import Engine, Resources
from models.engines.registry import engine_called
from models.errors import ModelError

TEXT = "red canvas shoe with white laces for the summer"
_LEAST_MS = 20.0
"""A time is the mean over as many runs as fill this."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    resources = Resources(options.threads, 1, options.cache_dir)
    engine = engine_called(options.engine)
    try:
        encoder = load(open_bundle(options.bundle), options.engine, options.precision or None, resources)
    except ModelError as exc:
        _say({"error": str(exc)})
        return 1
    clock, prepared = _clock(engine, options.threads), set[tuple[str, int]]()
    _say({"provider": " + ".join(dict.fromkeys(encoder.providers)), "sizes": encoder.rules.sizes})
    for line in sys.stdin:
        question = json.loads(line)
        shape = question["tower"], question["rows"]
        call = _call(encoder, *shape)
        if shape not in prepared:  # the first run of a shape prepares it, and does not count
            call()
            prepared.add(shape)
        _say({"ms": _ms(call, clock)})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.engines.measure", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--precision", default="")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache-dir", type=Path, default=None)
    return parser


def _clock(engine: Engine, threads: int) -> Callable[[], float]:
    """One thread on a CPU takes the processor time that it takes on an idle machine, however busy this one is."""
    return process_time if engine.is_on_cpu and threads == 1 else perf_counter


def _call(encoder: BundleEncoder, tower: str, rows: int) -> Callable[[], object]:
    if tower == "text":
        return lambda: encoder.encode_texts([TEXT] * rows)
    side = encoder.manifest.image.size
    pixels = np.random.default_rng(0).integers(0, 256, (rows, side, side, 3), dtype=np.uint8)
    return lambda: encoder.encode_pixels(pixels)


def _ms(call: Callable[[], object], clock: Callable[[], float]) -> float:
    """Of one call."""
    runs, start = 0, clock()
    while True:
        call()
        runs += 1
        taken = (clock() - start) * 1000.0
        if taken >= _LEAST_MS:
            return taken / runs


def _say(message: object) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
