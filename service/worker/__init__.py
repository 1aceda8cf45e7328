"""`lookalike worker`: a process that encodes what gateways put into Redis."""

from service.worker.worker import Worker, WorkerLimits

__all__ = ["Worker", "WorkerLimits"]
