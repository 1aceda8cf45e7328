"""Put the starter bundle together on the user's machine: committed graphs plus the pinned package's table.

Owns the order of things: everything is written to a temporary folder, checked against the manifest's
checksums, and renamed into place. Needs NumPy, no torch.
"""

import shutil
import tempfile
from pathlib import Path

from models.bundle import TOKENIZER, open_bundle
from models.errors import BundleError
from models.manifest import read_manifest
from models.starter.sentence_weights import FILE_NAME as SENTENCE_FILE
from models.starter.sentence_weights import package_file, read_tensors, write_tensors
from models.starter.tokenizer import convert

COMMITTED = Path(__file__).parent / "bundle"


def assemble(target: Path, source: Path = COMMITTED) -> Path:
    """Make the complete bundle at the folder `target`; a second call finds it there and does nothing.

    Raises:
        BundleError: the package is missing, or is not the version that the manifest was made with.
    """
    if _is_current(target, source):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as room:
        made = Path(room) / "new"
        shutil.copytree(source, made)
        write_tensors(read_tensors(package_file("weights.npz")), made / SENTENCE_FILE)
        (made / TOKENIZER).write_bytes(convert(package_file("sp.model")))
        open_bundle(made, verify=True)
        if target.exists():
            target.rename(Path(room) / "old")
        made.rename(target)
    return target


def _is_current(target: Path, source: Path) -> bool:
    try:
        bundle = open_bundle(target)
    except BundleError:
        return False
    return bundle.manifest == read_manifest(source)
