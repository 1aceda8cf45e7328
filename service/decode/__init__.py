"""Picture bytes to pixels, thumbnails and working copies. `decoder` is the way in, `pool` has them made in children.

This much is light: a decoder's process imports it, and there are several.
"""

from service.decode.digest import content_digest
from service.decode.pictures import KeptPicture, PictureWork, WorkHere, kept_picture, webp

__all__ = ["KeptPicture", "PictureWork", "WorkHere", "content_digest", "kept_picture", "webp"]
