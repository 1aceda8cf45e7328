"""Picture bytes to the pixels an encoder takes: the one implementation for online, bulk and training.

Owns limits, orientation, transparency, cropping and resizing. Knows nothing of models or requests.
"""

from models.pictures.opening import ALLOWED_FORMATS, open_picture
from models.pictures.specs import Box, PictureLimits, Preprocessing
from models.pictures.squaring import decode_pixels, to_pixels

__all__ = [
    "ALLOWED_FORMATS",
    "Box",
    "PictureLimits",
    "Preprocessing",
    "decode_pixels",
    "open_picture",
    "to_pixels",
]
