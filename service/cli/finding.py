"""What one check of `lookalike doctor` found."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["green", "yellow", "red"]


@dataclass(frozen=True)
class Finding:
    """`advice` says what to do where something is not green."""

    name: str
    state: State
    detail: str
    advice: str = ""
