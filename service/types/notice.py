"""What is told beside a result: notices and problems. Owns no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """Something the user should know though the request succeeded. `code` is for machines."""

    code: str
    message: str


@dataclass(frozen=True)
class Problem:
    """One failure in the form of RFC 9457, before it is put on the wire. `code` comes from `service.errors`."""

    code: str
    title: str
    detail: str
    status: int
