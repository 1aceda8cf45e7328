"""What every `Tracing` keeps, whether or not it follows anything."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from service.tracing import NO_TRACING, Member, Tracing
from tests.fakes.recorded_spans import TRACEPARENT, UNSAMPLED, RecordedSpans

PARTS: dict[str, Callable[[Tracing], AbstractContextManager[None]]] = {
    "request": lambda tracing: tracing.request(None),
    "request of a client": lambda tracing: tracing.request(TRACEPARENT),
    "request that is not to be traced": lambda tracing: tracing.request(UNSAMPLED),
    "span": lambda tracing: tracing.span("decode", {"what": "pixels"}),
    "incoming": lambda tracing: tracing.incoming("work", TRACEPARENT, {"lane": "bulk"}),
    "incoming of nobody": lambda tracing: tracing.incoming("work", ""),
    "run": lambda tracing: tracing.run([Member(tracing.here(), 0.5)], {"rows": 1}),
    "run of nobody": lambda tracing: tracing.run([Member(None, 0.5)]),
}


@pytest.fixture(params=["none", "otlp", "otlp that chooses nothing"])
def tracing(request: pytest.FixtureRequest) -> Tracing:
    if request.param == "none":
        return NO_TRACING
    return RecordedSpans(share=0.0 if "nothing" in request.param else 1.0).tracing


@pytest.mark.parametrize("part", PARTS)
def test_errors_pass_through_every_part(tracing: Tracing, part: str) -> None:
    with pytest.raises(KeyError, match="mine"), tracing.request(None), PARTS[part](tracing):
        raise KeyError("mine")
    assert tracing.here() is None


def test_parts_lie_within_each_other_and_leave_nothing_behind(tracing: Tracing) -> None:
    for part in PARTS.values():
        with tracing.request(None), part(tracing), tracing.span("inner"):
            tracing.note({"whole": True})
            tracing.answered("GET", "/v1/models", 200, "id-1")
    assert (tracing.here(), tracing.outgoing()) == (None, "")


def test_a_reference_may_go_to_another_thread(tracing: Tracing) -> None:
    done: list[bool] = []

    def work(asked: object) -> None:
        with tracing.run([Member(asked, 0.1), Member(None, 0.2)]):
            done.append(True)

    with tracing.request(None):
        thread = threading.Thread(target=work, args=(tracing.here(),))
        thread.start()
        thread.join(30)
    assert done == [True]


def test_it_may_be_closed_twice_and_used_after_that(tracing: Tracing) -> None:
    tracing.close()
    tracing.close()
    with tracing.request(None), tracing.span("late"):
        pass
