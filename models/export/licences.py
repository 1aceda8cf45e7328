"""Whose weights they are: the licence of each model family, looked up by open_clip name and tag.

The licence of *weights*, not of code, as their publishers state it. The first rule that matches counts, so the
narrow ones stand first. A family that is not here is "not stated", which never counts as permission.
"""

import re
from dataclasses import dataclass

from models.export.errors import LicenceError

APPLE = "Apple Machine Learning Research Model Licence (apple-amlr)"


@dataclass(frozen=True)
class Licence:
    """`commercial_use` is False also where nobody stated it."""

    name: str
    commercial_use: bool
    source: str
    forbids_commercial_use: bool = False
    """The publisher says so: it must be accepted first."""


NOT_STATED = Licence("not stated", commercial_use=False, source="")


def _forbidding(name: str, source: str) -> Licence:
    return Licence(name, commercial_use=False, source=source, forbids_commercial_use=True)


_OPEN_CLIP = Licence("MIT", commercial_use=True, source="https://github.com/mlfoundations/open_clip")
_MIT_TAGS = r"laion|datacomp|commonpool|mscoco_finetuned_laion"

_RULES: tuple[tuple[str, str, Licence], ...] = (
    (r"MobileCLIP", r"", _forbidding(APPLE, "https://github.com/apple/ml-mobileclip")),
    (r"", r"^dfn", _forbidding(APPLE, "https://huggingface.co/apple")),
    (r"", r"^metaclip", _forbidding("CC-BY-NC-4.0", "https://github.com/facebookresearch/MetaCLIP")),
    (r"^nllb-clip", r"", _forbidding("CC-BY-NC-4.0", "https://huggingface.co/visheratin")),
    (r"SigLIP", r"^webli", Licence("Apache-2.0", True, "https://github.com/google-research/big_vision")),
    (r"^EVA0", r"", Licence("MIT", True, "https://github.com/baaivision/EVA")),
    (r"^PE-Core", r"", Licence("Apache-2.0", True, "https://github.com/facebookresearch/perception_models")),
    (r"CLIPA", r"", Licence("Apache-2.0", True, "https://github.com/UCSC-VLAA/CLIPA")),
    (r"", r"^openai$", Licence("MIT", True, "https://github.com/openai/CLIP")),
    (r"^(ViT|RN|convnext|coca|roberta|xlm-roberta)", _MIT_TAGS, _OPEN_CLIP),
    (r"dinov2", r"", Licence("Apache-2.0", True, "https://github.com/facebookresearch/dinov2")),
)


def licence_of(name: str, tag: str | None, stated: str | None = None) -> Licence:
    """The licence of the weights; `stated` is what the owner of the weights says of them."""
    if stated is not None:
        return Licence(stated, commercial_use=True, source="stated at export")
    for name_pattern, tag_pattern, licence in _RULES:
        if re.search(name_pattern, name) and re.search(tag_pattern, tag or ""):
            return licence
    return NOT_STATED


def require_acceptance(licence: Licence, accepted: bool) -> None:
    """Raises LicenceError when the licence forbids commercial use and nobody accepted that."""
    if licence.forbids_commercial_use and not accepted:
        raise LicenceError(
            f"these weights are under the {licence.name}, which forbids commercial use ({licence.source}): read it, "
            "and repeat the command with --accept-licence if your use is permitted; an open model such as ViT-B-32 "
            "with --pretrained laion2b_s34b_b79k needs none of this"
        )
