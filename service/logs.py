"""How log lines look. Configured once, by an entry point; everybody else calls `structlog.get_logger()`."""

import logging
import sys
from typing import Literal, TextIO

import orjson
import structlog

# Local variables hold what clients sent, and to render them takes seconds in which nothing else is answered.
_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def configure_logs(
    form: Literal["console", "json"] = "console", level: str = "info", stream: TextIO | None = None
) -> None:
    """Lines for people or for machines, to `stream` (default: standard error), from `level` on."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=_as_json)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=(stream or sys.stderr).isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([structlog.processors.ExceptionRenderer(_TRACEBACKS)] if form == "json" else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def _as_json(event: object, **_: object) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
