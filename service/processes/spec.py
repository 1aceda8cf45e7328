"""What a child process is: the values that its parent chooses, and what it is told at its start."""

import sys
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class LogStyle:
    """As in `service.logs.configure_logs`."""

    form: str = "console"
    level: str = "info"


@dataclass(frozen=True)
class ChildSpec:
    """One kind of child. Everything it needs is here: a child reads no settings."""

    name: str
    """In logs, metrics and the names of threads."""
    role: str
    """`module:Class` of what it does; see `service.processes.role`."""
    arguments: bytes = b""
    """For the role, in whatever form it takes."""
    channels: int = 1
    """Calls at a time; each has a thread in the child."""
    math_threads: int = 1
    """Of OpenMP and BLAS; set before anything is imported."""
    max_data_bytes: int | None = None
    """Private memory that the child may take (RLIMIT_DATA)."""
    start_s: float = 60.0
    """Time until it must be ready."""
    patience_s: float = 15.0
    """Callers wait for a child that is being started again; when it was away for so long, they are told at once."""
    logs: LogStyle | None = None
    """None where the role logs nothing: the library that renders logs then stays out of the child, and once it is
    ready nothing that it writes to the terminal is shown."""


class Start(msgspec.Struct, frozen=True, array_like=True):
    """The first frame that a child receives."""

    name: str
    role: str
    arguments: bytes
    import_path: list[str]
    max_data_bytes: int | None
    log_form: str | None
    log_level: str


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """What a role raised."""

    kind: str
    message: str
    traceback: str = ""


def start_of(spec: ChildSpec) -> bytes:
    form, level = (spec.logs.form, spec.logs.level) if spec.logs else (None, "info")
    told = Start(spec.name, spec.role, spec.arguments, list(sys.path), spec.max_data_bytes, form, level)
    return msgspec.msgpack.encode(told)
