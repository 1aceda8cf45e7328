"""Tracing with OpenTelemetry over OTLP (HTTP). Needs the extra `tracing`; imported only where it is asked for."""

from service.otlp.sending import open_tracing
from service.otlp.spans import OtlpTracing

__all__ = ["OtlpTracing", "open_tracing"]
