"""What another supplier calls the same emoji: the short codes of a different vocabulary, as words."""

import json
from pathlib import Path

from models.sources.emoji_names import normal_code
from models.sources.fetch import package_folder
from models.sources.packages import EMOJIBASE

VOCABULARY = "iamcal"
"""Independent of Unicode's names: `flag-de` for "flag: Germany", `hocho` for "kitchen knife"."""


def read_other_names(data: Path, vocabulary: str = VOCABULARY) -> dict[str, str]:
    """Emoji code to its first short code, with spaces for `_` and `-`.

    Raises:
        SourceMissingError: the names have not been fetched.
    """
    path = package_folder(EMOJIBASE, data) / "package/en/shortcodes" / f"{vocabulary}.json"
    codes = json.loads(path.read_bytes())
    return {normal_code(code): _words(names[0] if isinstance(names, list) else names) for code, names in codes.items()}


def _words(short_code: str) -> str:
    return short_code.replace("_", " ").replace("-", " ")
