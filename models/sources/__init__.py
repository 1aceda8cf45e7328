"""Raw public data sets: fetching them from package indexes, and reading them into one kind of record."""

from models.sources.clipart import read_clipart
from models.sources.emoji import VENDORS, read_emoji
from models.sources.errors import SourceError, SourceMissingError, ToolMissingError
from models.sources.item import SourceItem, Variant
from models.sources.stamps import read_stamps
from models.sources.wordnet import wordnet_nouns

__all__ = [
    "VENDORS",
    "SourceError",
    "SourceItem",
    "SourceMissingError",
    "ToolMissingError",
    "Variant",
    "read_clipart",
    "read_emoji",
    "read_stamps",
    "wordnet_nouns",
]
