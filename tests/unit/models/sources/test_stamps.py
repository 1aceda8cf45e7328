"""Description files of stamps, and which stamps count."""

from pathlib import Path

import pytest
from PIL import Image

from models.sources import SourceMissingError, read_stamps
from models.sources.packages import TUXPAINT
from models.sources.stamps import parse_stamp, shrink_stamps


@pytest.fixture
def data(tmp_path: Path) -> Path:
    stamps = tmp_path / "packages" / TUXPAINT.folder / "usr/share/tuxpaint/stamps"
    for name in ("animals/birds/duck", "symbols/letters/a"):
        path = stamps / name
        path.parent.mkdir(parents=True)
        Image.new("RGBA", (600, 300), "red").save(path.with_suffix(".png"))
        path.with_suffix(".txt").write_text("A duck.\nde.utf8=Eine Ente.\n", encoding="utf-8")
    (stamps / "animals/birds/silent.txt").write_text("No picture.\n", encoding="utf-8")
    return tmp_path


def test_first_line_is_english_and_the_rest_are_languages() -> None:
    texts = parse_stamp("A frog.\nde.utf8=Ein Frosch.\nzh_CN.utf8=青蛙\nfr.utf8=\nnonsense\n")
    assert texts.english == "A frog."
    assert texts.translations == {"de": "Ein Frosch.", "zh_CN": "青蛙", "zh": "青蛙"}


def test_symbols_and_stamps_without_picture_are_left_out(data: Path) -> None:
    assert list(shrink_stamps(data)) == ["animals/birds/duck"]
    (duck,) = read_stamps(data)
    assert (duck.group, duck.subgroup, duck.title, duck.texts["de"]) == ("animals", "birds", "A duck.", "Eine Ente.")
    with Image.open(duck.picture) as picture:
        assert picture.size == (256, 128)


def test_reading_before_preparing_says_what_to_run(data: Path) -> None:
    with pytest.raises(SourceMissingError, match="make data"):
        read_stamps(data)
