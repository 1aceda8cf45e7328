"""What can go wrong while data sets are fetched and read."""

from models.errors import ModelError


class SourceError(ModelError):
    """A data set cannot be fetched or read; the message says what to do."""


class ToolMissingError(SourceError):
    """A program that fetches packages is not installed."""


class SourceMissingError(SourceError):
    """The data set has not been fetched into this folder yet."""
