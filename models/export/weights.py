"""Weights on disk and in memory. Owns which files are safe to read, and how weights are told apart."""

import hashlib
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from models.export.errors import CheckpointError

_TORCH_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")
_PREFIXES = ("module.", "_orig_mod.")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a safetensors file, or a torch file that holds tensors and nothing else.

    Raises: CheckpointError when the file is missing, damaged, of another kind, or would run code.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is not a file")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    if path.suffix in _TORCH_SUFFIXES:
        return _tensors(_read_torch(path), path)
    kinds = ", ".join((".safetensors", *_TORCH_SUFFIXES))
    raise CheckpointError(f"{path.name}: only {kinds} files are read; convert it to safetensors")


def load_into(model: nn.Module, weights: dict[str, Tensor], origin: str) -> None:
    """Strictly: raises CheckpointError when a name or a shape does not fit."""
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as exc:
        raise CheckpointError(f"{origin} does not fit this architecture: {_first_lines(exc)}") from exc


def fingerprint(module: nn.Module, without: tuple[str, ...] = ()) -> str:
    """16 hex digits over names, shapes and values of a tower's weights; the same in every precision of a bundle.

    Weights whose name begins with one of `without` are left out.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        if name.startswith(without):
            continue
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().to(torch.float32).contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return _without_prefix(load_file(path))
    except (SafetensorError, OSError) as exc:
        raise CheckpointError(f"{path.name} is no whole safetensors file: {exc}") from exc


def _read_torch(path: Path) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as exc:
        raise CheckpointError(
            f"{path.name} is damaged, or holds more than tensors and is not opened because that could run code: save "
            f"its state_dict as safetensors. ({_first_lines(exc)})"
        ) from exc


def _tensors(content: object, path: Path) -> dict[str, Tensor]:
    inner = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(inner, dict):
        raise CheckpointError(f"{path.name} holds a {type(inner).__name__}, not the weights of a model by name")
    found = {str(name): value for name, value in inner.items() if isinstance(value, Tensor)}
    if not found:
        raise CheckpointError(f"{path.name} holds no tensors")
    return _without_prefix(found)


def _without_prefix(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without what wrappers for several devices, or a compiler, put before each name."""
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in weights):
            weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    return weights


def _first_lines(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
