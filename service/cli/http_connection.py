"""A connection whose request head must come: within a time, and at most so long. uvicorn itself waits for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_S = 10.0
"""From the first byte of a head to its last one."""
HEAD_BYTES = 64 * 1024


class HttpConnection(HttpToolsProtocol):
    """Bodies are bounded by those who read them; between two requests the time to keep alive counts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._patience = self.loop.call_later(self.timeout_keep_alive, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._patience is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._give_up(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._end_patience()
        self._head_bytes = 0
        self._patience = self.loop.call_later(HEAD_S, self._give_up, 408)

    def on_headers_complete(self) -> None:
        self._end_patience()
        super().on_headers_complete()

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self, status: int) -> None:
        self._end_patience()
        if not getattr(self.cycle, "response_complete", True):  # sent behind a request that is under way
            self.cycle.keep_alive = False
            return
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
