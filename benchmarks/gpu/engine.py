"""The encoder that is measured: the first engine of a list that this machine can run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models import Encoder, open_bundle
from models.engines import Resources
from models.engines import load as load_engine

_CACHE = Path("data/cache/engines")


@dataclass(frozen=True)
class Loaded:
    """A ready encoder and the engine that runs it."""

    encoder: Encoder
    engine: str


def load(folder: Path, engines: Sequence[str], callers: int) -> Loaded:
    """For so many callers at a time. Exits with every engine's reason where none can run the bundle."""
    bundle, reasons = open_bundle(folder), []
    resources = Resources(runs=callers, cache_dir=_CACHE)
    _CACHE.mkdir(parents=True, exist_ok=True)
    for engine in engines:
        try:
            return Loaded(load_engine(bundle, engine, resources=resources), engine)
        except Exception as exc:  # noqa: BLE001 - whatever keeps an engine from running, the next one is tried
            reasons.append(f"{engine}: {exc}")
    raise SystemExit(f"no engine runs {folder}:\n" + "\n".join(reasons))
