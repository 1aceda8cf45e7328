"""The same weights, the same requests, the same cores: this service, infinity, and transformers behind FastAPI.

    python -m venv data/venv-peers
    data/venv-peers/bin/pip install torch==2.13.0 torchvision==0.28.0 aiohttp
    data/venv-peers/bin/pip install torch==2.13.0 'infinity-emb[torch,vision,server]==0.0.78'
    python benchmarks/encoder/make_bundles.py          the bundles, and the same weights as transformers reads them
    python benchmarks/encoder/peers.py

All servers run at the same time, one of them is asked, in turn, several rounds long; what the others use of the
processor meanwhile is printed. Rates are at `--concurrency`, the latency is that of one client. Every request is new:
one picture (a 1024 x 768 JPEG of about 130 KB, base64) or one text. Ratios are to infinity in the same round.
Before the clock runs, all servers encode the same inputs, and their vectors are compared.
"""

import argparse
import statistics
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from answers import vector
from bodies import Body, FileBody, FixedText, PictureBody, Target, TextBody, Texts, model_name
from figures import ms, quantile, ratios, setting, spread, table
from load import Client, Closed
from numpy.typing import NDArray
from pictures import photographs
from processes import Usage, cpu_between, tree
from servers import Server, command_server, free_port, lookalike

HERE = Path(__file__).parent
OURS, REFERENCE = "fp32, ONNX Runtime", "infinity"
KINDS = ("pictures", "texts")
_OFFLINE = {"HF_HUB_OFFLINE": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}
_SAMPLE = 12


@dataclass
class Contestant:
    """A server, and what was measured of it, round by round."""

    name: str
    model: str
    start: AbstractContextManager[Server]
    has_same_weights: bool = True
    rates: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    medians: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    """Latency of one client, p50 in seconds."""
    failed: int = 0

    @property
    def target(self) -> Target:
        return Target(model=self.model, answer=None)


def main() -> None:
    arguments = parse()
    print(setting("peers, CLIP ViT-B/32"), flush=True)
    chosen = [one for one in contestants(arguments) if not arguments.only or one.name in arguments.only]
    with ExitStack() as stack:
        servers = {one.name: stack.enter_context(one.start) for one in chosen}
        run = Run(servers, stack.enter_context(Client()), arguments)
        for one in chosen:
            run.warm_up(one)
        print(agreement(run, [one for one in chosen if one.has_same_weights]), flush=True)
        for number in range(arguments.rounds):
            for one in chosen:
                run.measure(one, number)
    print(results(chosen))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bundles = Path("data/benchmark-bundles")
    parser.add_argument("--bundle", type=Path, default=bundles / "vit-b-32")
    parser.add_argument("--int8-bundle", type=Path, default=bundles / "vit-b-32-int8")
    parser.add_argument("--transformers-folder", type=Path, default=bundles / "hf-vit-b-32")
    parser.add_argument(
        "--also", type=Path, nargs="*", default=[bundles / "mobileclip2-s0", Path("data/bundles/starter")]
    )
    parser.add_argument("--peers-python", type=Path, default=Path("data/venv-peers/bin/python"))
    parser.add_argument("--only", nargs="*", help="names of contestants")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="of one run at full load")
    parser.add_argument("--seconds-alone", type=float, default=5.0, help="of one run of one client")
    parser.add_argument("--warm-up-seconds", type=float, default=12.0)
    return parser.parse_args()


def contestants(arguments: argparse.Namespace) -> list[Contestant]:
    name = model_name(arguments.bundle)
    bf16 = {"LOOKALIKE_ENGINE": "openvino", "LOOKALIKE_PRECISION": "bf16"}
    fp32 = {"LOOKALIKE_ENGINE": "onnxruntime"}
    found = [
        Contestant(REFERENCE, "clip", infinity(arguments.peers_python, arguments.transformers_folder)),
        Contestant("transformers + FastAPI", "clip", plain(arguments.peers_python, arguments.transformers_folder)),
        Contestant(OURS, name, lookalike(arguments.bundle, fp32)),
        Contestant("bf16, OpenVINO", name, lookalike(arguments.bundle, bf16)),
    ]
    if arguments.int8_bundle.is_dir():
        int8 = model_name(arguments.int8_bundle)
        found.append(Contestant("int8, ONNX Runtime", int8, lookalike(arguments.int8_bundle, fp32)))
    others = [folder for folder in arguments.also if folder.is_dir()]
    found += [Contestant(folder.name, model_name(folder), lookalike(folder), False) for folder in others]
    return found


def infinity(python: Path, folder: Path) -> AbstractContextManager[Server]:
    """With its own defaults but for what says where the model is and where to listen."""
    port = free_port()
    command = [str(python), str(HERE / "peers/infinity_offline.py"), "v2", "--model-id", str(folder.resolve())]
    command += ["--served-model-name", "clip", "--host", "127.0.0.1", "--port", str(port), "--url-prefix", "/v1"]
    command += ["--engine", "torch", "--device", "cpu", "--dtype", "float32"]
    return command_server(command, _OFFLINE, port, "/health")


