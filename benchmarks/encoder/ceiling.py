"""The ceiling: the same engine and the same decoding on the same cores, in one process, without HTTP, queue or checks.

`Ceiling` holds that process; between runs it waits and costs nothing. On some processors a run of several inputs
costs less an input, on others more, and a service can only batch what waits: the ceiling takes runs as large as the
service's (`nearest_rows`), and is also measured with those that are fastest, whatever waits (`fastest_rows`).
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from math import log2
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import Encoder, open_bundle
from models.engines import Resources, load
from models.pictures import decode_pixels

ROWS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class EngineSpec:
    """Which bundle in which engine."""

    bundle: Path
    engine: str = "onnxruntime"
    precision: str | None = None


@dataclass(frozen=True)
class Speed:
    """Inputs a second, and the processor time that each took."""

    rate: float
    cpu_s: float


class Ceiling:
    """The process. `threads` runs at a time, each of `rows` inputs."""

    def __init__(self, spec: EngineSpec, threads: int | None = None) -> None:
        self._process = ProcessPoolExecutor(1, get_context("spawn"), initializer=_load, initargs=(spec,))
        self._threads = threads or os.cpu_count() or 1

    def pictures(self, jpegs: Sequence[bytes], seconds: float, rows: int = 1) -> Speed:
        """From JPEG bytes to vector."""
        return self._process.submit(_run, _pictures, jpegs, self._threads, rows, seconds).result()

    def texts(self, texts: Sequence[str], seconds: float, rows: int = 1) -> Speed:
        """From string to vector."""
        return self._process.submit(_run, _texts, texts, self._threads, rows, seconds).result()

    def picture_vectors(self, jpegs: Sequence[bytes]) -> NDArray[np.float32]:
        return self._process.submit(_picture_vectors, jpegs).result()

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._process.submit(_text_vectors, texts).result()

    def close(self) -> None:
        self._process.shutdown()

    def __enter__(self) -> "Ceiling":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fastest_rows(measured: Callable[[int], Speed]) -> int:
    """The size of a run with which most inputs are done; `measured`: a short measurement at that size."""
    return max(ROWS, key=lambda rows: measured(rows).rate)


def nearest_rows(rows: float) -> int:
    """The size of a run that is nearest to what a service made on average."""
    return min(ROWS, key=lambda size: abs(log2(size / max(rows, 1.0))))


def load_encoder(spec: EngineSpec) -> Encoder:
    """The encoder that the service would run, for as many callers as there are cores."""
    resources = Resources(runs=os.cpu_count() or 1)
    return load(open_bundle(spec.bundle), spec.engine, spec.precision, resources)


_loaded: list[Encoder] = []
"""Of the child process, set once by its initializer."""


def _load(spec: EngineSpec) -> None:
    _loaded.append(load_encoder(spec))


def _run(
    work: Callable[[Encoder, Any], object], inputs: Sequence[Any], threads: int, rows: int, seconds: float
) -> Speed:
    """`threads` loops at a time; the first second is left out of the rate."""
    encoder, end = _loaded[0], time.monotonic() + 1.0 + seconds
    batches = [[inputs[(start + n) % len(inputs)] for n in range(rows)] for start in range(0, len(inputs), rows)]
    done: list[list[float]] = [[] for _ in range(threads)]

    def loop(number: int) -> None:
        offset = number * len(batches) // threads
        for batch in cycle(batches[offset:] + batches[:offset]):
            work(encoder, batch)
            done[number].append(time.monotonic())
            if done[number][-1] > end:
                return

    cpu = time.process_time()
    loops = [threading.Thread(target=loop, args=(number,)) for number in range(threads)]
    for thread in loops:
        thread.start()
    for thread in loops:
        thread.join()
    cpu_s = (time.process_time() - cpu) / (rows * sum(map(len, done)))
    return Speed(rows * sum(_rate([moment for moment in one if moment > end - seconds]) for one in done), cpu_s)


def _rate(times: Sequence[float]) -> float:
    """Runs a second of one loop, from the end of its first to the end of its last; 0 for fewer than two."""
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


def _pictures(encoder: Encoder, jpegs: Sequence[bytes]) -> object:
    spec = encoder.manifest.image.preprocessing
    return encoder.encode_pixels(np.stack([decode_pixels(jpeg, spec) for jpeg in jpegs]))


def _texts(encoder: Encoder, texts: Sequence[str]) -> object:
    return encoder.encode_texts(texts)


def _picture_vectors(jpegs: Sequence[bytes]) -> NDArray[np.float32]:
    spec = _loaded[0].manifest.image.preprocessing
    return np.concatenate([_loaded[0].encode_pixels(decode_pixels(jpeg, spec)[None]) for jpeg in jpegs])


def _text_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.concatenate([_loaded[0].encode_texts([text]).vectors for text in texts])
