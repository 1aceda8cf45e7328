"""The CUDA and cuDNN libraries of the `nvidia-…` packages, loaded before a session asks for them."""


def load_gpu_libraries() -> None:
    """Does nothing in builds without CUDA; what is missing shows when the session is made."""
    import onnxruntime  # noqa: PLC0415 - heavy; imported when an engine of it is chosen

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        onnxruntime.preload_dlls()
