"""The file that remembers choices of engines. What cannot be read in it counts as not there."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from models.engines.choice import EngineChoice

_FORMAT = 2
_MOST_CHOICES = 256
_CHOICES: TypeAdapter[dict[str, EngineChoice]] = TypeAdapter(dict[str, EngineChoice])


def key_of(*circumstances: object) -> str:
    """Of all that a choice depends on: another value, another key, and the old choice is not found any more."""
    return hashlib.sha256(json.dumps([_FORMAT, *circumstances]).encode()).hexdigest()


def recall(path: Path, key: str) -> EngineChoice | None:
    return _read(path).get(key)


def remember(path: Path, key: str, choice: EngineChoice) -> None:
    """Add one choice; readers see the old file or the new one. Of two processes at once the later one may leave out
    what the other added, which is then measured again."""
    kept = {name: one for name, one in _read(path).items() if name != key}
    newest = dict(list(kept.items())[-(_MOST_CHOICES - 1) :]) | {key: choice}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_CHOICES.dump_json(newest, indent=1))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> dict[str, EngineChoice]:
    try:
        return _CHOICES.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return {}
