"""The child processes of a service: which there are, what they are told, and how they are started."""

from dataclasses import replace

import msgspec

from models.pictures import PictureLimits
from service.decode.pool import DecodePool
from service.encoders import EncoderPlan, measure
from service.errors import EncoderFailedError
from service.metrics import Metrics
from service.processes import ChildSpec, LogStyle, ProcessError, RemoteError
from service.processes.quarantine import Quarantine
from service.processes.supervised import SupervisedProcess
from service.queue.child_runner import ChildRunner
from service.remote_errors import raised_there
from service.settings import Settings

ENCODER_ROLE = "service.encoders.role:EncoderRole"
DECODE_ROLE = "service.decode.role:DecodeRole"

_CANARY_IDLE_S = 60.0
_DECODER_START_S = 60.0
_MEGABYTE = 1_000_000
_DECODER_ITSELF_BYTES = 300 * _MEGABYTE
_BYTES_PER_PIXEL = 24  # RGBA, what is laid on white, and their sum, in several copies
_BYTES_PER_JPEG_PIXEL = 8  # the coefficients of a progressive one, which are all held while it is scaled down


def start_decoders(settings: Settings, limits: PictureLimits, count: int, metrics: Metrics) -> DecodePool:
    """Returns at once; who wants a picture decoded waits until they are there."""
    spec = ChildSpec(
        "decode",
        DECODE_ROLE,
        msgspec.msgpack.encode(limits),
        max_data_bytes=decoder_bytes(limits),
        start_s=_DECODER_START_S,
    )
    processes = [_started(spec, metrics) for _ in range(count)]
    quarantine = Quarantine(settings.quarantine_ttl_s)
    metrics.watch_quarantine("decode", lambda: len(quarantine))
    return DecodePool(processes, quarantine, settings.decode_limit_s)


def start_encoder(settings: Settings, plan: EncoderPlan, metrics: Metrics) -> ChildRunner:
    """Returns when the models are loaded, in the engines that were fastest: measured here on the first start.

    Raises: NoBundleError, BundleError, SettingsError, EngineUnavailableError, PrecisionError; EncoderFailedError.
    """
    plan = plan.with_choices(measure(plan), longest_ms=1000.0 * settings.search_deadline_s)
    spec = _encoder_spec("encoder", plan, settings, settings.encoder_runs)
    alone = _encoder_spec("canary", replace(plan, largest_runs={}), settings, 1)
    encoder, canary = _started(spec, metrics), _started(alone, metrics, _CANARY_IDLE_S)
    quarantine = Quarantine(settings.quarantine_ttl_s)
    metrics.watch_quarantine("encoder", lambda: len(quarantine))
    try:
        return ChildRunner(
            encoder,
            canary,
            quarantine,
            start_s=settings.encoder_start_s,
            limit_s=settings.encode_limit_s,
            wait_s=settings.search_deadline_s,
        )
    except ProcessError as exc:
        for process in (encoder, canary):
            process.close()
        raise _start_error(exc) from exc


def _encoder_spec(name: str, plan: EncoderPlan, settings: Settings, channels: int) -> ChildSpec:
    return ChildSpec(
        name,
        ENCODER_ROLE,
        msgspec.msgpack.encode(plan),
        channels,
        plan.threads,
        start_s=settings.encoder_start_s,
        logs=LogStyle(settings.log_format, settings.log_level),
    )


def decoder_bytes(limits: PictureLimits) -> int:
    """Private memory that a picture within the limits may need; a bomb that gets past them ends its decoder alone."""
    most = max(_BYTES_PER_PIXEL * limits.max_pixels, _BYTES_PER_JPEG_PIXEL * limits.max_scaled_pixels)
    return _DECODER_ITSELF_BYTES + most + 2 * limits.max_bytes


def _started(spec: ChildSpec, metrics: Metrics, idle_s: float | None = None) -> SupervisedProcess:
    restarts = metrics.process_restarts
    process = SupervisedProcess(spec, lambda reason: restarts.labels(spec.name, reason).inc(), idle_s)
    process.start()
    return process


def _start_error(error: ProcessError) -> Exception:
    known = raised_there(error) if isinstance(error, RemoteError) else error
    if known is not error:
        return known
    return EncoderFailedError(f"the encoder could not be started: {error}")
