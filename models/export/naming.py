"""Names fit for folders and space ids."""

import re
from pathlib import Path


def slug(text: str) -> str:
    """Lower case, with single hyphens for everything but letters, digits and dots."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def own_label(architecture: str, weights: Path) -> str:
    """For weights of the user's: the architecture and the file, without saying the same twice."""
    return weights.stem if slug(weights.stem).startswith(slug(architecture)) else f"{architecture}-{weights.stem}"
