"""Multipart requests: a part called `request` with the JSON, and files that the JSON names."""

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from service.errors import RequestInvalidError
from service.gateway.wire.pictures import Files

REQUEST = "request"
MAX_FILES = 32


async def read_form(request: Request) -> tuple[bytes, Files]:
    """The JSON part, and the files by field name. Raises RequestInvalidError."""
    try:
        async with request.form(max_files=MAX_FILES, max_fields=MAX_FILES) as form:
            return await _json_part(form), await _files(form)
    except (HTTPException, MultiPartException) as exc:
        detail = exc.detail if isinstance(exc, HTTPException) else exc.message
        raise RequestInvalidError(f"the multipart body cannot be read: {detail}") from exc


async def _json_part(form: FormData) -> bytes:
    parts = form.getlist(REQUEST)
    if len(parts) != 1:
        raise RequestInvalidError(
            f"a multipart request has one part called {REQUEST!r} with the JSON; this one has {len(parts)}"
        )
    part = parts[0]
    return await part.read() if isinstance(part, UploadFile) else part.encode()


async def _files(form: FormData) -> Files:
    return {
        name: await part.read() for name, part in form.multi_items() if isinstance(part, UploadFile) and name != REQUEST
    }
