"""Searches of one sealed collection on the CPU and on the card: recall, searches a second and their times.

    python benchmarks/gpu/seal.py --keep data/gpu-sealed && python benchmarks/gpu/search.py data/gpu-sealed

Each caller is a thread that asks one query after another; FAISS has one thread a search. Both look into as many lists
for a recall that is asked for: the CPU by codes, the card by vectors, and for all that wait in one call. The truth is
the exact search of the same collection.
"""

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import product
from pathlib import Path

from peak import card

from index import LocalCollection, LocalStore
from index.sealed.card import has_card
from index.types import SearchParameters, Vector, Vectors

sys.path += [str(Path(__file__).parent.parent / name) for name in ("index", "encoder")]
from collections_on_disk import NAME
from contestant import timed
from figures import ms, quantile, setting, table
from vector_sources import Synthetic

K = 10
Search = Callable[[Vector], list[str]]
"""The ids of the K nearest."""


def main() -> None:
    arguments = parse()
    with ExitStack() as stack:
        on_cpu = opened(stack, arguments.sealed, on_card=False)
        count, dimension = on_cpu.info().items, on_cpu.spec.dimension
        print(setting(f"search, {count:,} x {dimension}, card: {card() or 'none'}"), flush=True)
        ways = {"CPU": on_cpu}
        if has_card():
            started = time.perf_counter()
            ways["card"] = opened(stack, arguments.sealed, on_card=True)
            print(f"opened, and copied to the card, in {time.perf_counter() - started:.1f} s", flush=True)
        else:
            print("FAISS sees no card here")
        queries = Synthetic(count, dimension).queries("in", arguments.queries)
        exact = search_of(on_cpu, SearchParameters(exact=True))
        truth = [set(exact(query)) for query in queries]
        rows = []
        for asked, (way, collection) in product(arguments.recalls, ways.items()):
            search = search_of(collection, SearchParameters(recall=asked))
            found = sum(len(wanted & set(search(query))) for wanted, query in zip(truth, queries, strict=True))
            told = (way, f"{asked}", f"{found / (K * len(queries)):.4f}")
            for callers in arguments.callers:
                rows.append((*told, str(callers), *speed(search, queries, callers, arguments.seconds)))
    print(table(("", "asked", "recall@10", "callers", "searches/s", "p50, ms", "p99, ms"), rows))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sealed", type=Path, help="folder that seal.py kept")
    parser.add_argument("--recalls", type=float, nargs="+", default=(0.95, 0.99))
    parser.add_argument("--callers", type=int, nargs="+", default=(1, 2, 8, 32))
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one figure")
    return parser.parse_args()


def opened(stack: ExitStack, folder: Path, on_card: bool) -> LocalCollection:
    return stack.enter_context(closing(LocalStore(folder, mode="read", on_card=on_card))).open(NAME)


def search_of(collection: LocalCollection, params: SearchParameters) -> Search:
    return lambda query: [hit.id for hit in collection.search("image", query, K, params=params)]


def speed(search: Search, queries: Vectors, callers: int, seconds: float) -> tuple[str, str, str]:
    """Searches a second, and the median and the 99th percentile of their milliseconds."""
    rate, times = timed(search, queries, callers, seconds)
    return f"{rate:,.0f}", ms(quantile(times, 0.5)), ms(quantile(times, 0.99))


if __name__ == "__main__":
    main()
