"""How long a seal takes with a card and without: the stages of the builder, over the same vectors.

    python benchmarks/gpu/seal.py                          a million clustered vectors of 512 dimensions
    python benchmarks/gpu/seal.py --count 50000            a try, also where there is no card
    python benchmarks/gpu/seal.py --keep data/gpu-sealed   for search.py

The collection is written once and copied; each copy is sealed by the builder as a server starts it, first with the card
hidden. The recall that the builder measured and reached is printed beside, since the lists need not be quite the same.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from index.sealed.card import has_card
from index.sealed.snapshot import SnapshotFiles

sys.path += [str(Path(__file__).parent.parent / name) for name in ("index", "encoder")]
from collections_on_disk import NAME, seal_by_child, write_stream
from figures import setting, table
from vector_sources import Synthetic

LEAST = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--codec", default="ivf-pq-fastscan")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=Path, help="a new folder: what was sealed last stays there")
    arguments = parser.parse_args()
    print(setting(f"seal, {arguments.count:,} x {arguments.dimension}, {arguments.codec}"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "written"
        write_stream(written, Synthetic(arguments.count, arguments.dimension))
        rows = [("without a card", *sealed(written, True, arguments))]
        if has_card():
            rows.append(("with the card", *sealed(written, False, arguments)))
        else:
            print("FAISS sees no card here")
        if arguments.keep:
            shutil.move(copy_of(written), arguments.keep)
    print(table(("", "stages, s", "whole, s", "recall reached at most"), rows))


def copy_of(written: Path) -> Path:
    return written.with_name("copy")


def sealed(written: Path, is_hidden: bool, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The stages of the builder in seconds, their sum, and the best recall@10 that it measured."""
    copy = copy_of(written)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(written, copy)
    with patch.dict(os.environ, {"CUDA_VISIBLE_DEVICES": ""} if is_hidden else {}):
        stages, _ = seal_by_child(copy, arguments.codec, LEAST, arguments.threads)
    snapshot = SnapshotFiles(copy / NAME).read()
    assert snapshot is not None
    best = max(point.recall for point in snapshot.fields["image"].curves["image"])
    told = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in stages.items())
    return told, f"{sum(stages.values()):.0f}", f"{best:.3f}"


if __name__ == "__main__":
    main()
