"""How inputs get to encoders, by the name in the settings: each function makes the queue of a gateway."""

from collections.abc import Mapping

from models.manifest import Manifest
from service.engine_settings import curves_of
from service.errors import SettingsError
from service.metrics import Metrics
from service.queue import EncodeQueue, Lane, LocalQueue, Runner
from service.settings import Settings
from service.tracing import Tracing


def local_queue(
    settings: Settings, runner: Runner | None, manifests: Mapping[str, Manifest], metrics: Metrics, tracing: Tracing
) -> EncodeQueue:
    """To `runner`, in this process or beside it."""
    if runner is None:
        raise SettingsError("the queue `local` needs encoders in this process")
    curves = curves_of(settings)
    return LocalQueue(runner, metrics, settings.encoder_runs, capacity_of(settings), curves, tracing=tracing)


def redis_queue(
    settings: Settings, runner: Runner | None, manifests: Mapping[str, Manifest], metrics: Metrics, tracing: Tracing
) -> EncodeQueue:
    """To the workers behind Redis. Connects when it is first used. Raises SettingsError."""
    try:
        from service.queue.redis import RedisQueue, bundle_identity  # noqa: PLC0415 - redis-py is an extra
    except ImportError as exc:
        raise SettingsError("the queue `redis` needs redis-py: pip install -c constraints.txt '.[redis]'") from exc
    bundles = {name: bundle_identity(manifest) for name, manifest in manifests.items()}
    try:
        return RedisQueue(
            settings.redis_url,
            bundles,
            metrics,
            capacity_of(settings),
            settings.redis_prefix,
            settings.redis_patience_s,
            tracing,
        )
    except ValueError as exc:
        raise SettingsError(f"LOOKALIKE_REDIS_URL is no address of a Redis: {exc}") from exc


def capacity_of(settings: Settings) -> Mapping[Lane, int]:
    return {"interactive": settings.queue_interactive, "bulk": settings.queue_bulk}
