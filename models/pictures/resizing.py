"""Pillow's antialiased filters, computed faster: the same weights, the same order, the same 8 bits between.

Through fast_image_resize (cykooz-resizer) where a wheel of it can be had, else through Pillow itself. It works on the
memory of Pillow's own pictures, whose layout it knows by Pillow's major version: hence the upper bound on Pillow in
pyproject.toml.
"""

from typing import Literal, TypeAlias

from PIL import Image

try:
    import cykooz_resizer as _fast
except ImportError:  # no wheel for this machine
    _fast = None

Resample: TypeAlias = Literal["bilinear", "bicubic", "lanczos"]
Size: TypeAlias = tuple[int, int]
Window: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the result."""
_Region: TypeAlias = tuple[float, float, float, float]
"""The same, in pixels of the source."""

# Pillow's bicubic has a = -0.5, which is Catmull and Rom's.
_FILTERS = {"bilinear": "bilinear", "bicubic": "catmull_rom", "lanczos": "lanczos3"}


def resize(picture: Image.Image, size: Size, resample: Resample, window: Window | None = None) -> Image.Image:
    """An RGB picture in `size`, or only `window` of that: what `Image.resize(size, resample).crop(window)` gives.

    Pillow rounds to 8 bits between its two passes, so their order shows. This is the order of Pillow 13 (up to 12 it
    always went across first), whichever is installed and whatever the window.
    """
    left, top, right, bottom = window or (0, 0, *size)
    across, down = picture.width / size[0], picture.height / size[1]
    lost_across, lost_down = picture.width - size[0], picture.height - size[1]
    if lost_down > max(0, 2 * lost_across):
        squat = _one_pass(
            picture, (picture.width, bottom - top), resample, (0, top * down, picture.width, bottom * down)
        )
        return _one_pass(
            squat, (right - left, bottom - top), resample, (left * across, 0, right * across, squat.height)
        )
    narrow = _one_pass(
        picture, (right - left, picture.height), resample, (left * across, 0, right * across, picture.height)
    )
    return _one_pass(narrow, (right - left, bottom - top), resample, (0, top * down, narrow.width, bottom * down))


def _one_pass(picture: Image.Image, size: Size, resample: Resample, region: _Region) -> Image.Image:
    """Pixels around the region take part where the filter reaches them."""
    if size == picture.size and region == (0, 0, *size):
        return picture
    left, top = region[:2]
    right, bottom = min(region[2], picture.width), min(region[3], picture.height)  # of what multiplying rounded up
    if _fast is None:
        return picture.resize(size, Image.Resampling[resample.upper()], (left, top, right, bottom))
    kernel = _fast.ResizeAlg.convolution(_fast.FilterType[_FILTERS[resample]])
    box = _fast.CropBox(left, top, right - left, bottom - top)
    resized = Image.new("RGB", size, None)  # not filled: every pixel is written
    # One resizer a call: it holds a lock, which threads would wait for, and costs nothing to make.
    options = _fast.ResizeOptions(resize_alg=kernel, crop_box=box, use_alpha=False)
    _fast.Resizer().resize_pil(picture, resized, options)
    return resized
