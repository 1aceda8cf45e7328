"""Tiny source models and pictures, made once; skips all of it where the extra `train` is not installed."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

_NEEDED = ("torch", "open_clip", "timm", "transformers", "onnxscript")
if any(importlib.util.find_spec(name) is None for name in _NEEDED):
    collect_ignore_glob = ["test_*.py"]
else:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from models.export.libraries import open_clip_library

    open_clip_library()  # before anything imports torchvision
    from tests.unit.models.export import tiny


@pytest.fixture(scope="session")
def causal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.causal(tmp_path_factory.mktemp("source") / "causal")


@pytest.fixture(scope="session")
def bidirectional_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.bidirectional(tmp_path_factory.mktemp("source") / "bidirectional")


@pytest.fixture(scope="session")
def masked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.masked(tmp_path_factory.mktemp("source") / "masked")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """520 different pictures of blobs, each with a text beside it."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for number in range(520):
        coarse = Image.fromarray(random.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        coarse.resize((60, 48), Image.Resampling.BICUBIC).save(folder / f"{number:03}.png")
        (folder / f"{number:03}.txt").write_text(f"thing number {number} of {number % 7} colours\nmore")
    return folder
