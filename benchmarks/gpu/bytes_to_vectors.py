"""JPEG bytes to vectors with a card: decoding on the host, and where nvImageCodec is there, on the card.

    python benchmarks/gpu/bytes_to_vectors.py
    python benchmarks/gpu/bytes_to_vectors.py --engines onnxruntime --bundle data/bundles/starter --rows 4 --seconds 3

Host: `--decoders` threads of `models.pictures`, as the service decodes. Card: nvImageCodec (nvJPEG) decodes a batch,
torch resizes it there with antialias, and the small pixels come back to the host: the engine's port takes host
memory. Both fill batches of `--rows` while the card works on the one before. Prints pictures a second, and how far
the vectors of the two ways lie apart. The pictures are 1024 x 768 JPEGs of about 130 KB.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from threading import Lock

import numpy as np
from engine import load
from numpy.typing import NDArray

from models import Encoder, Preprocessing
from models.pictures import decode_pixels

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))
from pictures import photographs

Pixels = NDArray[np.uint8]
Decode = Callable[[Sequence[bytes]], Pixels]
_AHEAD = 2
"""Batches that are decoded while one is encoded."""


def main() -> None:
    arguments = parse()
    loaded = load(arguments.bundle, arguments.engines, callers=1)
    spec = loaded.encoder.manifest.image.preprocessing
    jpegs = photographs(64)
    print(f"{arguments.bundle.name}, {loaded.engine}, batches of {arguments.rows}, {os.cpu_count()} cores")
    with ThreadPoolExecutor(arguments.decoders) as pool:
        ways = {"host": on_host(pool, spec)}
        card = on_card(spec)
        if card is None:
            print("card: not measured (needs nvImageCodec, torch with CUDA, and a tower that crops)")
        else:
            ways["card"] = card
        vectors = {}
        for name, decode in ways.items():
            rate = pictures_a_second(loaded.encoder, decode, jpegs, arguments.rows, arguments.seconds)
            vectors[name] = loaded.encoder.encode_pixels(decode(jpegs[:16]))
            print(f"decoding on the {name}: {rate:,.1f} pictures/s", flush=True)
    if "card" in vectors:
        print(f"least cosine between the two: {(vectors['host'] * vectors['card']).sum(axis=1).min():.5f}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("data/gpu-bundles/vit-b-32-fp16"))
    parser.add_argument("--engines", nargs="+", default=("tensorrt", "cuda"), help="the first that runs is measured")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--decoders", type=int, default=os.cpu_count(), help="threads that decode on the host")
    parser.add_argument("--seconds", type=float, default=15.0)
    return parser.parse_args()


def on_host(pool: ThreadPoolExecutor, spec: Preprocessing) -> Decode:
    """The way of the service."""
    return lambda jpegs: np.stack(list(pool.map(lambda jpeg: decode_pixels(jpeg, spec), jpegs)))


def on_card(spec: Preprocessing) -> Decode | None:
    """nvImageCodec and torch; None where one is missing or the tower pads."""
    try:
        import torch  # noqa: PLC0415
        from nvidia import nvimgcodec  # noqa: PLC0415
    except ImportError:
        return None
    if not torch.cuda.is_available() or spec.fit != "crop" or spec.resample == "lanczos":
        return None
    decoder, decoding = nvimgcodec.Decoder(), Lock()  # it fails when two threads call it

    def shrunk(picture: object) -> "torch.Tensor":
        """uint8 [height, width, 3] on the card to uint8 [size, size, 3] there."""
        planes = torch.as_tensor(picture, device="cuda").permute(2, 0, 1)[None]
        height, width = planes.shape[-2:]
        size = [spec.size * height // min(height, width), spec.size * width // min(height, width)]
        small = torch.nn.functional.interpolate(planes.float(), size, mode=spec.resample, antialias=True)[0]
        top, left = round((size[0] - spec.size) / 2), round((size[1] - spec.size) / 2)
        cut = small[:, top : top + spec.size, left : left + spec.size]
        return cut.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)

    def decode(jpegs: Sequence[bytes]) -> Pixels:
        with decoding:
            decoded = decoder.decode([nvimgcodec.CodeStream(jpeg) for jpeg in jpegs])
        pixels: Pixels = torch.stack([shrunk(picture) for picture in decoded]).cpu().numpy()
        return pixels

    return decode


def pictures_a_second(encoder: Encoder, decode: Decode, jpegs: Sequence[bytes], rows: int, seconds: float) -> float:
    """From the end of the first batch on: before it, engines are still compiled and memory is still taken."""
    with ThreadPoolExecutor(_AHEAD) as ahead:
        batches = _decoded_ahead(ahead, decode, jpegs, rows)
        encoder.encode_pixels(next(batches).result())
        count, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            encoder.encode_pixels(next(batches).result())
            count += rows
    return count / spent


def _decoded_ahead(
    pool: ThreadPoolExecutor, decode: Decode, jpegs: Sequence[bytes], rows: int
) -> Iterator["Future[Pixels]"]:
    source = cycle(jpegs)
    waiting = [pool.submit(decode, list(islice(source, rows))) for _ in range(_AHEAD)]
    while True:
        waiting.append(pool.submit(decode, list(islice(source, rows))))
        yield waiting.pop(0)


if __name__ == "__main__":
    main()
