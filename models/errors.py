"""Everything that can go wrong in this package, as one tree. Callers translate at their own border."""


class ModelError(Exception):
    """Root of the errors of `models`."""


class BundleError(ModelError):
    """A model bundle is missing, incomplete, or its files do not match their checksums."""


class PictureError(ModelError):
    """A picture cannot be turned into pixels. `reason` is a stable word for machines."""

    reason = "picture_invalid"


class PictureUnreadableError(PictureError):
    """The bytes are empty, truncated, or no picture of an allowed format."""

    reason = "picture_unreadable"


class PictureTooLargeError(PictureError):
    """The header announces more pixels than the limits allow; nothing was decoded."""

    reason = "picture_too_large"


class BoxError(PictureError):
    """The box does not select a part of the picture."""

    reason = "box_invalid"


class TextError(ModelError):
    """A text holds nothing that can be encoded."""


class NoTextTowerError(TextError):
    """The model encodes pictures only: it is asked by picture."""


class EngineUnavailableError(ModelError):
    """An engine is not installed, or would not run a graph where and how it was asked to. Met when models load."""


class PrecisionError(ModelError):
    """No engine here can run a bundle at the precision that is pinned. Met when models load."""


class CompositionError(ModelError):
    """The parts of a composed query do not give a direction to search in."""
