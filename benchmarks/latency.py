"""How long one search takes, stage by stage: a real server process, one client, one request at a time.

    python benchmarks/latency.py --data data                     starts `lookalike serve` on a free port
    python benchmarks/latency.py --url http://127.0.0.1:8000     asks one that runs

Prints p50 and p95 in milliseconds. `end to end` is what the client waits. `total` is the server's own clock around
the whole request, and `gateway` is what is left of it without decode, embed, search and rank: reading, checking and
writing.
"""

import argparse
import base64
import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import httpx
import numpy as np

STAGES = ("decode", "embed", "search", "rank")
ROWS = ("end to end", "total", *STAGES, "gateway")
_START_S = 60.0


@dataclass(frozen=True)
class Plan:
    """What is asked, how often. Every query is another one, so that no cache answers."""

    collection: str
    catalogue: Path
    requests: int
    warm_up: int


def main() -> None:
    arguments = parse()
    plan = Plan(arguments.collection, arguments.catalogue, arguments.requests, arguments.warm_up)
    if arguments.url:
        report(arguments.url, plan)
        return
    with server(arguments.data) as url:
        report(url, plan)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a running service; else one is started")
    parser.add_argument("--data", default="data", help="its data directory")
    parser.add_argument("--collection", default="demo")
    parser.add_argument(
        "--catalogue", type=Path, default=Path("demo/catalogue.jsonl"), help="texts and pictures to ask with"
    )
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--warm-up", type=int, default=20)
    return parser.parse_args()


@contextmanager
def server(data: str) -> Iterator[str]:
    """`lookalike serve` on a free port; stopped and waited for at the end."""
    command = [str(Path(sys.executable).parent / "lookalike"), "serve", "--port", "0", "--data", data]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        announced = re.search(r"http://\S+", process.stdout.readline())
        if announced is None:
            sys.exit("the server did not start: run `lookalike serve` to see why")
        yield announced.group()
    finally:
        process.terminate()
        process.wait(timeout=_START_S)


def report(url: str, plan: Plan) -> None:
    items = [json.loads(line) for line in plan.catalogue.read_text(encoding="utf-8").splitlines()]
    chosen = np.random.default_rng(7).choice(len(items), plan.requests + plan.warm_up, replace=False)
    asked = [items[index] for index in chosen]
    with httpx.Client(base_url=url, timeout=30.0) as client:
        described = client.get(f"/v1/collections/{plan.collection}").raise_for_status().json()
        print(f"{platform.processor() or platform.machine()}, {described['items']} items, model {described['model']}")
        texts = [{"text": f"{item['text']} number {number}"} for number, item in enumerate(asked)]
        show("text search", measure(client, plan, texts))
        folder = plan.catalogue.parent
        pictures = [{"image": {"base64": encoded(folder / item["image"], number)}} for number, item in enumerate(asked)]
        show("image search", measure(client, plan, pictures))


def encoded(path: Path, number: int) -> str:
    """The picture with other bytes at its end, which decoders skip: no cache has seen it."""
    return base64.b64encode(path.read_bytes() + number.to_bytes(4, "little")).decode()


def measure(client: httpx.Client, plan: Plan, queries: Sequence[Mapping[str, object]]) -> dict[str, list[float]]:
    """Milliseconds by row, without the warm-up."""
    times: dict[str, list[float]] = {row: [] for row in ROWS}
    for query in queries:
        start = perf_counter()
        response = client.post(f"/v1/collections/{plan.collection}/search", json={"query": query}).raise_for_status()
        took = {"end to end": (perf_counter() - start) * 1000.0, **timings(response)}
        for row in ROWS:
            times[row].append(took[row])
    return {row: values[plan.warm_up :] for row, values in times.items()}


def timings(response: httpx.Response) -> dict[str, float]:
    found = re.findall(r"(\w+);dur=([\d.]+)", response.headers["server-timing"])
    took = {name: float(ms) for name, ms in found}
    return {**took, "gateway": took["total"] - sum(took[stage] for stage in STAGES)}


def show(title: str, times: dict[str, list[float]]) -> None:
    print(f"\n{title}, {len(times['total'])} requests, ms\n{'':12}{'p50':>9}{'p95':>9}")
    for row, values in times.items():
        p50, p95 = np.percentile(values, [50, 95])
        print(f"{row:12}{p50:9.2f}{p95:9.2f}")


if __name__ == "__main__":
    main()
