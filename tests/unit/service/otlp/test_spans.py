"""Which requests have spans, what these say, and how a run hangs together with the requests that it answers."""

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from service.tracing import Member
from tests.fakes.recorded_spans import (
    CLIENT_SPAN,
    CLIENT_TRACE,
    TRACEPARENT,
    UNSAMPLED,
    RecordedSpans,
    id_of,
    links_of,
    parent_of,
    trace_of,
)


def request(spans: RecordedSpans, traceparent: str | None = None, status: int = 200) -> None:
    with spans.tracing.request(traceparent):
        spans.tracing.answered("POST", "/v1/embeddings", status, "id-1")


def test_a_request_is_named_by_its_route_and_says_what_became_of_it() -> None:
    spans = RecordedSpans()
    request(spans)
    span = spans.one("POST /v1/embeddings")
    assert (span.kind, span.status.status_code, parent_of(span)) == (SpanKind.SERVER, StatusCode.UNSET, "")
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/embeddings",
        "http.response.status_code": 200,
        "lookalike.request_id": "id-1",
    }


@pytest.mark.parametrize(("status", "is_error"), [(404, False), (499, False), (500, True), (503, True)])
def test_only_what_is_our_fault_is_an_error(status: int, is_error: bool) -> None:
    spans = RecordedSpans()
    request(spans, status=status)
    span = spans.one("POST /v1/embeddings")
    assert (span.status.status_code is StatusCode.ERROR) == is_error
    assert (span.attributes or {}).get("error.type") == (str(status) if is_error else None)


def test_a_path_without_a_route_is_not_named() -> None:
    spans = RecordedSpans()
    with spans.tracing.request(None):
        spans.tracing.answered("GET", "", 404, "id-1")
    assert "http.route" not in (spans.one("GET").attributes or {})


def test_a_request_hangs_below_its_client() -> None:
    spans = RecordedSpans(share=0.0)
    request(spans, TRACEPARENT)
    span = spans.one("POST /v1/embeddings")
    assert (trace_of(span), parent_of(span)) == (CLIENT_TRACE, CLIENT_SPAN)


@pytest.mark.parametrize("bad", [None, "", "00-xyz", f"00-{'0' * 32}-{CLIENT_SPAN}-01", "ÿ" * 500])
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(bad: str | None) -> None:
    spans = RecordedSpans()
    request(spans, bad)
    assert parent_of(spans.one("POST /v1/embeddings")) == ""


def test_what_is_not_traced_has_no_spans_at_all() -> None:
    for spans, traceparent in ((RecordedSpans(share=0.0), None), (RecordedSpans(), UNSAMPLED)):
        with spans.tracing.request(traceparent), spans.tracing.span("decode"):
            asked, sent = spans.tracing.here(), spans.tracing.outgoing()
            spans.tracing.answered("GET", "/v1/models", 200, "id-1")
        with spans.tracing.run([Member(asked, 1.0)]), spans.tracing.incoming("work", sent):
            pass
        assert (asked, sent, spans.names) == (None, "", [])


def test_a_share_of_the_requests_is_traced() -> None:
    spans = RecordedSpans(share=0.5)
    for _ in range(200):
        request(spans)
    assert 0 < len(spans.all) < 200  # by chance wrong once in 10^60 runs


def test_a_part_that_fails_says_why_and_shows_no_traceback() -> None:
    spans = RecordedSpans()
    with pytest.raises(ValueError, match="not a picture"), spans.tracing.request(None), spans.tracing.span("decode"):
        raise ValueError("not a picture")
    span = spans.one("decode")
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError: not a picture")
    assert span.events == ()
    assert parent_of(span) == id_of(spans.one("request"))


def test_a_run_is_linked_with_each_request_that_it_answers() -> None:
    spans, asked = RecordedSpans(), []
    for _ in range(2):
        with spans.tracing.request(None):
            asked.append(spans.tracing.here())
    with spans.tracing.run([Member(asked[0], 0.2), Member(asked[0], 0.5), Member(asked[1], 0.1)], {"rows": 3}):
        spans.tracing.note({"whole": False})
    requests, batch = spans.named("request"), spans.one("encode batch")
    assert (links_of(batch), parent_of(batch)) == ([id_of(one) for one in requests], "")
    assert dict(batch.attributes or {}) == {"rows": 3, "whole": False}
    for name in ("queue", "encode"):
        assert [parent_of(span) for span in spans.named(name)] == [id_of(one) for one in requests]
        assert [trace_of(span) for span in spans.named(name)] == [trace_of(one) for one in requests]
    assert [links_of(span) for span in spans.named("encode")] == [[id_of(batch)]] * 2


def test_a_wait_ends_where_the_run_begins() -> None:
    spans = RecordedSpans()
    with spans.tracing.request(None):
        asked = spans.tracing.here()
    with spans.tracing.run([Member(asked, 0.2), Member(asked, 0.5)]):
        pass
    queue, encode = spans.one("queue"), spans.one("encode")
    assert queue.start_time is not None and queue.end_time is not None
    assert (queue.end_time - queue.start_time, queue.end_time) == (500_000_000, encode.start_time)


def test_work_of_another_process_hangs_below_the_span_that_sent_it() -> None:
    gateway, worker = RecordedSpans(), RecordedSpans()
    with gateway.tracing.request(None), gateway.tracing.span("redis"):
        sent = gateway.tracing.outgoing()
    with worker.tracing.incoming("work", sent, {"lane": "bulk"}):
        pass
    work, redis = worker.one("work"), gateway.one("redis")
    assert (trace_of(work), parent_of(work)) == (trace_of(redis), id_of(redis))
    assert work.kind is SpanKind.CONSUMER
