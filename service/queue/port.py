"""The port between who wants vectors and who runs encoders. Knows no engine and no transport."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

from models.arrays import Pixels, Vector
from service.types import Deadline, QueueFigures

Lane: TypeAlias = Literal["interactive", "bulk"]
"""Interactive work goes first: somebody waits for it."""

Content: TypeAlias = str | Pixels
"""A text, or the pixels uint8 [size, size, 3] of one picture."""

Tower: TypeAlias = Literal["text", "image"]


class Group(NamedTuple):
    """Only inputs of one group may share a run."""

    model: str
    tower: Tower


@dataclass(frozen=True)
class Estimate:
    """What an input that arrives now has to expect, in milliseconds; zeros where nothing was measured yet."""

    room: int
    """Inputs that the lane still takes."""
    wait_ms: float
    """Until its run begins: the rest of what runs, and all that goes before it. 0: a worker is free."""
    run_ms: float
    """Its own run."""
    share_ms: float
    """By how much it makes those behind it wait."""


@dataclass(frozen=True)
class Encoded:
    """The vector float32 [d] of one input, of unit length."""

    vector: Vector
    token_count: int = 0
    is_truncated: bool = False


class EncodeQueue(Protocol):
    """One input in, one vector out; how inputs share a run of the encoder is the adapter's business."""

    async def encode(self, model: str, content: Content, lane: Lane, deadline: Deadline) -> Encoded:
        """Wait for the vector. Cancelling the call, or its deadline, drops work that has not started.

        Raises: OverloadedError when the lane is full or the backlog would miss the deadline,
        DeadlineExceededError, EncoderFailedError, EncoderCrashedError, InputQuarantinedError, TextError.
        """

    def estimate(self, group: Group, lane: Lane) -> Estimate:
        """From measured runs. Cheap: asked for every request, before it is decoded."""

    def figures(self) -> QueueFigures: ...

    def close(self, grace_s: float) -> None:
        """Refuse new work, let accepted work finish for at most `grace_s`, then drop it. Blocks."""


class Runner(Protocol):
    """Runs one batch: inputs of one model and one tower. Blocks; called from several threads at a time."""

    def run(self, model: str, contents: Sequence[Content]) -> Sequence[Encoded]:
        """Exactly as many answers as contents, in order.

        Raises: ModelError (one of the contents is bad), EncoderFailedError, and EncoderCrashedError when the
        engine's process died: nothing is known of whose fault that was.
        """

    def run_alone(self, model: str, content: Content) -> Encoded:
        """The same for a content that was in a run that crashed, where a second crash hurts nobody else.

        Raises: what `run` raises, and InputQuarantinedError once this content alone crashed it twice.
        """

    def refuse_quarantined(self, model: str, content: Content) -> None:
        """Raises InputQuarantinedError for a content that is known to crash the engine."""

    def close(self) -> None:
        """End what runs engines. Blocks."""
