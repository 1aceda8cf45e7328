"""Load a bundle into an engine."""

from models.batches import BatchRules
from models.bundle import Bundle
from models.encoder import BundleEncoder, Graph
from models.engines.port import ONE_THREAD, Resources, image_tower, text_tower
from models.engines.precision import pin, target_of
from models.engines.registry import REFERENCE, candidates, engine_called


def load(
    bundle: Bundle, engine: str = REFERENCE, precision: str | None = None, resources: Resources = ONE_THREAD
) -> BundleEncoder:
    """The bundle in the engine of that name (not `auto`: `choose` finds one), at its own precision or a pinned one.

    Raises: EngineUnavailableError, PrecisionError.
    """
    image, text, rules = open_towers(bundle, engine, precision, resources)
    return BundleEncoder(pin(bundle, precision), image, text, rules)


def open_towers(
    bundle: Bundle, name: str, precision: str | None, resources: Resources
) -> tuple[Graph, Graph | None, BatchRules]:
    """Both graphs of a bundle, None for a text tower that it has not; raises what `load` raises."""
    (name,) = candidates(bundle, precision, name)
    engine, arithmetic = engine_called(name), target_of(bundle, precision)
    rules = engine.rules(arithmetic)
    image = engine.open(image_tower(bundle), arithmetic, rules, resources)
    if not bundle.manifest.encodes_text:
        return image, None, rules
    return image, engine.open(text_tower(bundle), arithmetic, rules, resources), rules
