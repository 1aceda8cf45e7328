"""The sinks at their rim: HTTP as the server speaks it, forwarding, the dry run, the error file."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import numpy as np
import orjson
import pytest

from index.errors import CollectionLockedError, SealingBehindError, StoreError, WritesBehindError
from index.types import ItemWrite, WriteReceipt
from models.pictures import PictureLimits
from service.jobs.index_job.check_sink import CheckSink
from service.jobs.index_job.error_file import ErrorFile, Failure
from service.jobs.index_job.forwarding_sink import ForwardingSink
from service.jobs.index_job.http_sink import HttpSink
from service.jobs.index_job.record import SourceRecord
from service.jobs.index_job.sink import SinkError
from service.jobs.index_job.store_sink import StoreSink
from service.types import CollectionOptions, ItemOutcome, Limits, OwnSpace
from tests.fakes.collection_store import FakeCollectionStore
from tests.fakes.pictures import picture

RECORD = SourceRecord(1, "a/1", "red", b"\x00\xff", "p.png", {"tags": ("x", "y"), "price": 2})
Handler = Callable[[httpx.Request], httpx.Response]


def sink_to(handler: Handler) -> HttpSink:
    return HttpSink(httpx.AsyncClient(base_url="http://here", transport=httpx.MockTransport(handler)), "shoes")


async def test_items_travel_as_the_interface_wants_them() -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        problem = {"type": "about:blank", "code": "item_invalid", "title": "t", "detail": "d", "status": 400}
        return httpx.Response(
            200, json={"items": [{"id": "a/1", "status": "failed", "problem": problem}], "sequence": 1}
        )

    sink = sink_to(handle)
    (outcome,) = await sink.write([RECORD])
    await sink.close()
    assert seen[0].url.path == "/v1/collections/shoes/items"
    assert orjson.loads(seen[0].content) == {
        "items": [
            {
                "id": "a/1",
                "text": "red",
                "image": {"base64": base64.b64encode(b"\x00\xff").decode()},
                "image_ref": "p.png",
                "attributes": {"tags": ["x", "y"], "price": 2},
            }
        ]
    }
    assert outcome.status == "failed" and outcome.problem is not None and outcome.problem.code == "item_invalid"


async def test_a_missing_collection_is_made() -> None:
    methods: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(404 if request.method == "GET" else 200, json={})

    sink = sink_to(handle)
    await sink.prepare(CollectionOptions(model="m"))
    await sink.close()
    assert methods == ["GET", "PUT"]


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    answers = [
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(200, json={"items": [], "sequence": 1}),
    ]
    sink = sink_to(lambda _: answers.pop(0))
    assert await sink.write([]) == []
    await sink.close()
    assert not answers


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(409, json={"code": "x", "title": "t", "detail": "the detail", "status": 409}), "the detail"),
        (httpx.Response(500, text="<html>"), "status 500"),
        (httpx.Response(200, text="hello"), "no Lookalike answer"),
        (httpx.Response(503, headers={"Retry-After": "0"}, json={"detail": "busy"}), "busy"),
    ],
)
async def test_a_refusal_says_why(answer: httpx.Response, says: str) -> None:
    sink = sink_to(lambda _: answer)
    with pytest.raises(SinkError, match=says):
        await sink.write([RECORD])
    await sink.close()


async def test_a_server_that_is_not_there_is_named() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    sink = sink_to(refuse)
    with pytest.raises(SinkError, match=r"http://here.*is it running"):
        await sink.prepare(CollectionOptions())
    await sink.close()


class Recorder:
    """A sink that counts, or that is locked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.written = 0
        self.is_closed = False

    async def prepare(self, options: CollectionOptions) -> None: ...

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        if self.error:
            raise self.error
        self.written += len(records)
        return [ItemOutcome(record.id, "created") for record in records]

    async def close(self) -> None:
        self.is_closed = True


async def test_a_locked_collection_is_written_through_its_owner() -> None:
    local, remote, told = Recorder(CollectionLockedError("locked", "http://there")), Recorder(), list[str]()
    sink = ForwardingSink(local, lambda url: remote, told.append)
    await sink.write([RECORD])
    await sink.write([RECORD])
    await sink.close()
    assert (remote.written, told, local.is_closed, remote.is_closed) == (2, ["http://there"], True, True)


async def test_a_lock_without_an_address_is_an_error_that_says_what_to_do() -> None:
    sink = ForwardingSink(Recorder(CollectionLockedError("another process writes")), lambda _: Recorder(), print)
    with pytest.raises(SinkError, match="wait until it is done"):
        await sink.write([RECORD])


@pytest.mark.parametrize("refusal", [SealingBehindError, WritesBehindError])
@pytest.mark.parametrize(("refusals", "is_written"), [(3, True), (100, False)])
async def test_an_import_waits_for_the_store_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, refusals: int, is_written: bool, refusal: type[StoreError]
) -> None:
    store, left = FakeCollectionStore(), iter(range(refusals))
    sink = StoreSink(store, "mine", Limits())
    await sink.prepare(CollectionOptions(space=OwnSpace("mine", 2)))
    collection = store.open("mine")
    upsert = collection.upsert

    def refusing(items: Sequence[ItemWrite]) -> WriteReceipt:
        if next(left, None) is not None:
            raise refusal("later")
        return upsert(items)

    monkeypatch.setattr(collection, "upsert", refusing)
    record = SourceRecord(1, "1", vectors={"image": np.array([1, 0], np.float32)})
    if is_written:
        assert await sink.write([record]) == [ItemOutcome("1", "created")]
    else:
        with pytest.raises(refusal):
            await sink.write([record])


async def test_a_dry_run_reads_the_pictures() -> None:
    good, bad = SourceRecord(1, "a", image=picture()), SourceRecord(2, "b", image=b"nope")
    outcomes = await CheckSink(PictureLimits()).write([good, bad, SourceRecord(3, "c", "text")])
    assert [outcome.status for outcome in outcomes] == ["created", "failed", "created"]


def test_the_error_file_is_made_by_the_first_failure_and_goes_when_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "errors.jsonl"
    with ErrorFile(path) as file:
        file.add([])
        assert not path.exists()
        file.add([Failure("a", 3, "code", "why")])
        file.add([Failure("b", 4, "code", "why")])
    assert [orjson.loads(line)["line"] for line in path.read_bytes().splitlines()] == [3, 4]
    with ErrorFile(path):
        pass
    assert not path.exists()
