"""The engines by name, and which of them can run a bundle here. Imports no runtime."""

import importlib
import importlib.metadata
from collections.abc import Mapping, Sequence

from models.bundle import Bundle
from models.engines.port import Engine
from models.engines.precision import arithmetic_of, target_of
from models.errors import EngineUnavailableError, PrecisionError

REFERENCE = "onnxruntime"
"""The engine that stays unless another one is clearly faster."""

ENGINES: Mapping[str, str] = {
    "onnxruntime": "models.engines.onnxruntime_cpu:OnnxRuntimeCpu",
    "openvino": "models.engines.openvino_cpu:OpenVinoCpu",
    "cuda": "models.engines.onnxruntime_cuda:Cuda",
    "tensorrt": "models.engines.onnxruntime_tensorrt:TensorRt",
}


def engine_called(name: str) -> Engine:
    """Raises EngineUnavailableError for a name that there is not."""
    if name not in ENGINES:
        raise EngineUnavailableError(f"there is no engine {name!r}; there are: auto, {', '.join(ENGINES)}")
    module, _, attribute = ENGINES[name].partition(":")
    engine: Engine = getattr(importlib.import_module(module), attribute)()
    return engine


def version_of(engine: Engine) -> str | None:
    """`package version` of what is installed of it; None where nothing is."""
    for package in engine.packages:
        try:
            return f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def installed() -> Mapping[str, str]:
    """The engines whose packages are here, with versions; whether they work shows when they load a graph."""
    versions = {name: version_of(engine_called(name)) for name in ENGINES}
    return {name: version for name, version in versions.items() if version is not None}


def candidates(bundle: Bundle, precision: str | None, asked: str = "auto") -> Sequence[str]:
    """The installed engines that can run the bundle at that precision, or the one that was asked for.

    Raises: PrecisionError where none can, EngineUnavailableError where the one that was asked for is not there.
    """
    target, own = target_of(bundle, precision), arithmetic_of(bundle.manifest.precision)
    names = tuple(installed()) if asked == "auto" else (_require_installed(asked),)
    able = [name for name in names if target in engine_called(name).converts.get(own, ())]
    if not able:
        raise PrecisionError(
            f"{' and '.join(names) or 'no engine'} cannot run the model {bundle.manifest.name!r} "
            f"({bundle.manifest.precision}) at {target}: bf16 of an fp32 bundle needs OpenVINO or TensorRT, fp16 needs "
            "TensorRT or an fp16 bundle, int8 an int8 bundle"
        )
    return able


def _require_installed(name: str) -> str:
    engine = engine_called(name)
    if version_of(engine) is None:
        raise EngineUnavailableError(
            f"the engine {name!r} is not installed: pip install {' or '.join(engine.packages)}"
        )
    return name
