"""Supervised child processes that answer calls. Knows no engine and no picture; imports nothing heavy.

The parent's side is `SupervisedProcess`, the child's is a `Role`.
"""

from service.processes.errors import (
    ProcessClosedError,
    ProcessCrashedError,
    ProcessError,
    ProcessOverrunError,
    ProcessUnavailableError,
    RemoteError,
)
from service.processes.role import Answer, Role
from service.processes.spec import ChildSpec, LogStyle

__all__ = [
    "Answer",
    "ChildSpec",
    "LogStyle",
    "ProcessClosedError",
    "ProcessCrashedError",
    "ProcessError",
    "ProcessOverrunError",
    "ProcessUnavailableError",
    "RemoteError",
    "Role",
]
