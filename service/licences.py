"""What the licences of loaded models forbid, said once when they are loaded."""

from collections.abc import Mapping

import structlog

from models.manifest import Manifest

_log = structlog.get_logger(__name__)


def warn_of_licences(manifests: Mapping[str, Manifest]) -> None:
    """One warning for each model that must not be used commercially."""
    for name, manifest in manifests.items():
        if sentence := restriction(manifest):
            _log.warning("no_commercial_use", model=name, licence=manifest.licence, hint=sentence)


def restriction(manifest: Manifest) -> str:
    """What its owner must know, empty where commercial use is allowed."""
    if manifest.commercial_use:
        return ""
    return "its licence gives no permission for commercial use, neither of the model nor of vectors made with it"
