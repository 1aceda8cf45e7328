"""What a request may hold in a picture's place that is not even a file."""

from base64 import b64encode
from dataclasses import dataclass

from tests.poison.bytework import encoded, noise

_FETCHED = 400, "url_not_fetched"
_BASE64 = 400, "base64_invalid"
_SHAPE = 422, "request_invalid"


@dataclass(frozen=True)
class Malformed:
    """One input of a request, and the problem it must get."""

    name: str
    given: object
    status: int
    code: str


def malformed() -> list[Malformed]:
    sound = b64encode(encoded(noise(), "PNG")).decode()
    images = {
        "a letter too few": (sound[:-5], _BASE64),
        "a letter that is none": (f"!{sound[1:]}", _BASE64),
        "letters behind its padding": (f"{sound.rstrip('=')}==AAAA", _BASE64),
        "letters of many languages": ("фотография", _BASE64),
        "half a pair of surrogates": ("\ud800", (400, "json_invalid")),
        "the alphabet of addresses": (sound.replace("/", "_").replace("+", "-"), _BASE64),
        "an address": ("https://127.0.0.1/x.png", _FETCHED),
        "an address in capitals": ("HTTP://127.0.0.1/x.png", _FETCHED),
        "a file's address": ("file:///etc/passwd", _BASE64),
        "a path": ("../../../etc/passwd", _BASE64),
        "a data URI of text": ("data:image/png,hello", _BASE64),
        "a data URI without data": ("data:image/png;base64", _BASE64),
        "nothing": ("", (400, "picture_unreadable")),
        "a data URI of nothing": ("data:image/png;base64,", (400, "picture_unreadable")),
        "a number": (5, _SHAPE),
        "null": (None, _SHAPE),
        "a list": ([sound], _SHAPE),
        "an object": ({"base64": sound}, _SHAPE),
    }
    cases = [Malformed(f"an image of {name}", {"image": given}, *wanted) for name, (given, wanted) in images.items()]
    urls = {"an address": ("http://127.0.0.1/", _FETCHED), "an object": ({"url": "ftp://x/y.png"}, _BASE64)}
    return cases + [Malformed(f"a URL of {name}", {"image_url": given}, *to) for name, (given, to) in urls.items()]
