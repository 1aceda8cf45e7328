"""A connection that does not wait for ever, as uvicorn's does: for a request, the end of its head, or its trailers."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_S = 10.0
"""From the first byte of a head to its last one."""
HEAD_BYTES = 64 * 1024
"""That may come in a row and be no body: a head, trailers, what stands between the chunks."""


class HttpConnection(HttpToolsProtocol):
    """Bodies are bounded by those who read them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience: asyncio.TimerHandle | None = None
        """Runs while no request is under way; bytes do not prolong it."""
        self._bytes_without_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._patience = self.loop.call_later(self.timeout_keep_alive, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._bytes_without_body += len(data)
        super().data_received(data)
        if self._bytes_without_body > HEAD_BYTES:
            self._give_up(431)
        elif not self._is_under_way and self._patience is None:  # what came belongs to the request before
            self._patience = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._end_patience()
        self._patience = self.loop.call_later(HEAD_S, self._give_up, 408)

    def on_headers_complete(self) -> None:
        self._end_patience()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._bytes_without_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._bytes_without_body = 0
        super().on_message_complete()

    @property
    def _is_under_way(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)  # there is no cycle before the first request

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self, status: int) -> None:
        """Close; where an answer is under way, when that is done. Nothing more is read."""
        self._end_patience()
        if self.transport.is_closing():
            return
        self.transport.pause_reading()
        if self._is_under_way:
            self.cycle.keep_alive = False
            return
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
