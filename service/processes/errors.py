"""What can go wrong with a child process, as one tree. Who calls a child translates at its own border."""


class ProcessError(Exception):
    """Root of the errors of `service.processes`."""


class ProcessCrashedError(ProcessError):
    """The child died while it worked on this call; nothing is known of whose fault that was."""


class ProcessOverrunError(ProcessCrashedError):
    """The call took longer than its limit, and the child was killed for it."""


class ProcessUnavailableError(ProcessError):
    """There was no child within the time to wait, or it cannot be started."""


class ProcessClosedError(ProcessUnavailableError):
    """The process was closed by its owner."""


class RemoteError(ProcessError):
    """What a role raised in the child: the name of its class, and its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message
