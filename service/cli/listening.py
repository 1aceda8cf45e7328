"""A port to serve on: taken before anything is loaded, so that a taken one is said at once."""

import errno
import socket
from ipaddress import ip_address

from service.cli.exits import CommandError

_BACKLOG = 4096
"""Connections that wait to be accepted, as Linux has it: beyond it they are reset, without a word."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises CommandError with what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as exc:
        raise CommandError(f"{host!r} is no address of this machine ({exc.strerror}): leave --host out") from exc
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        raise CommandError(_why(host, port, exc)) from exc
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL under which this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_open_to_network(listener: socket.socket) -> bool:
    return not ip_address(listener.getsockname()[0]).is_loopback


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken by another program: stop that one, or serve elsewhere with --port {port + 1} "
            f"(make demo PORT={port + 1}; --port 0 takes a free one)"
        )
    if error.errno == errno.EACCES:
        return f"this user may not listen on port {port}: take one from 1024 on, such as --port 8000"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: leave --host out, or give 127.0.0.1 or 0.0.0.0"
    return f"cannot listen on {host}:{port}: {error.strerror}"
