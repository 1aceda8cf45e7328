"""What an export is asked for and what it made. Owns the values, no behaviour."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from models.manifest import Manifest

Precision: TypeAlias = Literal["fp32", "fp16", "bf16", "int8"]


@dataclass(frozen=True)
class ExportRequest:
    """One model to export.

    With `checkpoint` the weights come from that file, and `pretrained` (if given) only says which published
    configuration and licence they have.
    """

    name: str
    """An open_clip or timm name, or `hf-hub:ORG/REPO`, or `local-dir:FOLDER` in open_clip's layout."""
    into: Path
    """The folder that holds bundles; the new one becomes a folder in it."""
    pretrained: str | None = None
    checkpoint: Path | None = None
    accept_licence: bool = False
    licence: str | None = None
    """The licence of your own weights; else the family's is recorded."""
    precision: Precision = "fp32"
    pictures: Path | None = None
    """Real pictures to measure on; texts beside them where there are some (docs/models.md)."""
    sample: int = 600
    """How many of them."""
    size: int | None = None
    """Picture size, for timm models that can change it; else the checkpoint's own."""
    bundle_name: str | None = None
    space_id: str | None = None
    """Set it to that of another bundle only if the vectors may be compared with that bundle's."""


@dataclass(frozen=True)
class Exported:
    """The new bundle, and what its maker should know."""

    folder: Path
    manifest: Manifest
    warnings: tuple[str, ...]
