"""Parts by their names in a registry; imported when they are chosen, so that nothing heavy is loaded that was not."""

import importlib
from collections.abc import Mapping

from service.errors import SettingsError


def part(registry: Mapping[str, str], name: str, what: str) -> object:
    """The class behind a name of a registry of `module:Class`. Raises SettingsError with the names there are."""
    if name not in registry:
        raise SettingsError(f"there is no {what} {name!r}; there are: {', '.join(registry)}")
    module, _, attribute = registry[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
