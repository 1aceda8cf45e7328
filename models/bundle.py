"""A model bundle on disk: an immutable folder that describes itself. Owns its integrity, runs nothing."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.errors import BundleError
from models.manifest import FILE_NAME, Manifest, read_manifest

IMAGE_GRAPH = "image.onnx"
TEXT_GRAPH = "text.onnx"
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def image_graph(self) -> Path:
        return self.folder / IMAGE_GRAPH

    @property
    def text_graph(self) -> Path:
        return self.folder / TEXT_GRAPH

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER


def open_bundle(folder: Path, *, verify: bool = False) -> Bundle:
    """Open a bundle; with `verify`, compare every file with its checksum.

    Raises: BundleError when a file is missing, or does not match.
    """
    bundle = Bundle(folder, read_manifest(folder))
    missing = [name for name in bundle.manifest.files if not (folder / name).is_file()]
    if missing:
        raise BundleError(f"{folder} is incomplete: {', '.join(missing)} missing")
    if verify:
        damaged = [name for name, digest in bundle.manifest.files.items() if file_sha256(folder / name) != digest]
        if damaged:
            raise BundleError(f"{folder}: checksum mismatch in {', '.join(damaged)}; fetch or build the bundle again")
    return bundle


def find_bundles(folder: Path, *, verify: bool = False) -> Iterator[Bundle]:
    """Every bundle directly below `folder`, by name; raises what `open_bundle` raises."""
    for manifest in sorted(folder.glob(f"*/{FILE_NAME}")):
        yield open_bundle(manifest.parent, verify=verify)


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
