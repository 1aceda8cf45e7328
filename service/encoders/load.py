"""Which bundles are loaded into which engine. Used by whatever process runs encoders; reads no settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from models import engines
from models.bundle import Bundle, find_bundles
from models.encoder import Encoder
from models.engines import EngineChoice
from models.manifest import Manifest
from service.batching import CostCurve, rows_of_run
from service.errors import NoBundleError, SettingsError


@dataclass(frozen=True)
class LargestRuns:
    """Rows."""

    image: int = 1
    text: int = 1


@dataclass(frozen=True)
class EncoderPlan:
    """What to load and how; travels to the process that does it."""

    folders: tuple[str, ...]
    engine: str = engines.AUTO
    precision: str = ""
    """The one that all bundles are pinned to; empty: their own."""
    threads: int = 1
    """Of one run."""
    runs: int = 1
    """At a time."""
    choices_file: str = ""
    """Remembers which engine was fastest; empty: nothing is remembered."""
    cache_dir: str = ""
    """Where engines keep what they compiled; empty: nowhere."""
    budget_s: float = 12.0
    """Time for measuring a bundle; 0: nothing is measured."""
    chosen: dict[str, str] = field(default_factory=dict)
    """Engines by the names of bundles, as `measure` found them."""
    largest_runs: dict[str, LargestRuns] = field(default_factory=dict)
    """By the names of bundles; those that are missing get their inputs one by one."""

    @property
    def resources(self) -> engines.Resources:
        return engines.Resources(self.threads, self.runs, Path(self.cache_dir) if self.cache_dir else None)

    def with_choices(self, choices: Mapping[str, EngineChoice], longest_ms: float = math.inf) -> "EncoderPlan":
        """What was measured. An encoder that knows it begins with its largest runs, if they take at most so long."""
        return replace(
            self,
            chosen={name: choice.engine for name, choice in choices.items()},
            largest_runs={name: _largest_runs(choice, longest_ms) for name, choice in choices.items()},
        )


def load(plan: EncoderPlan) -> Mapping[str, Encoder]:
    """Every bundle of the folders, its files checked, in an engine of its own, by the name in its manifest.

    Raises: NoBundleError, BundleError, SettingsError, EngineUnavailableError, PrecisionError.
    """
    return {name: _loaded(plan, bundle) for name, bundle in _bundles(plan.folders, verify=True).items()}


def measure(plan: EncoderPlan) -> Mapping[str, EngineChoice]:
    """The engine of every bundle and what a run costs on it: remembered, or measured now, in processes of their own.

    Raises: what `load` raises.
    """
    if plan.budget_s == 0:
        return remembered(plan)
    return {name: _measured(plan, bundle) for name, bundle in _bundles(plan.folders).items()}


def remembered(plan: EncoderPlan) -> Mapping[str, EngineChoice]:
    """The same at once: without a cost curve where nothing was measured yet. Raises what `load` raises."""
    return {name: _remembered(plan, bundle) for name, bundle in _bundles(plan.folders).items()}


def manifests(plan: EncoderPlan) -> Mapping[str, Manifest]:
    """As the encoders of `load` have them, and no engine is loaded: for a process whose encoders are elsewhere.

    Raises: NoBundleError, BundleError, SettingsError, PrecisionError.
    """
    return {name: engines.pin(bundle, plan.precision).manifest for name, bundle in _bundles(plan.folders).items()}


def _largest_runs(choice: EngineChoice, longest_ms: float) -> LargestRuns:
    """What a queue makes where far more waits."""
    curves = [CostCurve.of(ms) if ms else CostCurve() for ms in (choice.image_ms, choice.text_ms)]
    return LargestRuns(*(rows_of_run(curve, curve.largest, longest_ms) for curve in curves))


def _loaded(plan: EncoderPlan, bundle: Bundle) -> Encoder:
    engine = plan.chosen.get(bundle.manifest.name) or _remembered(plan, bundle).engine
    return engines.load(bundle, engine, plan.precision, plan.resources)


def _measured(plan: EncoderPlan, bundle: Bundle) -> EngineChoice:
    return engines.choose(
        bundle,
        plan.engine,
        plan.precision,
        resources=plan.resources,
        cache_file=_choices_file(plan),
        budget_s=plan.budget_s,
    )


def _remembered(plan: EncoderPlan, bundle: Bundle) -> EngineChoice:
    return engines.choose_unmeasured(
        bundle, plan.engine, plan.precision, resources=plan.resources, cache_file=_choices_file(plan)
    )


def _choices_file(plan: EncoderPlan) -> Path | None:
    return Path(plan.choices_file) if plan.choices_file else None


def _bundles(folders: tuple[str, ...], *, verify: bool = False) -> Mapping[str, Bundle]:
    found: dict[str, Bundle] = {}
    for bundle in (bundle for folder in folders for bundle in find_bundles(Path(folder), verify=verify)):
        if bundle.manifest.name in found:
            raise SettingsError(f"two bundles are called {bundle.manifest.name!r}: remove {bundle.folder}")
        found[bundle.manifest.name] = bundle
    if not found:
        raise NoBundleError(
            f"there is no model bundle in {' and '.join(folders)}: `make demo` puts the starter model there, and "
            "LOOKALIKE_BUNDLE_DIRS names other folders"
        )
    return found
