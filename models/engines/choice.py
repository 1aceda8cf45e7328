"""The choice among engines that were measured. Pure functions of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log

from models.engines.registry import REFERENCE
from models.errors import EngineUnavailableError

CLEARLY_FASTER = 1.10
"""The reference engine stays unless another one is that much faster: replicas must not differ by noise."""


@dataclass(frozen=True)
class Trial:
    """What was seen of one engine; `error` says why it is out of the running."""

    engine: str
    provider: str = ""
    image_ms: Mapping[int, float] = field(default_factory=dict)
    """Milliseconds of a run, by its rows."""
    text_ms: Mapping[int, float] = field(default_factory=dict)
    """The same for queries of some ten words; empty where the bundle has no text tower."""
    error: str = ""


@dataclass(frozen=True)
class EngineChoice:
    """The engine that runs a bundle, and what a run costs on it. The curves are empty where nothing was measured."""

    engine: str
    precision: str
    """The one that really runs, as the encoder's manifest has it."""
    image_ms: Mapping[int, float] = field(default_factory=dict)
    text_ms: Mapping[int, float] = field(default_factory=dict)
    why: str = ""
    trials: tuple[Trial, ...] = ()


def decide(trials: Sequence[Trial], precision: str) -> EngineChoice:
    """The reference engine, or the one that beats it (and each one before it) clearly.

    Raises: EngineUnavailableError with every reason, where no engine is left.
    """
    running = sorted((trial for trial in trials if trial.image_ms), key=lambda trial: trial.engine != REFERENCE)
    if not running:
        reasons = "; ".join(f"{trial.engine}: {trial.error}" for trial in trials)
        raise EngineUnavailableError(f"no engine could run the model: {reasons}")
    chosen = running[0]
    for trial in running[1:]:
        if speedup(trial, chosen) >= CLEARLY_FASTER:
            chosen = trial
    return EngineChoice(chosen.engine, precision, chosen.image_ms, chosen.text_ms, _why(chosen, trials), tuple(trials))


def speedup(trial: Trial, other: Trial) -> float:
    """How many times faster: the geometric mean over the runs that both were measured with, towers counting alike."""
    towers = [
        _mean_log_ratio(mine, theirs)
        for mine, theirs in ((trial.image_ms, other.image_ms), (trial.text_ms, other.text_ms))
        if mine.keys() & theirs.keys()
    ]
    return exp(sum(towers) / len(towers)) if towers else 0.0


def _mean_log_ratio(mine: Mapping[int, float], theirs: Mapping[int, float]) -> float:
    shared = mine.keys() & theirs.keys()
    return sum(log(max(theirs[rows], 1e-6) / max(mine[rows], 1e-6)) for rows in shared) / len(shared)


def _why(chosen: Trial, trials: Sequence[Trial]) -> str:
    said = []
    for trial in trials:
        if trial.engine == chosen.engine:
            continue
        if trial.error:
            said.append(f"{trial.engine} is out: {trial.error}")
        else:
            said.append(f"{speedup(chosen, trial):.2f} times as fast as {trial.engine}")
    return "; ".join(said) or "the only engine here that runs this precision"
