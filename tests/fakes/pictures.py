"""Pictures as bytes, for tests."""

import io
from typing import Any

from PIL import Image

Colour = tuple[int, int, int]


def picture(colour: Colour = (255, 0, 0), size: tuple[int, int] = (64, 48), form: str = "PNG", **options: Any) -> bytes:
    """A picture of one colour."""
    return encoded(Image.new("RGB", size, colour), form, **options)


def halves(left: Colour, right: Colour, size: tuple[int, int] = (64, 48), form: str = "PNG") -> bytes:
    """A picture with two colours side by side."""
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, size[0], size[1]))
    return encoded(image, form)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
