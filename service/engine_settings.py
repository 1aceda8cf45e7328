"""Settings to what the engines need: the plan of what to load, and what runs cost."""

from collections.abc import Mapping

from service.batching import CostCurve
from service.encoders import EncoderPlan, remembered
from service.errors import NoBundleError
from service.queue.port import Group
from service.settings import Settings


def encoder_plan_of(settings: Settings) -> EncoderPlan:
    return EncoderPlan(
        folders=tuple(map(str, settings.bundle_folders)),
        engine=settings.engine,
        precision=settings.precision,
        threads=settings.encoder_threads,
        runs=settings.encoder_runs,
        choices_file=str(settings.engines_file),
        cache_dir=str(settings.engine_cache_dir),
        budget_s=settings.engine_budget_s,
    )


def curves_of(settings: Settings) -> Mapping[Group, CostCurve]:
    """What was measured of each model and tower; nothing of those that were not measured, or are no bundles."""
    try:
        choices = remembered(encoder_plan_of(settings))
    except NoBundleError:  # encoders that were made otherwise
        return {}
    found = {}
    for model, choice in choices.items():
        if choice.image_ms:
            found[Group(model, "image")] = CostCurve.of(choice.image_ms)
        if choice.text_ms:
            found[Group(model, "text")] = CostCurve.of(choice.text_ms)
    return found
