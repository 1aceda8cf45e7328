"""Errors that a child process raised, as the classes that they had there."""

import models.errors as model
import service.errors as service
from service.processes import RemoteError


def raised_there(error: RemoteError) -> Exception:
    """The error with its class and message where it is one of `models` or `service`; else the error itself."""
    kind = getattr(model, error.kind, None) or getattr(service, error.kind, None)
    if isinstance(kind, type) and issubclass(kind, model.ModelError | service.ServiceError):
        return kind(error.message)
    return error
