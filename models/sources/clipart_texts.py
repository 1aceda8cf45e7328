"""What an openclipart drawing is called. Owns the reading of its RDF and the cleaning of titles and keywords.

Many drawings carry the title of a collection, of a theme, or of the drawing they were copied from; for those the file
name says more. Two prolific authors title their drawings in Italian and in French.
"""

import html
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

_NOISE = {"hash", "unsorted", "signs and symbols", "mapsym", "musicsym", "networksym", "menu", "appicon", "clip art"}
_GENERIC_FROM = 6
"""A title that this many drawings share is the name of a collection."""
_COPIED = "Clipart by Nicu Buculei - "
_SIGNED = re.compile(r"^Clipart by .*? - (?=\S)")
_SERIES = re.compile(r" - (body part|rpg map elements|clothing|holiday|part of .*)$", re.IGNORECASE)
_BLACK_AND_WHITE = re.compile(r"\s*\(b (and|&) w\)|\s+b ?w$", re.IGNORECASE)
_NUMBER = re.compile(r"[\s#_]*\(?\d+[a-z]?\)?$")
_AUTHORS = re.compile(r" (ganson|nicu\b.*|jean victor\b.*|archit.*|hash\b.*)$")
_THEMES = re.compile(r"^(aiga|bb|svg|r16|sm|contour) ")
_FOREIGN = (("archit", "it"), ("rollandin", "it"), ("various cliparts", "it"), ("w italia", "it"), ("yves guil", "fr"))
_CODE = re.compile(r"^(0x[0-9a-f]+|[\W\d]*)$")


@dataclass(frozen=True)
class ClipartText:
    """A drawing's own words, as its file states them."""

    title: str
    keywords: tuple[str, ...]
    creator: str = ""


@dataclass(frozen=True)
class ClipartName:
    """A drawing's words, cleaned: `title` in English, or empty where nothing usable is left.

    Where the title was in another `language`, that is `original`, and the English one is a keyword.
    """

    title: str
    keywords: tuple[str, ...]
    language: str = ""
    original: str = ""


def parse_clipart(svg: str) -> ClipartText:
    """Title and subjects of the first `Work` in the drawing's RDF; empty where it has none.

    Raises:
        xml.etree.ElementTree.ParseError: the file is not well-formed.
    """
    root = ET.fromstring(svg)  # noqa: S314 - a pinned package, checked by digest; expat limits entity expansion
    work = next((element for element in root.iter() if element.tag.endswith("}Work")), None)
    if work is None:
        return ClipartText("", ())
    titles = (child.text or "" for child in work if child.tag.endswith("}title"))
    creators = (child for child in work if child.tag.endswith("}creator"))
    agents = (part.text or "" for creator in creators for part in creator.iter() if part.tag.endswith("}title"))
    subjects = (child for child in work if child.tag.endswith("}subject"))
    words = (bag.text or "" for subject in subjects for bag in subject.iter() if bag.tag.endswith("}li"))
    keywords = tuple(_plain(word) for word in words if word.strip())
    return ClipartText(_plain(next(titles, "")), keywords, _plain(next(agents, "")))


def collection_titles(texts: Iterable[ClipartText]) -> frozenset[str]:
    """The titles that name a collection, not a drawing."""
    counts = Counter(text.title for text in texts)
    return frozenset(title for title, count in counts.items() if count >= _GENERIC_FROM)


def clean_clipart(path: PurePosixPath, text: ClipartText, collections: frozenset[str]) -> ClipartName:
    """The words for the drawing at `path` (relative to the package's picture folder)."""
    keywords = _clean_keywords(text.keywords)
    stem = path.stem.replace("-", " ").replace("_", " ")
    collective = text.title in collections and not stem.lower().startswith(text.title.lower())
    borrowed = not text.title or collective or text.title.startswith(_COPIED)
    title = _clean_title(stem if borrowed else _SIGNED.sub("", text.title))
    language = _language(stem, text)
    if language != "en":
        return ClipartName(keywords[-1] if keywords else "", keywords[:-1], language, title)
    return ClipartName(title, tuple(word for word in keywords if word != title))


def _plain(text: str) -> str:
    """Without character references, which some files escape twice."""
    return html.unescape(html.unescape(text)).strip()


def _language(stem: str, text: ClipartText) -> str:
    told = " ".join((stem, text.title, text.creator, *text.keywords)).lower()
    return next((language for sign, language in _FOREIGN if sign in told), "en")


def _clean_title(title: str) -> str:
    """Lower case words; empty if fewer than three letters are left."""
    plain = _SERIES.sub("", title.replace("_", " ").strip().lower())
    is_bare = _BLACK_AND_WHITE.search(plain) is not None
    plain = _BLACK_AND_WHITE.sub("", plain)
    plain = _AUTHORS.sub("", _NUMBER.sub("", plain))
    plain = " ".join(_THEMES.sub("", _NUMBER.sub("", plain)).strip(" -.,").split())
    if sum(letter.isalpha() for letter in plain) < 3:
        return ""
    return f"{plain}, black and white" if is_bare else plain


def _clean_keywords(words: Iterable[str]) -> tuple[str, ...]:
    plain = (word.replace("_", " ").strip().lower() for word in words)
    kept = (word for word in plain if word not in _NOISE and not _CODE.match(word) and "archit" not in word)
    return tuple(dict.fromkeys(kept))
