"""The index job: a catalogue on this machine, in any common form, into a collection."""

from service.jobs.index_job.check_sink import CheckSink
from service.jobs.index_job.columns import ColumnWishes
from service.jobs.index_job.error_file import ErrorFile, Failure
from service.jobs.index_job.forwarding_sink import ForwardingSink
from service.jobs.index_job.http_sink import HttpSink
from service.jobs.index_job.job import Tally, Watcher, run_index, summary
from service.jobs.index_job.local_sink import LocalSink
from service.jobs.index_job.open_source import open_source
from service.jobs.index_job.open_vectors import VectorWishes, open_vectors
from service.jobs.index_job.record import Source, SourceError
from service.jobs.index_job.sink import Sink, SinkError
from service.jobs.index_job.space_check import UNNAMED
from service.jobs.index_job.store_sink import StoreSink

__all__ = [
    "UNNAMED",
    "CheckSink",
    "ColumnWishes",
    "ErrorFile",
    "Failure",
    "ForwardingSink",
    "HttpSink",
    "LocalSink",
    "Sink",
    "SinkError",
    "Source",
    "SourceError",
    "StoreSink",
    "Tally",
    "VectorWishes",
    "Watcher",
    "open_source",
    "open_vectors",
    "run_index",
    "summary",
]
