"""The port of an engine: what loads one graph and runs it. Adapters are a file each; `registry` names them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from models.batches import BatchRules
from models.bundle import Bundle
from models.encoder import Graph

Arithmetic: TypeAlias = Literal["fp32", "fp16", "bf16", "int8"]
"""What a graph computes in, whatever its weights are stored in."""
OUTPUT = "embedding"
"""The output of every tower, float32 [n, d]; a graph may have others, which are not asked for."""


@dataclass(frozen=True)
class Resources:
    """What an engine may take."""

    threads: int = 1
    """Of one run."""
    runs: int = 1
    """Runs at a time: that many threads call."""
    cache_dir: Path | None = None
    """Where an engine keeps what it compiled (TensorRT); None: nothing is kept."""


ONE_THREAD = Resources()


@dataclass(frozen=True)
class Tower:
    """A graph file and the shapes that reach it, for engines that compile for shapes."""

    path: Path
    fingerprint: str
    narrowest: Mapping[str, tuple[int, ...]]
    """By input, without the batch axis."""
    widest: Mapping[str, tuple[int, ...]]


class Engine(Protocol):
    """One way to run graphs. Cheap to make and to ask: its runtime is imported by `open`."""

    name: str
    packages: tuple[str, ...]
    """Distributions, one of which must be installed."""
    is_on_cpu: bool
    load_s: float
    """Time that loading a bundle may take: compiling engines take minutes the first time."""
    converts: Mapping[Arithmetic, tuple[Arithmetic, ...]]
    """By what a graph computes in: what this engine can run it in."""

    def rules(self, arithmetic: Arithmetic) -> BatchRules: ...

    def open(self, tower: Tower, arithmetic: Arithmetic, rules: BatchRules, resources: Resources) -> Graph:
        """Load the graph to run in `arithmetic`; blocks, for minutes where the engine compiles.

        Raises: EngineUnavailableError where it would run elsewhere, or in another arithmetic, than asked for.
        """


def image_tower(bundle: Bundle) -> Tower:
    shape = {"pixels": (bundle.manifest.image.size, bundle.manifest.image.size, 3)}
    return Tower(bundle.image_graph, bundle.manifest.image.fingerprint, shape, shape)


def text_tower(bundle: Bundle) -> Tower:
    text = bundle.manifest.text
    names = ("input_ids", "attention_mask") if text.takes_attention_mask else ("input_ids",)
    least = text.context_length if text.padding == "fixed" else 1
    return Tower(
        bundle.text_graph,
        text.fingerprint,
        dict.fromkeys(names, (least,)),
        dict.fromkeys(names, (text.context_length,)),
    )


def batch_rules(max_rows: int, arithmetic: Arithmetic, *, pads: bool) -> BatchRules:
    """One row a run for int8: its ranges are found over the whole batch, so neighbours would change a vector."""
    return BatchRules(1) if arithmetic == "int8" else BatchRules(max_rows, pads)
