"""Recall, speed and memory of this store beside FAISS, hnswlib, usearch, LanceDB and milvus-lite, in one run.

    python -m venv data/venv-index-peers
    data/venv-index-peers/bin/pip install numpy hnswlib usearch lancedb pyarrow pymilvus milvus-lite
    python benchmarks/index/real_embeddings.py                         for --source demo
    python benchmarks/index/curves.py --count 100000 --source synthetic
    python benchmarks/index/curves.py --count 1000000 --source demo --contestants lookalike:ivf-rabitq faiss:ivf-rabitq

Each contestant builds in one process and serves in another, which opens what was written; nothing else runs
meanwhile. Rates are of one query a call with one caller and with two. Memory is what opening and all the queries
added to the process that serves: anonymous, and mapped from files. Recall@10 is against exact search, for queries in
the distribution of the vectors and off it; rates are of the former. The store takes part once a codec, with the
settings that its builder measured, on vectors of the collection and on held-out queries off their distribution; raw
FAISS takes the same settings. The last tables have the fastest setting that reaches the recall target.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from collections_on_disk import NAME
from contestant import HELD_OUT, KINDS, K
from vector_sources import BLOCK, Source, source_of, truth

from index.sealed.snapshot import SnapshotFiles

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import setting, table

HERE = Path(__file__).parent
PEERS = ("hnswlib", "usearch", "lancedb", "milvus-lite")
ALL = (
    "lookalike:ivf-rabitq",
    "faiss:ivf-rabitq",
    "lookalike:ivf-pq-fastscan",
    "faiss:ivf-pq-fastscan",
    "lookalike:ivf-pq",
    "faiss:ivf-pq",
    "faiss-ivf-sq8",
    "faiss-hnsw",
    *PEERS,
)
TARGET = 0.95
MOST_HELD_OUT = 512
CHOICE = ("recall", "kind")
"""How the store is asked for a setting."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "LANCE_CPU_THREADS")
ONE_THREAD = dict.fromkeys(THREADS, "1")


@dataclass
class Outcome:
    """What one contestant came to."""

    name: str
    build_s: float = float("nan")
    build_cpu_s: float = float("nan")
    open_s: float = float("nan")
    anonymous: float = float("nan")
    mapped: float = float("nan")
    """Bytes a vector."""
    points: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    def shortened(self) -> str:
        """How few queries its recall is of, where it had no time for more."""
        least = min((point[f"asked_{kind}"] for point in self.points for kind in KINDS), default=0)
        most = max((point[f"asked_{kind}"] for point in self.points for kind in KINDS), default=0)
        return f", recall of {least} to {most} queries of a kind" if least < most else ""


def main() -> None:
    arguments = parse()
    source = source_of(arguments.source, arguments.count, arguments.real)
    print(setting(f"curves, {source.name}, {source.count:,} x {source.dimension}"), flush=True)
    folder = arguments.folder / f"{arguments.source}-{arguments.count}"
    prepare(source, folder, arguments.queries)
    outcomes = []
    for name in arguments.contestants:
        outcome = Run(arguments, folder, source.count).of(name)
        outcomes.append(outcome)
        print(f"{name}: {outcome.failure or f'built in {outcome.build_s:.0f} s{outcome.shortened()}'}", flush=True)
    print(curves(outcomes))
    for kind in KINDS:
        print(f"\nAt recall@{K} of at least {arguments.target}, {kind} the distribution:\n")
        print(summary(outcomes, arguments.target, kind))
    (folder / "outcomes.json").write_text(json.dumps([vars(one) for one in outcomes], indent=1), encoding="utf-8")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--source", choices=("synthetic", "demo"), default="synthetic")
    parser.add_argument("--contestants", nargs="+", default=list(ALL), metavar="NAME[:CODEC]")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one rate")
    parser.add_argument(
        "--recall-seconds", type=float, default=120.0, help="of one recall: a slow one is of fewer queries"
    )
    parser.add_argument("--target", type=float, default=TARGET)
    parser.add_argument("--folder", type=Path, default=Path("data/index-benchmark"))
    parser.add_argument("--real", type=Path, default=Path("data/index-benchmark/real"))
    parser.add_argument("--peers-python", type=Path, default=Path("data/venv-index-peers/bin/python"))
    parser.add_argument("--timeout", type=float, default=7_200.0, help="seconds for one contestant's build or queries")
    parser.add_argument("--rebuild", action="store_true", help="build what lies there from an earlier run again")
    return parser.parse_args()


