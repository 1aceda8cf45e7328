"""Bundles from open_clip and timm models: fetch, fold, trace, check, write. Needs the extra `train`.

`models.export.run.export` makes a bundle; `models.export.verify.verify` re-checks one and needs no torch.
Importing this package loads nothing heavy.
"""

from models.export.errors import ExportError
from models.export.request import Exported, ExportRequest

__all__ = ["ExportError", "ExportRequest", "Exported"]
