"""Composes a worker from the settings: the encoder beside it, its queue, its place at Redis."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.manifest import Manifest
from service.batching import CostCurve, rows_of_run
from service.children import start_encoder
from service.engine_settings import curves_of, encoder_plan_of
from service.errors import SettingsError
from service.licences import warn_of_licences
from service.metrics import Metrics
from service.queue import EncodeQueue, Group, Runner
from service.settings import Settings
from service.tracing import Tracing
from service.tracing_settings import tracing_of
from service.transports import local_queue
from service.worker.worker import Worker, WorkerLimits


@dataclass(frozen=True)
class Workplace:
    """What encodes. Closing it blocks."""

    queue: EncodeQueue
    runner: Runner
    manifests: Mapping[str, Manifest]
    metrics: Metrics
    tracing: Tracing

    def close(self) -> None:
        self.queue.close(0.0)
        self.runner.close()
        self.tracing.close()


def open_workplace(settings: Settings) -> Workplace:
    """Load the models in a supervised process; blocks until they are there.

    Raises: NoBundleError, BundleError, SettingsError, EncoderFailedError.
    """
    metrics = Metrics()
    tracing = tracing_of(settings, "lookalike-worker", metrics)
    runner = start_encoder(settings, encoder_plan_of(settings), metrics)
    warn_of_licences(runner.manifests)
    queue = local_queue(settings, runner, runner.manifests, metrics, tracing)
    return Workplace(queue, runner, runner.manifests, metrics, tracing)


def rows_of_busy_runs(curves: Mapping[Group, CostCurve]) -> int:
    """The rows of the largest run that pays while much waits; 1 where nothing was measured."""
    return max((rows_of_run(curve, curve.largest, math.inf) for curve in curves.values()), default=1)


def make_worker(settings: Settings, workplace: Workplace) -> Worker:
    """Raises SettingsError where the address of Redis is none."""
    limits = WorkerLimits(
        slots=settings.worker_slots or 2 * settings.encoder_runs * rows_of_busy_runs(curves_of(settings)),
        claim_s=settings.worker_claim_s,
        max_deliveries=settings.worker_deliveries,
    )
    try:
        return Worker(
            settings.redis_url,
            workplace.queue,
            workplace.manifests,
            workplace.metrics,
            limits,
            settings.redis_prefix,
            workplace.tracing,
        )
    except ValueError as exc:
        raise SettingsError(f"LOOKALIKE_REDIS_URL is no address of a Redis: {exc}") from exc
