"""Requests as bytes, built before the clock runs: the client shares the server's cores, so it must cost little.

No two requests carry the same bytes, so that no cache answers.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import time_ns
from typing import Protocol

from pictures import head, tail

CATALOGUE = Path("demo/catalogue.jsonl")
_HERE = "PICTURE"


def model_name(bundle: Path) -> str:
    """As requests have it."""
    name: str = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))["name"]
    return name


class Body(Protocol):
    def chunks(self, number: int) -> Sequence[bytes]:
        """One request, head and body, to be written one after the other. Another number gives another input."""


@dataclass(frozen=True)
class Target:
    """Where requests go and what they say of themselves. `answer`: `encoding_format`, None leaves it out."""

    path: str = "/v1/embeddings"
    model: str = "starter"
    answer: str | None = "base64"
    headers: Mapping[str, str] = field(default_factory=dict)

    def fields(self, **more: object) -> dict[str, object]:
        answer = {"encoding_format": self.answer} if self.answer else {}
        return {"model": self.model, **more, **answer}

    def head(self, length: int) -> bytes:
        lines = [f"POST {self.path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
        lines += [f"Content-Length: {length}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\r\n".join((*lines, "", "")).encode()


class PictureBody:
    """One JPEG as a data URI in OpenAI's list, with infinity's `modality`."""

    def __init__(self, jpeg: bytes, target: Target) -> None:
        document = json.dumps(target.fields(input=[f"data:image/jpeg;base64,{_HERE}"], modality="image"))
        before, after = document.encode().split(_HERE.encode())
        rest = base64.b64encode(tail(jpeg)) + after
        length = len(before) + len(base64.b64encode(head(jpeg, 0))) + len(rest)
        self._jpeg, self._before, self._rest = jpeg, target.head(length) + before, rest

    def chunks(self, number: int) -> Sequence[bytes]:
        return [self._before + base64.b64encode(head(self._jpeg, number)), self._rest]


class FileBody:
    """One picture of any format, sent as it is."""

    def __init__(self, data: bytes, target: Target, media_type: str = "") -> None:
        uri = f"data:{media_type};base64," + base64.b64encode(data).decode()
        document = json.dumps(target.fields(input=[uri], modality="image")).encode()
        self._chunks = [target.head(len(document)), document]

    def chunks(self, number: int) -> Sequence[bytes]:
        return self._chunks


class TextBody:
    """One text a request: the title of a catalogue item and two more words, which tell the requests apart."""

    def __init__(self, texts: "Texts", target: Target) -> None:
        self._texts, self._target = texts, target

    def chunks(self, number: int) -> Sequence[bytes]:
        fields = self._target.fields(input=[self._texts.numbered(number)], modality="text")
        document = json.dumps(fields).encode()
        return [self._target.head(len(document)), document]


class FixedText:
    """The same text every time."""

    def __init__(self, text: str, target: Target) -> None:
        document = json.dumps(target.fields(input=[text], modality="text")).encode()
        self._chunks = [target.head(len(document)), document]

    def chunks(self, number: int) -> Sequence[bytes]:
        return self._chunks


class Texts:
    """Short texts without end."""

    def __init__(self, catalogue: Path = CATALOGUE) -> None:
        rows = (json.loads(line) for line in catalogue.read_text(encoding="utf-8").splitlines())
        self._titles = list(dict.fromkeys(row["text"] for row in rows))  # suppliers share them
        self._words = sorted({word for title in self._titles for word in title.split()})

    def numbered(self, number: int) -> str:
        rest, title = divmod(number, len(self._titles))
        rest, first = divmod(rest, len(self._words))
        return f"{self._titles[title]} {self._words[first]} {self._words[rest % len(self._words)]}"


def numbers() -> Iterator[int]:
    """Numbers that no earlier run has used."""
    return count(time_ns() // 1000)
