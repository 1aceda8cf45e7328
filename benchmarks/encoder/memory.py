"""Whether memory grows with what was seen: 20,000 requests of mixed pictures and texts, resident memory all along.

    python benchmarks/encoder/memory.py

One request in two is a text of 1 to 400 words, the others are pictures from 8 to 1,400 pixels a side in six formats
and modes. Memory is that of the gateway and all its children, in bytes resident, read every 200 requests, when no
request is under way. The vector cache is set so small that it is full long before the first 2,000 requests are done:
filling it is not growth. Prints the curve and the growth after the first 2,000.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bodies import Body, FileBody, FixedText, Target, Texts, model_name
from figures import setting, table
from load import Client, Closed
from pictures import mixed
from processes import tree
from servers import Server, lookalike

GOAL = 0.03
_SMALL_CACHE = {"LOOKALIKE_VECTOR_CACHE_ENTRIES": "200"}
_STEP = 200


@dataclass(frozen=True)
class Reading:
    """Resident memory after so many requests."""

    requests: int
    by_process: dict[str, int]
    """Bytes of the gateway and of each child."""

    @property
    def rss_bytes(self) -> int:
        return sum(self.by_process.values())


def main() -> None:
    arguments = parse()
    print(setting(f"memory, {arguments.bundle.name}, {arguments.requests:,} requests"), flush=True)
    settings = {**_SMALL_CACHE, **dict(pair.split("=", 1) for pair in arguments.setting)}
    with lookalike(arguments.bundle, settings, arguments.workers) as server, Client() as client:
        readings, statuses = run(server, client, arguments)
    print(curve(readings))
    print(f"statuses: {statuses}")
    print(verdict(readings, arguments.first))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundles/starter"))
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=2_000, help="requests that may make memory grow")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--workers", type=int, default=0, help="worker processes behind Redis (not in the figure)")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="for the server")
    return parser.parse_args()


def run(server: Server, client: Client, arguments: argparse.Namespace) -> tuple[list[Reading], dict[int, int]]:
    """Readings, and how many answers had which status."""
    bodies = mixture(_target(arguments.bundle))
    readings = [_reading(server, 0)]
    statuses: dict[int, int] = {}
    for asked in range(_STEP, arguments.requests + 1, _STEP):
        plan = Closed(server.url, list(islice(bodies, _STEP)), arguments.concurrency, 600.0, 0.0, limit=_STEP)
        for answer in client.run(plan).answers:
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
        readings.append(_reading(server, asked))
        if asked % (10 * _STEP) == 0:
            print(f"{asked:,}: {readings[-1].rss_bytes / 2**20:.0f} MiB", flush=True)
    return readings, statuses


def mixture(target: Target) -> Iterator[Body]:
    """Bodies without end, none twice."""
    rng, texts, pictures = random.Random(5), Texts(), mixed(5)
    number = 0
    while True:
        yield FileBody(next(pictures), target)
        length = int(400 ** rng.random())
        words = " ".join(texts.numbered(number + n) for n in range(length)).split()[:length]
        number += length
        yield FixedText(" ".join(words), target)


def curve(readings: Sequence[Reading]) -> str:
    shown = [reading for reading in readings if reading.requests % (5 * _STEP) == 0]
    names = sorted({name for one in shown for name in one.by_process})
    rows = [
        (f"{one.requests:,}", mib(one.rss_bytes), *(mib(one.by_process.get(name, 0)) for name in names))
        for one in shown
    ]
    return table(("requests", "resident MiB", *names), rows)


def mib(bytes_: int) -> str:
    return f"{bytes_ / 2**20:.1f}"


def verdict(readings: Sequence[Reading], first: int) -> str:
    start = next(reading for reading in readings if reading.requests >= first)
    later = [reading.rss_bytes for reading in readings if reading.requests > start.requests]
    most, last = max(later) / start.rss_bytes - 1, later[-1] / start.rss_bytes - 1
    shown = f"{last:+.1%} at the end, {most:+.1%} at most (goal < {GOAL:.0%})"
    return f"growth after the first {start.requests:,} requests: {shown}"


def _reading(server: Server, requests: int) -> Reading:
    usages = tree(server.process)
    return Reading(requests, {f"{usage.name} {pid}": usage.rss_bytes for pid, usage in usages.items()})


def _target(bundle: Path) -> Target:
    return Target(model=model_name(bundle))


if __name__ == "__main__":
    main()
