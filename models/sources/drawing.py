"""Turns SVG drawings and large pictures into cached pictures of one size. Owns the size and the cache's atomicity."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import resvg_py
from PIL import Image, ImageChops

SIDE = 256
"""Longer side of every cached picture, in pixels."""
_DPI = 96.0
"""CSS: without it a drawing measured in points or millimetres has no size."""
_VISIBLE = 8
"""Smallest difference from the paper, of 255, that counts as ink."""
_SMALLEST = 24
"""A drawing with less ink than this many pixels across is blank."""


class DrawingError(ValueError):
    """The drawing does not render, or leaves the canvas empty."""


def draw(svg: str, side: int = SIDE) -> Image.Image:
    """The drawing at `side` pixels, RGBA, aspect ratio kept. Installed fonts are ignored: every machine draws alike."""
    try:
        png = resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side, dpi=_DPI, skip_system_fonts=True)
    except ValueError as exc:
        raise DrawingError(str(exc)) from exc
    return Image.open(io.BytesIO(png)).convert("RGBA")


def shrink(path: Path) -> Image.Image:
    """The picture at `path` with at most `SIDE` pixels on its longer side, RGBA."""
    with Image.open(path) as picture:
        rgba = picture.convert("RGBA")
    return _fit(rgba)


def trim(picture: Image.Image) -> Image.Image:
    """The picture without its empty margins, at most `SIDE` pixels on its longer side.

    Raises:
        DrawingError: there is next to nothing to see on white.
    """
    ink = ImageChops.difference(on_white(picture), Image.new("RGB", picture.size, "white"))
    box = ink.convert("L").point(lambda level: 255 if level >= _VISIBLE else 0).getbbox()
    if box is None or max(box[2] - box[0], box[3] - box[1]) < _SMALLEST:
        raise DrawingError("the drawing is blank")
    return _fit(picture.crop(box))


def on_white(picture: Image.Image) -> Image.Image:
    """The picture as RGB, as seen on white paper."""
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")


def cached(path: Path, make: Callable[[], Image.Image]) -> Path:
    """`path`, made first if it is not there; a half-written picture never has this name."""
    if not path.exists():
        picture = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming = path.with_name(f".{os.getpid()}-{path.name}")
        picture.save(incoming, format="PNG")
        incoming.replace(path)
    return path


def _fit(picture: Image.Image) -> Image.Image:
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return picture