def prepare(source: Source, folder: Path, queries: int) -> None:
    """Vectors, queries and their true neighbours as files."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / HELD_OUT, source.queries("off", queries + MOST_HELD_OUT)[queries:])  # none that is asked
    if (folder / "truth-off.npy").exists() and len(np.load(folder / "truth-off.npy")) == queries:
        return
    vectors = np.lib.format.open_memmap(
        folder / "vectors.npy", mode="w+", dtype=np.float32, shape=(source.count, source.dimension)
    )
    for number, block in enumerate(source.blocks()):
        vectors[number * BLOCK : number * BLOCK + len(block)] = block
    vectors.flush()
    for kind in KINDS:
        asked = source.queries(kind, queries)
        np.save(folder / f"queries-{kind}.npy", asked)
        np.save(folder / f"truth-{kind}.npy", truth(source, asked, K))


@dataclass(frozen=True)
class Run:
    """One contestant after another."""

    arguments: argparse.Namespace
    data: Path
    count: int

    def of(self, name: str) -> Outcome:
        outcome = Outcome(name)
        kind, _, option = name.partition(":")
        folder = self.data / name.replace(":", "-")
        try:
            if self.arguments.rebuild or not (folder / "built.json").exists():
                self._build(kind, option, folder)
            built = json.loads((folder / "built.json").read_text(encoding="utf-8"))
            outcome.build_s, outcome.build_cpu_s = built["build_s"], built["build_cpu_s"]
            if kind == "faiss":
                self._hand_settings(option, folder)
            self._read(self._child("serve", kind, option, folder), outcome)
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            outcome.failure = f"failed: {error}"
        return outcome

    def _build(self, kind: str, option: str, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        lines = self._child("build", kind, option, folder)
        (folder / "built.json").write_text(lines[-1], encoding="utf-8")

    def _hand_settings(self, option: str, folder: Path) -> None:
        """Raw FAISS takes the settings that the store's builder measured."""
        snapshot = SnapshotFiles(self.data / f"lookalike-{option}" / NAME).read()
        assert snapshot is not None  # it took part before
        points = [point for curve in snapshot.fields["image"].curves.values() for point in curve]
        pairs = sorted({(one.settings.probes, one.settings.candidates) for one in points if one.settings.probes})
        settings = [{"probes": probes, "candidates": candidates} for probes, candidates in pairs]
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")

    def _child(self, act: str, kind: str, option: str, folder: Path) -> list[str]:
        python = self.arguments.peers_python if kind in PEERS else Path(sys.executable)
        command = [str(python), str(HERE / "contestant.py"), act, kind, "--option", option, "--folder", str(folder)]
        command += ["--data", str(self.data), "--seconds", str(self.arguments.seconds)]
        command += ["--recall-seconds", str(self.arguments.recall_seconds)]
        environment = {**os.environ, **ONE_THREAD}
        if kind in PEERS:  # an environment of its own, that knows nothing of this service
            environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=self.arguments.timeout, check=False
        )
        if done.returncode:
            raise ValueError(" ".join(done.stderr.strip().splitlines()[-1:]) or f"exit status {done.returncode}")
        return [line for line in done.stdout.splitlines() if line.startswith("{")]

    def _read(self, lines: Sequence[str], outcome: Outcome) -> None:
        found = [json.loads(line) for line in lines]
        outcome.open_s = found[0]["open_s"]
        outcome.points = found[1:-1]
        outcome.anonymous, outcome.mapped = (found[-1][key] / self.count for key in ("anonymous", "mapped"))


def curves(outcomes: Sequence[Outcome]) -> str:
    head = ("", "setting", "recall in", "recall off", "QPS", "p50 ms", "QPS, 2 callers")
    rows = [(one.name, *_figures(point)) for one in outcomes for point in one.points]
    return table(head, rows)


def summary(outcomes: Sequence[Outcome], target: float, kind: str) -> str:
    head = ("", "setting", "recall in", "recall off", "QPS", "p50 ms", "QPS, 2 callers")
    head += ("anonymous B/vector", "mapped B/vector", "open s", "build s", "build CPU s")
    rows = []
    for one in outcomes:
        enough = [point for point in one.points if point[f"recall_{kind}"] >= target]
        figures = _figures(max(enough, key=lambda point: point["qps_1"])) if enough else ("none",) + ("",) * 5
        built = (f"{one.anonymous:.0f}", f"{one.mapped:.0f}", f"{one.open_s:.2f}")
        rows.append((one.name, *figures, *built, f"{one.build_s:.0f}", f"{one.build_cpu_s:.0f}"))
    return table(head, rows)


def _figures(point: dict[str, Any]) -> tuple[str, ...]:
    shown = ", ".join(f"{key} {value}" for key, value in point["setting"].items() if key not in CHOICE)
    recalls = (f"{point['recall_in']:.3f}", f"{point['recall_off']:.3f}")
    return (shown, *recalls, f"{point['qps_1']:,.0f}", f"{point['p50_ms_1']:.2f}", f"{point['qps_2']:,.0f}")


if __name__ == "__main__":
    main()
