"""Pictures of items: the thumbnail, or the picture as it is kept."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from service.gateway.deadlines import ReadRoute
from service.gateway.documents import problems
from service.gateway.parts import App, Id, Name

router = APIRouter(prefix="/v1/collections/{name}/items", tags=["items"], route_class=ReadRoute)

_CACHE = "private, max-age=60, stale-while-revalidate=600"
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"GIF8", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypavi", "image/avif"),
)
_UNKNOWN = "application/octet-stream"
_CONTENT = {media_type: {"schema": {"type": "string", "format": "binary"}} for *_, media_type in _SIGNATURES}


@router.get(
    "/{id:path}/image",
    response_class=Response,
    responses={
        200: {"description": "The picture", "content": {**_CONTENT, _UNKNOWN: _CONTENT["image/webp"]}},
        304: {"description": "The client's copy is still right"},
        **problems(400, 404, 413, 422, 503, 504),
    },
)
async def image(
    name: Name,
    id: Id,
    app: App,
    size: Annotated[Literal["thumbnail", "full"], Query(description="`full`: as it is kept.")] = "thumbnail",
    if_none_match: Annotated[str | None, Header(description="An ETag that the client has.")] = None,
) -> Response:
    """The thumbnail of an item (WebP), or with `size=full` its picture as it is kept."""
    data = await (app.items.thumbnail(name, id) if size == "thumbnail" else app.items.picture(name, id))
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE, "Content-Security-Policy": _SANDBOX}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type(data), headers=headers)


def media_type(data: bytes) -> str:
    """By the first bytes, never by what somebody called the file."""
    return next((kind for start, mark, kind in _SIGNATURES if data.startswith(mark, start)), _UNKNOWN)
