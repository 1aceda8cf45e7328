"""Whether requests are traced, and where the traces go, by the settings."""

from service.errors import SettingsError
from service.metrics import Metrics
from service.settings import Settings
from service.tracing import NO_TRACING, Tracing


def tracing_of(settings: Settings, service: str, metrics: Metrics) -> Tracing:
    """`service`: the name of this kind of process in the traces. Raises SettingsError."""
    if not settings.traces_endpoint:
        return NO_TRACING
    try:
        from service.otlp import open_tracing  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise SettingsError(
            "LOOKALIKE_TRACES_ENDPOINT needs the extra `tracing`: pip install -c constraints.txt '.[tracing]'"
        ) from exc
    return open_tracing(settings.traces_endpoint, settings.traces_share, service, metrics)
