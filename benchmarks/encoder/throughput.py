"""Bytes over HTTP to vectors at full load, against the ceiling: the same engine without a service around it.

    python benchmarks/encoder/throughput.py --bundle data/benchmark-bundles/vit-b-32
    python benchmarks/encoder/throughput.py --bundle data/benchmark-bundles/vit-b-32 --queue redis --workers 2

Server and ceiling are measured in turn (A B A B …) on the same cores, and compared round by round. The ceiling makes
runs as large as the server's were in that round, on average; beside it stands the ceiling with the runs that are
fastest on this machine. One picture (a 1024 x 768 JPEG of about 130 KB) or one text a
request, each with bytes that were never sent before. The client runs beside the server and its share of a core is in
the table, with the processor time that server (all its processes) and ceiling took for one input. Before the clock
runs, the server's vectors are compared with the ceiling's.
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from answers import vector
from bodies import Body, FixedText, PictureBody, Target, TextBody, Texts, model_name, numbers
from ceiling import Ceiling, EngineSpec, Speed, fastest_rows, nearest_rows
from figures import ms, quantile, ratios, setting, spread, table
from load import Client, Closed, Outcome
from numpy.typing import NDArray
from pictures import photographs
from processes import cpu_between, tree
from prometheus_client.parser import text_string_to_metric_families
from servers import Server, lookalike

GOALS = {"pictures": 0.94, "texts": 0.90}
GOAL_REDIS = 0.90
_SAMPLE = 4
_TRIAL_S = 4.0


@dataclass
class Series:
    """All rounds of one kind of input."""

    fastest_rows: int
    """Inputs of one run with which the ceiling is fastest."""
    fastest: float
    """Its rate then."""
    rows: list[float] = field(default_factory=list)
    """Inputs of the server's runs, the mean of each round."""
    served: list[float] = field(default_factory=list)
    ceiling: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    """Processor time of the server for one input."""
    ceiling_cpu_ms: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    client_shares: list[float] = field(default_factory=list)
    failed: int = 0

    def add(self, outcome: Outcome, cpu_s: float) -> None:
        good = [answer for answer in outcome.answers if answer.status == 200]
        self.served.append(outcome.rate)
        self.cpu_ms.append(1000 * cpu_s / max(1, outcome.asked))
        self.latencies += [answer.latency for answer in good]
        self.client_shares.append(outcome.cpu_share)
        self.failed += len(outcome.answers) - len(good)


def main() -> None:
    arguments = parse()
    print(setting(f"throughput, {arguments.bundle.name}, {arguments.engine}, queue {arguments.queue}"), flush=True)
    settings = dict(pair.split("=", 1) for pair in arguments.setting)
    workers = arguments.workers if arguments.queue == "redis" else 0
    spec = EngineSpec(arguments.bundle, arguments.engine, arguments.precision)
    with Ceiling(spec) as ceiling, lookalike(arguments.bundle, settings, workers) as server, Client() as client:
        run = Run(server, ceiling, client, arguments)
        print(f"least cosine to the ceiling's vectors: {run.agreement():.6f}")
        series = {kind: run.alternate(kind) for kind in arguments.kinds}
        print(rows(series, arguments.queue))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundles/starter"), help="folder of a model bundle")
    parser.add_argument("--kinds", nargs="+", choices=("pictures", "texts"), default=["pictures", "texts"])
    parser.add_argument("--queue", choices=("local", "redis"), default="local")
    parser.add_argument("--workers", type=int, default=2, help="worker processes, with --queue redis")
    parser.add_argument("--engine", default="onnxruntime", help="of the ceiling")
    parser.add_argument("--precision", help="of the ceiling")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="for the server")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=12.0, help="of one run")
    return parser.parse_args()


