"""Refuses requests from their header alone while the encoder has more work than their deadline allows.

Only routes that always encode: a body that is not read costs no time of the process, which is what overload is
short of. The price: an input that the cache holds is refused too.
"""

from collections.abc import Sequence

from starlette.types import Scope

from models.manifest import Manifest
from service.admission import Admission
from service.errors import RequestInvalidError
from service.gateway.deadlines import HEADER, milliseconds
from service.gateway.exchange import Exchange
from service.queue import Group
from service.types import Deadline

ENCODING_ROUTES = frozenset({"/v1/embeddings", "/v1/classify", "/v1/rerank"})
_PICTURE_BYTES = 16_384
"""A larger body is taken for one with a picture: of what texts and pictures cost, its own kind decides."""


class EarlyRefusal:
    """Asked by the rim before it reads a body."""

    def __init__(self, admission: Admission, manifests: Sequence[Manifest], deadline_s: float) -> None:
        self._admission = admission
        self._deadline_s = deadline_s
        self._texts = [Group(manifest.name, "text") for manifest in manifests if manifest.encodes_text]
        self._pictures = [Group(manifest.name, "image") for manifest in manifests]

    def check(self, scope: Scope, exchange: Exchange) -> None:
        """Raises OverloadedError."""
        if scope["path"] not in ENCODING_ROUTES or scope["method"] != "POST":
            return
        length = exchange.header("content-length") or ""
        is_large = not length.isdecimal() or int(length) > _PICTURE_BYTES
        deadline = Deadline(exchange.arrived + min(self._deadline_s, _asked_s(exchange, self._deadline_s)))
        self._admission.refuse_hopeless(self._pictures if is_large else self._texts, "interactive", deadline)


def _asked_s(exchange: Exchange, default_s: float) -> float:
    """What the header says; one that says nothing valid is refused later, with all that is wrong."""
    asked = exchange.header(HEADER.lower())
    try:
        return default_s if asked is None else milliseconds(asked) / 1000.0
    except RequestInvalidError:
        return default_s
