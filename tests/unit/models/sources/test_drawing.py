"""Drawing, trimming and caching pictures."""

from pathlib import Path

import pytest
from PIL import Image

from models.sources.drawing import DrawingError, cached, draw, on_white, trim

_TALL = '<svg xmlns="http://www.w3.org/2000/svg" width="75pt" height="150pt"><rect width="9" height="9"/></svg>'


def test_a_drawing_in_points_keeps_its_shape() -> None:
    assert draw(_TALL).size == (128, 256)


def test_what_does_not_render_is_an_error() -> None:
    with pytest.raises(DrawingError):
        draw("<svg")


def test_margins_go_and_blank_drawings_are_refused() -> None:
    picture = Image.new("RGBA", (100, 100))
    picture.paste("blue", (10, 20, 60, 50))
    assert trim(picture).size == (50, 30)
    with pytest.raises(DrawingError):
        trim(Image.new("RGBA", (100, 100), "white"))


def test_transparency_is_seen_on_white() -> None:
    assert on_white(Image.new("RGBA", (1, 1))).getpixel((0, 0)) == (255, 255, 255)


def test_a_cached_picture_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "a/b.png"
    made: list[int] = []

    def make() -> Image.Image:
        made.append(1)
        return Image.new("RGBA", (2, 2))

    assert cached(path, make) == cached(path, make) == path
    assert len(made) == 1
    assert list(path.parent.iterdir()) == [path]
