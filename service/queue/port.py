"""The port between who wants vectors and who runs encoders. Knows no engine and no transport."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from models.arrays import Pixels, Vector
from service.types import Deadline, QueueFigures

Lane: TypeAlias = Literal["interactive", "bulk"]
"""Interactive work goes first: somebody waits for it."""

Content: TypeAlias = str | Pixels
"""A text, or the pixels uint8 [size, size, 3] of one picture."""


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

        Raises: OverloadedError when the lane is full, DeadlineExceededError, EncoderFailedError, TextError.
        """

    def figures(self) -> QueueFigures: ...

    def close(self, grace_s: float) -> None:
        """Refuse new work, let accepted work finish for at most `grace_s`, then drop it. Blocks."""
