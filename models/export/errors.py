"""Why a model does not become a bundle. Each message says what to do about it."""

from models.errors import ModelError


class ExportError(ModelError):
    """Root of the refusals of the exporter; nothing was written."""


class UnknownModelError(ExportError):
    """Neither open_clip nor timm knows the name or the tag, or its design does not fit a bundle."""


class WeightsUnavailableError(ExportError):
    """The weights, or a file beside them, could not be fetched from the hub."""


class CheckpointError(ExportError):
    """A local file holds no weights of this architecture, or could run code when loaded."""


class LicenceError(ExportError):
    """The licence of the weights forbids commercial use and was not accepted."""


class TokenizerError(ExportError):
    """The tokenizer of the bundle would not give the tokens of the source."""


class ParityError(ExportError):
    """The graph does not give the vectors of the source."""


class FidelityError(ExportError):
    """A reduced precision loses too much, or there is too little to measure it on."""


class CalibrationDataError(ExportError):
    """The folder of pictures cannot be used."""
