"""One run from contents to answers: exactly as many as inputs, and a bad input fails alone.

Blocks; several threads use it at a time. Knows no lane and no clock.
"""

from collections.abc import Sequence

import structlog

from models.errors import ModelError
from service.errors import (
    DeadlineExceededError,
    EncoderCrashedError,
    InputQuarantinedError,
    MiscountError,
    OverloadedError,
)
from service.metrics import Metrics
from service.queue.lanes import Ticket
from service.queue.port import Content, Encoded, Runner

LATE = "the encoder was not free in time: try again, or send less at a time"
_log = structlog.get_logger("queue")


class Answering:
    """Answers every ticket that it is given, whatever the runner does."""

    def __init__(self, runner: Runner, metrics: Metrics) -> None:
        self._runner = runner
        self._metrics = metrics

    def refuse_quarantined(self, model: str, content: Content) -> None:
        """Raises InputQuarantinedError."""
        try:
            self._runner.refuse_quarantined(model, content)
        except InputQuarantinedError:
            self._metrics.encode_failures.labels(model, "quarantined").inc()
            raise

    def answer(self, run: Sequence[Ticket]) -> bool:
        """Whether the run went through at once; else it was halved until the guilty inputs were alone."""
        try:
            answers = self._answers(run)
        except EncoderCrashedError:
            self._metrics.encode_crashes.labels(run[0].group.model).inc()
            for ticket in run:
                self._answer_alone(ticket)
        except (OverloadedError, DeadlineExceededError) as exc:  # says nothing of the contents
            self._fail(run, exc)
        except Exception as exc:  # noqa: BLE001 - the rim of a worker thread: it must survive whatever an engine raises
            self._halve(run, exc)
        else:
            self._metrics.encoded.labels(*run[0].group).inc(len(run))
            for ticket, answer in zip(run, answers, strict=True):
                ticket.future.set_result(answer)
            return True
        return False

    def _answers(self, run: Sequence[Ticket]) -> Sequence[Encoded]:
        """Raises what the runner raises, and MiscountError."""
        answers = self._runner.run(run[0].group.model, [ticket.content for ticket in run])
        if len(answers) != len(run):
            raise MiscountError(f"the encoder gave {len(answers)} answers for {len(run)} inputs: none of them is used")
        return answers

    def _halve(self, run: Sequence[Ticket], error: Exception) -> None:
        """A miscount is the engine's fault, not an input's, so it is not searched for."""
        if len(run) == 1 or isinstance(error, MiscountError):
            self._fail(run, error)
            return
        self._metrics.encode_splits.labels(run[0].group.model).inc()
        middle = len(run) // 2
        for half in (run[:middle], run[middle:]):
            if wanted := self._still_wanted(half):
                self.answer(wanted)

    def _answer_alone(self, ticket: Ticket) -> None:
        for wanted in self._still_wanted([ticket]):
            try:
                wanted.future.set_result(self._runner.run_alone(wanted.group.model, wanted.content))
                self._metrics.encoded.labels(*wanted.group).inc()
            except Exception as exc:  # noqa: BLE001 - as above
                self._fail([wanted], exc)

    def _still_wanted(self, run: Sequence[Ticket]) -> list[Ticket]:
        late = [ticket for ticket in run if ticket.deadline.is_expired]
        for ticket in late:
            self._metrics.queue_dropped.labels(ticket.lane, ticket.group.model, "expired").inc()
            ticket.future.set_exception(DeadlineExceededError(LATE))
        return [ticket for ticket in run if ticket not in late]

    def _fail(self, run: Sequence[Ticket], error: Exception) -> None:
        model = run[0].group.model
        if not isinstance(error, ModelError | OverloadedError | DeadlineExceededError):
            _log.error("an input could not be encoded", model=model, rows=len(run), exc_info=error)
        self._metrics.encode_failures.labels(model, _reason(error)).inc(len(run))
        for ticket in run:
            ticket.future.set_exception(error)


def _reason(error: Exception) -> str:
    if isinstance(error, ModelError):
        return "bad_input"
    if isinstance(error, InputQuarantinedError):
        return "quarantined"
    return "miscount" if isinstance(error, MiscountError) else "failed"