def plain(python: Path, folder: Path) -> AbstractContextManager[Server]:
    port = free_port()
    command = [str(python), str(HERE / "peers/plain_transformers.py"), str(folder.resolve()), str(port)]
    return command_server(command, _OFFLINE, port, "/health")


class Run:
    """The running servers and the client."""

    def __init__(self, servers: dict[str, Server], client: Client, arguments: argparse.Namespace) -> None:
        self._servers, self._client, self._arguments = servers, client, arguments
        self._jpegs, self._texts = photographs(32), Texts()

    def warm_up(self, one: Contestant) -> None:
        for kind in KINDS:
            plan = self._plan(one, kind, self._arguments.concurrency, self._arguments.warm_up_seconds)
            self._client.run(plan)

    def measure(self, one: Contestant, number: int) -> None:
        before = {name: tree(server.process) for name, server in self._servers.items()}
        for kind in KINDS:
            loaded = self._client.run(self._plan(one, kind, self._arguments.concurrency, self._arguments.seconds))
            alone = self._client.run(self._plan(one, kind, 1, self._arguments.seconds_alone))
            one.rates[kind].append(loaded.rate)
            one.medians[kind].append(quantile([answer.latency for answer in alone.answers], 0.5))
            one.failed += sum(answer.status != 200 for answer in (*loaded.answers, *alone.answers))
        shown = "; ".join(f"{kind} {one.rates[kind][-1]:.1f}/s, {ms(one.medians[kind][-1])} ms" for kind in KINDS)
        print(f"round {number} {one.name}: {shown}; {self._idle(one, before)}", flush=True)

    def vectors(self, one: Contestant, kind: str) -> NDArray[np.float32]:
        """The same inputs for everybody, float32 [n, d]."""
        bodies: Sequence[Body]
        if kind == "pictures":
            bodies = [FileBody(jpeg, one.target, "image/jpeg") for jpeg in self._jpegs[:_SAMPLE]]
        else:
            bodies = [FixedText(self._texts.numbered(number), one.target) for number in range(_SAMPLE)]
        plan = Closed(self._servers[one.name].url, bodies, 1, 600.0, 0.0, limit=len(bodies), keeps_bodies=True)
        return np.stack([vector(answer.body) for answer in self._client.run(plan).answers])

    def _plan(self, one: Contestant, kind: str, concurrency: int, seconds: float) -> Closed:
        bodies: Sequence[Body] = [TextBody(self._texts, one.target)]
        if kind == "pictures":
            bodies = [PictureBody(jpeg, one.target) for jpeg in self._jpegs]
        return Closed(self._servers[one.name].url, bodies, concurrency, seconds)

    def _idle(self, one: Contestant, before: dict[str, dict[int, Usage]]) -> str:
        used = sum(
            sum(cpu_between(before[name], tree(server.process)).values())
            for name, server in self._servers.items()
            if name != one.name
        )
        return f"the other servers took {used:.1f} s of processor time"


def agreement(run: Run, chosen: Sequence[Contestant]) -> str:
    """Least cosine, and least cosine after centring, of everybody's vectors to those of the first."""
    rows = []
    for kind in KINDS:
        vectors = {one.name: run.vectors(one, kind) for one in chosen}
        first = vectors[chosen[0].name]
        for name, found in vectors.items():
            rows.append(
                (f"{kind}: {name}", f"{least_cosine(first, found):.5f}", f"{least_cosine(*centred(first, found)):.5f}")
            )
    return table((f"agreement with {chosen[0].name}", "least cosine", "least centred cosine"), rows)


def least_cosine(some: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return float(((some * others).sum(axis=1) / lengths).min())


def centred(*many: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [vectors - vectors.mean(axis=0) for vectors in many]


def results(chosen: Sequence[Contestant]) -> str:
    head = ["", *(f"{kind}/s" for kind in KINDS), *(f"{kind}, × infinity" for kind in KINDS)]
    head += [
        *(f"{kind} p50 ms, one client" for kind in KINDS),
        *(f"{kind} p50, × infinity" for kind in KINDS),
        "failed",
    ]
    reference = next((one for one in chosen if one.name == REFERENCE), None)
    return table(head, [_row(one, reference) for one in chosen])


def _row(one: Contestant, reference: Contestant | None) -> list[str]:
    cells = [one.name, *(f"{statistics.median(one.rates[kind]):.1f}" for kind in KINDS)]
    other = reference if one.has_same_weights else None
    cells += [spread(ratios(one.rates[kind], other.rates[kind]), 2) if other else "" for kind in KINDS]
    cells += [ms(statistics.median(one.medians[kind])) for kind in KINDS]
    cells += [spread(ratios(one.medians[kind], other.medians[kind]), 2) if other else "" for kind in KINDS]
    return [*cells, str(one.failed)]


if __name__ == "__main__":
    main()
