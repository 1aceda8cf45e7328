"""Which engine runs a bundle: asked for by name, or found by measuring, once for each machine and bundle."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.bundle import Bundle
from models.engines.choice import EngineChoice, decide
from models.engines.choice_file import key_of, recall, remember
from models.engines.contest import contest
from models.engines.port import ONE_THREAD, Resources
from models.engines.precision import pin
from models.engines.processor import accelerators, this_processor
from models.engines.registry import REFERENCE, candidates, installed

AUTO = "auto"
BUDGET_S = 12.0
_NAMED = "the settings name it"


def choose(
    bundle: Bundle,
    engine: str = AUTO,
    precision: str | None = None,
    *,
    resources: Resources = ONE_THREAD,
    cache_file: Path | None = None,
    budget_s: float = BUDGET_S,
) -> EngineChoice:
    """The measured choice, from `cache_file` where it holds one for this bundle, these engines and this machine.

    Measures, in processes of their own, for about `budget_s` seconds after the engines have loaded.
    Raises: PrecisionError, EngineUnavailableError.
    """
    able = candidates(bundle, precision, engine)
    key = _key(bundle, engine, precision, able, resources)
    if cache_file is not None and (known := recall(cache_file, key)):
        return known
    trials = contest(bundle, able, precision, resources, budget_s)
    choice = decide(trials, pin(bundle, precision).manifest.precision)
    if engine != AUTO:
        choice = replace(choice, why=_NAMED)
    if cache_file is not None:
        remember(cache_file, key, choice)
    return choice


def choose_unmeasured(
    bundle: Bundle,
    engine: str = AUTO,
    precision: str | None = None,
    *,
    resources: Resources = ONE_THREAD,
    cache_file: Path | None = None,
) -> EngineChoice:
    """At once, for a command that ends soon: what is remembered, else the reference engine where it can.

    Raises: PrecisionError, EngineUnavailableError.
    """
    able = candidates(bundle, precision, engine)
    if cache_file is not None and (known := recall(cache_file, _key(bundle, engine, precision, able, resources))):
        return known
    name = REFERENCE if REFERENCE in able else able[0]
    why = _NAMED if engine != AUTO else "not measured yet: `lookalike serve` and `doctor` measure"
    return EngineChoice(name, pin(bundle, precision).manifest.precision, why=why)


def _key(bundle: Bundle, asked: str, precision: str | None, able: Sequence[str], resources: Resources) -> str:
    manifest, processor, versions = bundle.manifest, this_processor(), installed()
    return key_of(
        asked,
        (manifest.image.fingerprint, manifest.text.fingerprint, manifest.image.size, manifest.precision),
        pin(bundle, precision).manifest.precision,
        [(name, versions[name]) for name in able],
        (processor.model, processor.features, accelerators()),
        resources.threads,
    )
