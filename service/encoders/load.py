"""Which bundles are loaded into which engine. Used by whatever process runs encoders; reads no settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Bundle, find_bundles
from models.encoder import Encoder
from service.errors import NoBundleError, SettingsError
from service.parts import part

ENGINES = {"onnxruntime": "models.encoder:OnnxEncoder"}
"""Called with (bundle, threads)."""


@dataclass(frozen=True)
class EncoderPlan:
    """What to load and how; travels to the process that does it."""

    folders: tuple[str, ...]
    engine: str = "onnxruntime"
    threads: int = 1


def load(plan: EncoderPlan) -> Mapping[str, Encoder]:
    """Every bundle of the folders in an engine of its own, by the name in its manifest.

    Raises: NoBundleError, BundleError, SettingsError.
    """
    make: Any = part(ENGINES, plan.engine, "engine")
    return {name: make(bundle, plan.threads) for name, bundle in _bundles(plan.folders).items()}


def _bundles(folders: tuple[str, ...]) -> Mapping[str, Bundle]:
    found: dict[str, Bundle] = {}
    for bundle in (bundle for folder in folders for bundle in find_bundles(Path(folder), verify=True)):
        if bundle.manifest.name in found:
            raise SettingsError(f"two bundles are called {bundle.manifest.name!r}: remove {bundle.folder}")
        found[bundle.manifest.name] = bundle
    if not found:
        raise NoBundleError(
            f"there is no model bundle in {' and '.join(folders)}: `make demo` puts the starter model there, and "
            "LOOKALIKE_BUNDLE_DIRS names other folders"
        )
    return found
