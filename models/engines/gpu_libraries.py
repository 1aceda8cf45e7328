"""The libraries of CUDA, cuDNN and TensorRT in the packages of NVIDIA, loaded before a session asks for them."""

import ctypes
from importlib import import_module
from importlib.util import find_spec

from models.errors import EngineUnavailableError

TENSORRT = "libnvinfer.so.10"
"""That ONNX Runtime is linked with."""


def load_cuda_libraries() -> None:
    """Does nothing in builds without CUDA; what is missing shows when the session is made."""
    import onnxruntime  # noqa: PLC0415 - heavy; imported when an engine of it is chosen

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        onnxruntime.preload_dlls()


def load_tensorrt_libraries() -> None:
    """Raises EngineUnavailableError where neither a package nor the system has TensorRT."""
    if find_spec("tensorrt_libs") is not None:
        import_module("tensorrt_libs")
    try:
        ctypes.CDLL(TENSORRT)
    except OSError as error:
        raise EngineUnavailableError(f"TensorRT is not installed ({error}): pip install 'tensorrt-cu13<11'") from error
