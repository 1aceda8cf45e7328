"""The digest by which contents are told apart."""

import hashlib


def content_digest(*parts: bytes | str | None) -> str:
    """sha256 in hex of parts; None differs from an empty part, and no two lists of parts run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"-" if data is None else f"{len(data)}:".encode() + data)
    return digest.hexdigest()
