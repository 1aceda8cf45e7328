"""What `lookalike doctor` says of the CPU and the engines: which there are, which were tried, which runs, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter

import numpy as np

from models import engines
from models.bundle import Bundle
from models.encoder import BundleEncoder
from models.engines import EngineChoice, Trial
from models.errors import ModelError
from service.cli.finding import Finding
from service.encoders import measure
from service.engine_settings import encoder_plan_of
from service.errors import ServiceError
from service.settings import Settings

_SLOW_MS = 200.0
_INSTALL = "pip install -c constraints.txt '.[cpu]' (or '.[gpu]'), or run make demo"


def check_processor() -> Finding:
    processor = engines.this_processor()
    features = ", ".join(processor.features) or "no features that matter"
    bf16 = "with" if processor.has_bf16 else "without"
    return Finding("Processor", "green", f"{processor.model}: {features}; {bf16} bfloat16 arithmetic")


def check_installed() -> Finding:
    found = [f"{name} ({version})" for name, version in engines.installed().items()]
    if not found:
        return Finding("Engines", "red", "none is installed", _INSTALL)
    return Finding("Engines", "green", ", ".join(found))


def check_encoders(settings: Settings, bundles: Sequence[Bundle]) -> Iterator[Finding]:
    """Measure the engines where that was not done yet; load every model into the chosen one and time it."""
    try:
        choices = measure(encoder_plan_of(settings))
    except (ServiceError, ModelError, ImportError) as exc:
        yield Finding("Engine", "red", str(exc), f"LOOKALIKE_ENGINE and LOOKALIKE_PRECISION decide; {_INSTALL}")
        return
    for bundle in bundles:
        yield from _check_encoder(settings, bundle, choices)


def _check_encoder(settings: Settings, bundle: Bundle, choices: Mapping[str, EngineChoice]) -> Iterator[Finding]:
    name = bundle.manifest.name
    choice = choices[name]
    yield Finding("Engine", "green", f"{name}: {choice.engine} at {choice.precision}: {choice.why}")
    for trial in choice.trials:
        yield _tried(name, trial)
    try:
        encoder = engines.load(bundle, choice.engine, settings.precision, encoder_plan_of(settings).resources)
    except ModelError as exc:
        advice = f"remove {settings.engines_file}: it remembers an engine that does not work any more"
        yield Finding("Encoder", "red", str(exc), advice)
        return
    yield _probe(name, encoder)


def _tried(name: str, trial: Trial) -> Finding:
    if trial.error:
        return Finding("Tried", "yellow", f"{name}: {trial.engine}: {trial.error}", "nothing to do if it is not needed")
    times = f"a picture in {_ms(trial.image_ms)}"
    if trial.text_ms:
        times += f", a text in {_ms(trial.text_ms)}"
    return Finding("Tried", "green", f"{name}: {trial.engine} ({trial.provider}): {times}")


def _ms(curve: Mapping[int, float]) -> str:
    """The shortest run, and what a row costs in the longest one."""
    largest = max(curve)
    more = f" ({curve[largest] / largest:.1f} ms in a run of {largest})" if largest > 1 else ""
    return f"{curve[min(curve)]:.1f} ms{more}"


def _probe(name: str, encoder: BundleEncoder) -> Finding:
    side = encoder.manifest.image.size
    pixels = np.zeros((1, side, side, 3), dtype=np.uint8)
    times = {"a picture": _fastest_ms(lambda: encoder.encode_pixels(pixels))}
    if encoder.manifest.encodes_text:
        times["a text"] = _fastest_ms(lambda: encoder.encode_texts(["red"]))
    provider = " and ".join(dict.fromkeys(encoder.providers))
    said = ", ".join(f"{what} in {ms:.1f} ms" for what, ms in times.items())
    detail = f"{name}: {said}; the session runs on {provider}"
    if max(times.values()) > _SLOW_MS:
        return Finding("Encoder", "yellow", detail, "slow: is the machine busy, or the model large for it?")
    return Finding("Encoder", "green", detail)


def _fastest_ms(call: Callable[[], object]) -> float:
    """Of three calls: the first one warms up."""
    times = []
    for _ in range(3):
        start = perf_counter()
        call()
        times.append((perf_counter() - start) * 1000.0)
    return min(times)
