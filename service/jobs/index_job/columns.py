"""Which column of a table is what: by the user's word, else by its name. Pure; reads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.jobs.index_job.record import SourceError

_ID_NAMES = ("id", "sku", "item_id", "product_id", "article_id", "asin", "uid", "uuid", "key", "code", "handle")
_IMAGE_NAMES = (
    *("image", "picture", "image_path", "picture_path", "file", "file_name", "filename", "image_file", "img", "photo"),
    *("path", "image_base64", "image_bytes", "thumbnail", "image_url", "picture_url", "url"),
)
_TEXT_NAMES = (
    *("text", "title", "name", "product_name", "product_display_name", "productdisplayname", "caption", "description"),
    *("label", "alt"),
)
NESTED_ATTRIBUTES = "attributes"
"""A column of this name whose cells are objects holds attributes by name."""


@dataclass(frozen=True)
class ColumnWishes:
    """What the user said; None means: find it."""

    id: str | None = None
    image: str | None = None
    text: tuple[str, ...] | None = None
    attributes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Columns:
    """How the columns of one table are used."""

    id: str
    image: str | None
    text: tuple[str, ...]
    attributes: tuple[str, ...]

    def __str__(self) -> str:
        shown = {"id": self.id, "image": self.image, "text": " + ".join(self.text), "attributes": self._attributes}
        return ", ".join(f"{role}: {name or '(none)'}" for role, name in shown.items())

    @property
    def _attributes(self) -> str:
        return " ".join(self.attributes)


def choose_columns(names: Sequence[str], wishes: ColumnWishes, has_vectors: bool = False) -> Columns:
    """Roles for the columns `names`. `has_vectors`: an item needs neither picture nor text.

    Raises SourceError naming the columns there are.
    """
    wished = [wishes.id, wishes.image, *(wishes.text or ()), *(wishes.attributes or ())]
    for name in wished:
        if name is not None and name not in names:
            raise SourceError(f"there is no column {name!r}; the columns are: {', '.join(names)}")
    id_ = wishes.id or _first(names, _ID_NAMES)
    if id_ is None:
        raise SourceError(f"no column looks like an id: name one with --id; the columns are: {', '.join(names)}")
    image = wishes.image or _first(names, _IMAGE_NAMES, without=(id_,))
    text = wishes.text if wishes.text is not None else _optional(_first(names, _TEXT_NAMES, without=(id_, image)))
    if image is None and not text and not has_vectors:
        raise SourceError(
            "no column looks like a picture or a text: name one with --image or --text; "
            f"the columns are: {', '.join(names)}"
        )
    used = {id_, image, *text}
    rest = tuple(name for name in names if name not in used)
    return Columns(id_, image, text, rest if wishes.attributes is None else wishes.attributes)


def _first(names: Sequence[str], known: Sequence[str], without: Sequence[str | None] = ()) -> str | None:
    by_plain = {_plain(name): name for name in reversed(names) if name not in without}
    return next((by_plain[name] for name in known if name in by_plain), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _optional(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)
