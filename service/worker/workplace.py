"""Composes a worker from the settings: the encoder beside it, its queue, its place at Redis."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.manifest import Manifest
from service.children import start_encoder
from service.engine_settings import encoder_plan_of
from service.errors import SettingsError
from service.licences import warn_of_licences
from service.metrics import Metrics
from service.queue import EncodeQueue, Runner
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


def make_worker(settings: Settings, workplace: Workplace) -> Worker:
    """Raises SettingsError where the address of Redis is none."""
    limits = WorkerLimits(
        slots=settings.worker_slots or 2 * settings.encoder_runs,
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
