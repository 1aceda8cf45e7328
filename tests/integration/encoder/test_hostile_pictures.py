"""Every file of the corpus through the decoder, and through HTTP: refused in words or answered, and nothing else."""

import asyncio
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from models.errors import PictureError
from models.pictures import Preprocessing, decode_pixels
from service.errors import problem_for
from tests.poison.case import Case, Fate
from tests.poison.corpus import made, of_fate
from tests.poison.judging import Outcome, fault_of
from tests.poison.wire import Malformed, malformed

EMBEDDINGS = "/v1/embeddings"
AT_A_TIME = 8
MOST_OF_A_REFUSED_MB = 200.0
MOST_OF_AN_ANSWERED_MB = 800.0
"""Today's highest is a lossless WebP of 36 megapixels with 680: four bytes a pixel, held five times by its decoder."""


def test_the_corpus_is_what_it_claims() -> None:
    cases = made()
    count = Counter(case.fate for case in cases)
    assert count[Fate.REFUSED] >= 150
    assert count[Fate.ANSWERED] >= 50
    assert len({case.name for case in cases}) == len(cases)
    assert len({case.data for case in cases}) == len(cases)


def test_each_is_refused_in_words_or_becomes_a_square(peak_counter: Path) -> None:
    spec = Preprocessing(size=32, fit="pad")
    wrong = {case.name: fault for case in made() if (fault := _fault_in_decoding(case, spec, peak_counter))}
    assert wrong == {}


def test_the_centre_of_each_odd_one_is_cut_out(peak_counter: Path) -> None:
    spec = Preprocessing(size=32, fit="crop")
    cases = of_fate(Fate.ANSWERED, Fate.EITHER)
    wrong = {case.name: fault for case in cases if (fault := _fault_in_decoding(case, spec, peak_counter))}
    assert wrong == {}


async def test_each_fails_alone_over_http(client: httpx.AsyncClient) -> None:
    gate = asyncio.Semaphore(AT_A_TIME)

    async def ask(case: Case) -> str | None:
        async with gate:
            return fault_of(case, outcome_of(await client.post(EMBEDDINGS, json=body_of(case.data))))

    faults = await asyncio.gather(*map(ask, made()))
    assert {case.name: fault for case, fault in zip(made(), faults, strict=True) if fault} == {}
    assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize("case", malformed(), ids=lambda case: case.name)
async def test_what_is_not_even_a_file_is_refused(client: httpx.AsyncClient, case: Malformed) -> None:
    body = json.dumps({"input": [case.given]})
    answer = await client.post(EMBEDDINGS, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (case.status, case.code)


async def test_items_with_hostile_pictures_fail_one_by_one(client: httpx.AsyncClient) -> None:
    await client.put("/v1/collections/shop", json={})
    cases = [case for case in made() if case.fate is not Fate.EITHER][::4]
    for part in _parts(cases, 40):
        items = [{"id": case.name, "image": {"base64": b64encode(case.data).decode()}} for case in part]
        answer = await client.post("/v1/collections/shop/items", json={"items": items})
        statuses = {item["id"]: item["status"] for item in answer.json()["items"]}
        wanted = {case.name: "failed" if case.fate is Fate.REFUSED else "created" for case in part}
        assert statuses == wanted


def _parts(cases: list[Case], size: int) -> Iterator[list[Case]]:
    return (cases[start : start + size] for start in range(0, len(cases), size))


def body_of(data: bytes) -> dict[str, object]:
    return {"input": [{"image": b64encode(data).decode()}]}


def outcome_of(answer: httpx.Response) -> Outcome:
    found = answer.json()
    if answer.status_code == 200:
        return Outcome(found["data"][0]["embedding"])
    return Outcome(status=answer.status_code, code=found["code"])


def _fault_in_decoding(case: Case, spec: Preprocessing, peak_counter: Path) -> str | None:
    peak_counter.write_text("5")
    before = _megabytes("VmRSS")
    try:
        pixels = decode_pixels(case.data, spec)
        fault = "became no square" if pixels.shape != (32, 32, 3) else fault_of(case, Outcome([1.0]))
    except PictureError as exc:
        problem = problem_for(exc)
        fault = fault_of(case, Outcome(status=problem.status, code=problem.code)) or _fault_in_words(str(exc))
    used = _megabytes("VmHWM") - before
    most = MOST_OF_A_REFUSED_MB if case.fate is Fate.REFUSED else MOST_OF_AN_ANSWERED_MB
    return fault or (f"took {used:.0f} MB" if used > most else None)


def _fault_in_words(message: str) -> str | None:
    return None if 10 < len(message) < 400 else f"is explained in {len(message)} characters"


def _megabytes(key: str) -> float:
    found = re.search(rf"^{key}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1)) / 1024
