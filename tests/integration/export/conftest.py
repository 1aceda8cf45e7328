"""Skips all of it where the extra `train` is not installed."""

import importlib.util
import os

if any(importlib.util.find_spec(name) is None for name in ("torch", "open_clip", "timm", "transformers", "onnxscript")):
    collect_ignore_glob = ["test_*.py"]
else:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from models.export.libraries import open_clip_library

    open_clip_library()  # before anything imports torchvision
