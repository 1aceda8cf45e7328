"""Skips all of it where the extra `train` is not installed."""

import importlib.util

if any(importlib.util.find_spec(name) is None for name in ("torch", "open_clip", "timm", "transformers", "onnxscript")):
    collect_ignore_glob = ["test_*.py"]
else:
    from models.export.libraries import open_clip_library

    open_clip_library()  # before anything imports torchvision
