"""Ports are taken before anything is loaded, and one that is taken is said with what to do."""

import pytest

from service.cli.exits import CommandError
from service.cli.listening import address_of, is_open_to_network, listen


def test_a_free_port_is_taken_and_named() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert not is_open_to_network(listener)


def test_every_address_is_reached_by_loopback() -> None:
    with listen("0.0.0.0", 0) as listener:
        assert address_of(listener).startswith("http://127.0.0.1:")
        assert is_open_to_network(listener)


def test_a_taken_port_says_which_one_to_try() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CommandError, match=f"--port {port + 1}"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(CommandError, match="leave --host out"):
        listen(host, 0)
