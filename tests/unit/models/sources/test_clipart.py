"""Words, selection and pictures of clip art, from drawings made here."""

from pathlib import Path, PurePosixPath

import pytest

from models.sources import read_clipart
from models.sources.clipart import draw_clipart
from models.sources.clipart_texts import ClipartText, clean_clipart, collection_titles, parse_clipart
from models.sources.packages import OPENCLIPART

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100"><metadata>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cc="http://web.resource.org/cc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><cc:Work rdf:about=""><dc:title>{title}</dc:title>
<dc:subject><rdf:Bag><rdf:li>hash</rdf:li><rdf:li></rdf:li><rdf:li>Food_Item</rdf:li></rdf:Bag></dc:subject>
<dc:creator><cc:Agent><dc:title>Nobody</dc:title></cc:Agent></dc:creator>
</cc:Work></rdf:RDF></metadata>{body}</svg>"""
_DISC = '<circle cx="30" cy="30" r="20" fill="{colour}"/>'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "packages" / OPENCLIPART.folder / "usr/share/openclipart/svg"
    drawings = {
        "food/pear_01.svg": ("Pear", _DISC.format(colour="green")),
        "food/pear_copy.svg": ("Pear", _DISC.format(colour="green")),
        "food/empty.svg": ("Nothing", ""),
        "food/untitled_plum.svg": ("", _DISC.format(colour="purple")),
        "shapes/stars/star.svg": ("Star", _DISC.format(colour="gold")),
    }
    for name, (title, body) in drawings.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_SVG.format(title=title, body=body), encoding="utf-8")
    (folder / "food/broken.svg").write_text("<svg", encoding="utf-8")
    return tmp_path


def _cleaned(path: str, title: str, *keywords: str, collections: tuple[str, ...] = ()) -> str:
    return clean_clipart(PurePosixPath(path), ClipartText(title, keywords), frozenset(collections)).title


def test_title_keywords_and_creator_are_read_from_the_drawing() -> None:
    text = parse_clipart(_SVG.format(title="Pear &amp;amp; plum", body=""))
    assert text == ClipartText("Pear & plum", ("hash", "Food_Item"), "Nobody")


def test_a_title_that_many_share_names_a_collection() -> None:
    texts = [ClipartText("Road Signs", ())] * 6 + [ClipartText("Tram", ())]
    assert collection_titles(texts) == {"Road Signs"}


def test_titles_become_plain_words() -> None:
    assert _cleaned("food/burrito_bw.svg", "Burrito (B and W)") == "burrito, black and white"
    assert _cleaned("people/woman_01.svg", "Woman Fashion 01") == "woman fashion"
    assert _cleaned("flags/x.svg", "Clipart by Steve Hall - Canada") == "canada"
    assert _cleaned("people/ear.svg", "ear - body part") == "ear"
    assert _cleaned("people/07.svg", "") == ""


def test_the_file_name_speaks_where_the_title_is_borrowed() -> None:
    assert _cleaned("food/red_plum_02.svg", "Clipart by Nicu Buculei - pear") == "red plum"
    assert _cleaned("signs/tram.svg", "Road Signs", collections=("Road Signs",)) == "tram"
    assert _cleaned("food/candy_jane_doe_01.svg", "Candy", collections=("Candy",)) == "candy"


def test_a_foreign_title_is_kept_apart() -> None:
    name = clean_clipart(PurePosixPath("a/b.svg"), ClipartText("Zanzara", ("insect",), "Architetto X"), frozenset())
    assert (name.title, name.language, name.original) == ("insect", "it", "zanzara")


def test_blank_repeated_and_unreadable_drawings_are_dropped(data: Path) -> None:
    assert len(list(draw_clipart(data))) == 4
    items = read_clipart(data)
    assert [(item.id, item.title) for item in items] == [
        ("food/pear_01", "pear"),
        ("food/untitled_plum", "untitled plum"),
    ]
    assert items[0].keywords == ("food item",)
    assert items[0].group == "food"
    assert all(item.picture.exists() for item in items)
