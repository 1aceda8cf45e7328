"""Where WordNet's nouns lie once fetched. Owns the path; their reading is the starter model's."""

from pathlib import Path

from models.sources.fetch import package_folder
from models.sources.packages import WORDNET


def wordnet_nouns(data: Path) -> Path:
    """The file `data.noun` of WordNet 3.0.

    Raises:
        SourceMissingError: the package has not been fetched into `data`.
    """
    return package_folder(WORDNET, data) / "usr/share/wordnet/data.noun"