class Run:
    """Server and ceiling side by side."""

    def __init__(self, server: Server, ceiling: Ceiling, client: Client, arguments: argparse.Namespace) -> None:
        self._server, self._ceiling, self._client, self._arguments = server, ceiling, client, arguments
        self._target = Target(model=model_name(arguments.bundle))
        self._jpegs, self._texts = photographs(32), Texts()

    def agreement(self) -> float:
        """The least cosine between a vector of the server and the ceiling's of the same input."""
        found = []
        if "pictures" in self._arguments.kinds:
            served = self._vectors(self._bodies("pictures")[:_SAMPLE])
            found.append((served * self._ceiling.picture_vectors(self._jpegs[:_SAMPLE])).sum(axis=1).min())
        if "texts" in self._arguments.kinds:
            texts = [self._texts.numbered(number) for number, _ in zip(numbers(), range(_SAMPLE), strict=False)]
            served = self._vectors([FixedText(text, self._target) for text in texts])
            found.append((served * self._ceiling.text_vectors(texts)).sum(axis=1).min())
        return float(min(found))

    def alternate(self, kind: str) -> Series:
        bodies, seconds = self._bodies(kind), self._arguments.seconds
        fastest = fastest_rows(lambda rows: self._ceiling_speed(kind, _TRIAL_S, rows))
        series = Series(fastest, self._ceiling_speed(kind, seconds, fastest).rate)
        for number in range(self._arguments.rounds):
            before, runs_before = tree(self._server.process), self._runs(kind)
            plan = Closed(self._server.url, bodies, self._arguments.concurrency, seconds)
            outcome = self._client.run(plan)
            used = cpu_between(before, tree(self._server.process))
            series.add(outcome, sum(used.values()))
            rows, runs = (now - then for now, then in zip(self._runs(kind), runs_before, strict=True))
            series.rows.append(rows / runs)
            ceiling = self._ceiling_speed(kind, seconds, nearest_rows(rows / runs))
            series.ceiling.append(ceiling.rate)
            series.ceiling_cpu_ms.append(1000 * ceiling.cpu_s)
            shown = ", ".join(f"{name} {1000 * cpu / outcome.asked:.2f}" for name, cpu in used.items())
            print(
                f"{kind} {number}: {series.served[-1]:.2f}/s of {ceiling.rate:.2f}/s; CPU ms each: {shown}", flush=True
            )
        return series

    def _runs(self, kind: str) -> tuple[float, float]:
        """Inputs that were encoded so far, and runs."""
        tower, found = {"pictures": "image", "texts": "text"}[kind], {"sum": 0.0, "count": 0.0}
        for address in self._server.encoders:
            for family in text_string_to_metric_families(httpx.get(f"{address}/metrics").text):
                for sample in family.samples:
                    end = sample.name.removeprefix("lookalike_encode_batch_rows_")
                    if end in found and sample.labels.get("tower") == tower:
                        found[end] += sample.value
        return found["sum"], found["count"]

    def _ceiling_speed(self, kind: str, seconds: float, rows: int) -> Speed:
        if kind == "pictures":
            return self._ceiling.pictures(self._jpegs, seconds, rows)
        texts = [self._texts.numbered(number) for number, _ in zip(numbers(), range(2000), strict=False)]
        return self._ceiling.texts(texts, seconds, rows)

    def _bodies(self, kind: str) -> Sequence[Body]:
        if kind == "pictures":
            return [PictureBody(jpeg, self._target) for jpeg in self._jpegs]
        return [TextBody(self._texts, self._target)]

    def _vectors(self, bodies: Sequence[Body]) -> NDArray[np.float32]:
        plan = Closed(self._server.url, bodies, 1, 60.0, 0.0, limit=len(bodies), keeps_bodies=True)
        answers = self._client.run(plan).answers
        return np.stack([vector(answer.body) for answer in answers])


def rows(series: dict[str, Series], queue: str) -> str:
    head = [
        "",
        "served/s",
        "ceiling/s",
        "rows a run",
        "ratio",
        "goal",
        "CPU ms each",
        "ceiling's",
        "p50 ms",
        "p99 ms",
    ]
    head += ["fastest ceiling/s", "its rows a run", "client, share of a core", "failed"]
    lines = []
    for kind, one in series.items():
        goal = GOAL_REDIS if queue == "redis" else GOALS[kind]
        lines.append(
            (
                kind,
                f"{statistics.median(one.served):.1f}",
                f"{statistics.median(one.ceiling):.1f}",
                f"{statistics.median(one.rows):.1f}",
                spread(ratios(one.served, one.ceiling)),
                f"{goal:.2f}",
                f"{statistics.median(one.cpu_ms):.2f}",
                f"{statistics.median(one.ceiling_cpu_ms):.2f}",
                ms(quantile(one.latencies, 0.5)),
                ms(quantile(one.latencies, 0.99)),
                f"{one.fastest:.1f}",
                str(one.fastest_rows),
                f"{statistics.median(one.client_shares):.1%}",
                str(one.failed),
            )
        )
    return table(head, lines)


if __name__ == "__main__":
    main()
