"""Real photographs as JPEGs, from packages of Debian: for what has to be measured on photographs.

Run: python benchmarks/encoder/real_photographs.py FOLDER     (needs apt-get and dpkg-deb)
Fetches and unpacks a few packages below FOLDER/packages, then writes FOLDER/photographs/*.jpg at quality 90, 4:2:0:
the photographs of GCompris as they are (257, most of them 320 or 1024 pixels wide), and eight parts of each of 39
photographs among the wallpapers, shrunk to at most 1024, 1600 or 2048 pixels. The same bytes on every run.
"""

import argparse
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

PACKAGES = ("gcompris-qt-data", "lomiri-wallpapers-16.04", "gnome-backgrounds", "mate-backgrounds")
PLASMA = "plasma-workspace-wallpapers"
ACTIVITIES = ("categorization", "erase", "explore_monuments", "explore_world_animals", "explore_farm_animals")
WIDTHS = (1024, 1600, 2048)
PARTS = 8
_RIFF_HEAD = 8
_SMALLEST = 1000  # previews of wallpapers are left out
_DRAWN = (
    "mate/abstract",
    "mate/desktop",
    "pixels",
    "Suru",
    "blobs",
    "drool",
    "fold",
    "geometrics",
    "map",
    "morphogenesis",
)
# Wallpapers of Plasma that are photographs: the others are drawn.
_PHOTOGRAPHED = (
    "BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow", "FallenLeaf",
    "Grey", "Kite", "OneStandsOut", "Path", "Volna", "summer_1am",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    unpacked = fetch(folder / "packages")
    photographs = folder / "photographs"
    photographs.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, picture in (*of_gcompris(unpacked), *of_wallpapers(unpacked)):
        picture.save(photographs / f"{name}.jpg", quality=90)
        count += 1
    print(f"{count} photographs in {photographs}")


def fetch(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    unpacked = folder / "unpacked"
    if not unpacked.exists():
        subprocess.run(["apt-get", "download", *PACKAGES, PLASMA], cwd=folder, check=True)
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, unpacked], check=True)
    return unpacked


def of_gcompris(unpacked: Path) -> Iterator[tuple[str, Image.Image]]:
    """WebP files lie uncompressed inside Qt's resource files."""
    for resource in sorted(unpacked.rglob("*.rcc")):
        if resource.stem.startswith(ACTIVITIES):
            for number, data in enumerate(webps(resource.read_bytes())):
                picture = Image.open(io.BytesIO(data))
                if picture.mode == "RGB":
                    yield f"{resource.stem}-{number:03}", picture


def webps(data: bytes) -> Iterator[bytes]:
    start = data.find(b"RIFF")
    while start >= 0:
        length = int.from_bytes(data[start + 4 : start + _RIFF_HEAD], "little") + _RIFF_HEAD
        if data[start + 8 : start + 12] == b"WEBP" and start + length <= len(data):
            yield data[start : start + length]
        start = data.find(b"RIFF", start + 4)


def of_wallpapers(unpacked: Path) -> Iterator[tuple[str, Image.Image]]:
    random = np.random.default_rng(0)
    for path in wallpapers(unpacked / "usr/share"):
        with Image.open(path) as picture:
            whole = picture.convert("RGB")
        stem = path.parents[2].name if "contents" in path.parts else path.stem
        for number in range(PARTS):
            yield f"{stem}-{number}", part_of(whole, random)


def wallpapers(share: Path) -> list[Path]:
    """The largest file of each photograph."""
    flat = [path for path in sorted((share / "backgrounds").rglob("*.jpg")) if not set(path.parts) & set(_DRAWN)]
    flat = [path for path in flat if not any(word in str(path) for word in _DRAWN) and _side(path) > _SMALLEST]
    return flat + [
        max((share / "wallpapers" / name / "contents/images").glob("*.jpg"), key=_side) for name in _PHOTOGRAPHED
    ]


def part_of(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """A 4:3 part with 40 to 100 % of the side, shrunk to one of WIDTHS; never enlarged."""
    width = int(min(picture.width, picture.height * 4 / 3) * random.uniform(0.4, 1))
    height = width * 3 // 4
    left, top = (int(random.integers(room + 1)) for room in (picture.width - width, picture.height - height))
    part = picture.crop((left, top, left + width, top + height))
    target = min(width, int(random.choice(WIDTHS)))
    return part.resize((target, target * 3 // 4), Image.Resampling.LANCZOS)


def _side(path: Path) -> int:
    with Image.open(path) as picture:
        return min(picture.size)


if __name__ == "__main__":
    main()
