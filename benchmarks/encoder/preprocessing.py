"""What it costs to make pixels of a JPEG, and how far each way's vectors are from those of Pillow's pixels.

Run: python benchmarks/encoder/real_photographs.py FOLDER
     python benchmarks/encoder/preprocessing.py FOLDER/photographs
Times are CPU time of the whole process, so that other load on the machine disturbs them little and a library's own
threads count; in turn, several rounds, the median. Libraries that are not there are named and left out:
pip install simplejpeg opencv-python-headless kornia-rs pyvips pyvips-binary
"""

import argparse
import io
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY", "RAYON_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from preprocessing_candidates import CANDIDATES, Pixels, Way, exact, pillow_alone  # noqa: E402

from models.bundle import open_bundle  # noqa: E402
from models.encoder import Encoder, OnnxEncoder  # noqa: E402
from models.pictures import Preprocessing  # noqa: E402

TIMED_SIZES = ((1024, 768), (2048, 1536), (4000, 3000))
TIMED = Preprocessing(size=256, fit="crop", resample="bicubic")
TIMED_PICTURES = 12
ROUNDS = 7
BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundles/starter"))
    parser.add_argument("--pictures", type=int, default=10_000, help="at most so many for the vectors")
    arguments = parser.parse_args()
    photographs = [path.read_bytes() for path in sorted(arguments.photographs.glob("*.jpg"))]
    ways = {name: way for name, way in CANDIDATES.items() if is_there(name, way, photographs[0])}
    print_costs(ways, photographs)
    encoder = OnnxEncoder(open_bundle(arguments.bundle), threads=1)
    print_fidelity(ways, photographs[: arguments.pictures], encoder)


def is_there(name: str, way: Way, data: bytes) -> bool:
    try:
        way(data, TIMED)
    except (ImportError, OSError) as exc:
        print(f"left out: {name} ({exc})")
        return False
    return True


def print_costs(ways: Mapping[str, Way], photographs: Sequence[bytes]) -> None:
    for size in TIMED_SIZES:
        files = of_size(photographs, size)
        kilobytes = statistics.mean(map(len, files)) / 1000
        print(f"\n{size[0]} x {size[1]} ({len(files)} photographs, {kilobytes:.0f} KB) to crop {TIMED.size}, bicubic:")
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                taken[name].append(cpu_ms(way, files))
        for name in ways:
            print(f"  {statistics.median(taken[name]):7.2f} ms  {name}")


def of_size(photographs: Sequence[bytes], size: tuple[int, int]) -> list[bytes]:
    """The largest photographs of the right shape, in this very size."""
    large = sorted(photographs, key=len, reverse=True)
    files = []
    for data in large:
        picture = Image.open(io.BytesIO(data))
        if picture.width * 3 == picture.height * 4 and picture.width >= min(1600, size[0]):
            file = io.BytesIO()
            picture.resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=85)
            files.append(file.getvalue())
        if len(files) == TIMED_PICTURES:
            break
    return files


def cpu_ms(way: Way, files: Sequence[bytes]) -> float:
    started = time.process_time()
    for data in files:
        way(data, TIMED)
    return (time.process_time() - started) / len(files) * 1000


def print_fidelity(ways: Mapping[str, Way], photographs: Sequence[bytes], encoder: Encoder) -> None:
    spec = encoder.manifest.image.preprocessing
    print(f"\n{len(photographs)} photographs to {spec.fit} {spec.size}, vectors of {encoder.manifest.name}:")
    reference = [pillow_alone(data, spec) for data in photographs]
    vectors = embedded(encoder, reference)
    mean = vectors.mean(axis=0)
    for name, way in ways.items():
        pixels = [way(data, spec) for data in photographs]
        far = np.array([np.abs(a.astype(int) - b).max() for a, b in zip(pixels, reference, strict=True)])
        report(name, pixels, reference, centred(embedded(encoder, pixels), mean), centred(vectors, mean), far > 1)
    for fit in ("crop", "squash"):
        for resample in ("bilinear", "bicubic", "lanczos"):
            print_farthest(photographs, Preprocessing(spec.size, fit, resample))


def report(
    name: str, pixels: Sequence[Pixels], reference: Sequence[Pixels], found: NDArray, wanted: NDArray, moved: NDArray
) -> None:
    distance = np.abs(np.stack(pixels).astype(np.int16) - np.stack(reference))
    cosine = (found * wanted).sum(axis=1)
    same = nearest(found, wanted) == nearest(wanted, wanted)
    line = f"  pixels {distance.mean():.3f} (max {distance.max()}), cosine {cosine.mean():.5f} (min {cosine.min():.5f})"
    if 0 < moved.sum() < len(moved):
        line += f", of the {moved.sum()} that differ {cosine[moved].mean():.5f}"
    print(f"{line}, same nearest {same.mean():.1%}  {name}")


def print_farthest(photographs: Sequence[bytes], spec: Preprocessing) -> None:
    """How far the exact pixels are from Pillow's at most, in levels."""
    if spec.fit == "squash":
        return
    distances = [np.abs(exact(data, spec).astype(int) - pillow_alone(data, spec)) for data in photographs]
    off = sum(int((distance > 1).sum()) for distance in distances)
    print(
        f"  exact, {spec.fit}, {spec.resample}: at most {max(d.max() for d in distances)}, {off} values more than 1 off"
    )


def embedded(encoder: Encoder, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
    batches = [encoder.encode_pixels(np.stack(pixels[start : start + BATCH])) for start in range(0, len(pixels), BATCH)]
    return np.concatenate(batches)


def centred(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    moved = vectors - mean
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def nearest(queries: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    """Of each query the nearest other row."""
    likeness = queries @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    return likeness.argmax(axis=1)


if __name__ == "__main__":
    main()
