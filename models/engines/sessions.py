"""ONNX Runtime sessions for the engines that are its providers. Owns their options, and checks what they became."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from models.engines.port import Resources
from models.errors import EngineUnavailableError

Session: TypeAlias = Any
Provider: TypeAlias = tuple[str, Mapping[str, str]]

_BROKEN = ["FuseFp16InitializerToFp32NodeTransformer"]
"""This optimiser crashes the process on graphs in half precision (ONNX Runtime issue 32405; seen with 1.32)."""
_AS_REQUESTED = 1
"""The arena grows by what a run asks for, and not to the next power of two."""


def open_session(graph: Path, providers: Sequence[Provider], resources: Resources) -> Session:
    """A session whose first provider is really the first of `providers`.

    Raises: EngineUnavailableError where ONNX Runtime fell back to another one, or cannot load the graph.
    """
    onnxruntime = _runtime()
    wanted = [(name, dict(options)) for name, options in providers]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a provider is missing is said below, as an error
            session = onnxruntime.InferenceSession(
                str(graph), _options(onnxruntime, resources), providers=wanted, disabled_optimizers=_BROKEN
            )
    except Exception as exc:
        raise EngineUnavailableError(f"ONNX Runtime cannot load {graph.name}: {exc}") from exc
    require_provider(session, providers[0][0])
    return session


def require_provider(session: Session, name: str) -> None:
    """What a build lists as available says nothing: only the session knows what it runs on."""
    taken = session.get_providers()
    if not taken or taken[0] != name:
        raise EngineUnavailableError(
            f"{name} did not take the graph; ONNX Runtime would run it with {', '.join(taken) or 'nothing'}"
        )


@cache
def _runtime() -> Any:
    """ONNX Runtime, with one arena for all sessions of the process: each its own would grow to the largest run."""
    import onnxruntime  # noqa: PLC0415 - heavy; imported when an engine of it is chosen

    onnxruntime.disable_telemetry_events()
    kind, use = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, use)
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({"arena_extend_strategy": _AS_REQUESTED}))
    return onnxruntime


def _options(onnxruntime: Any, resources: Resources) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = resources.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")  # the arena of `_runtime`
    # The arena stays: without it a batch of 8 took 1.4 times the processor time, and with batches of fixed sizes it
    # stops growing. Memory patterns are kept for each shape and brought nothing.
    options.enable_mem_pattern = False
    return options
