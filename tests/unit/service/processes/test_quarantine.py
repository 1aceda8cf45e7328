"""Strikes, suspicion and forgetting."""

from service.processes.backoff import delay_s
from service.processes.quarantine import Quarantine, key_of
from tests.fakes.clock import FakeClock


def test_the_second_crash_alone_is_no_accident() -> None:
    quarantine = Quarantine(60)
    assert quarantine.is_empty
    assert not quarantine.strike(b"a")
    assert not quarantine.holds(b"a") and quarantine.suspects(b"a")
    assert quarantine.strike(b"a")
    assert quarantine.holds(b"a") and not quarantine.holds(b"b")
    assert len(quarantine) == 1


def test_a_suspect_is_not_refused_and_may_be_acquitted() -> None:
    quarantine = Quarantine(60)
    quarantine.suspect(b"a")
    quarantine.suspect(b"a")
    assert quarantine.suspects(b"a") and not quarantine.holds(b"a") and len(quarantine) == 0
    quarantine.acquit(b"a")
    assert quarantine.is_empty
    quarantine.acquit(b"a")


def test_who_crashed_once_stays_under_suspicion() -> None:
    quarantine = Quarantine(60)
    quarantine.strike(b"a")
    quarantine.suspect(b"a")
    quarantine.acquit(b"a")
    assert quarantine.suspects(b"a")
    assert quarantine.strike(b"a")


def test_it_forgets() -> None:
    clock = FakeClock()
    quarantine = Quarantine(60, clock=clock)
    quarantine.strike(b"a")
    quarantine.strike(b"a")
    clock.advance(61)
    assert len(quarantine) == 0
    assert not quarantine.holds(b"a") and quarantine.is_empty
    quarantine.strike(b"a")
    clock.advance(61)
    assert not quarantine.strike(b"a")


def test_it_is_bounded() -> None:
    quarantine = Quarantine(60, max_entries=3)
    for n in range(5):
        quarantine.suspect(bytes([n]))
    assert [quarantine.suspects(bytes([n])) for n in range(5)] == [False, False, True, True, True]


def test_a_key_depends_on_content_and_context() -> None:
    keys = {key_of("one", b"a"), key_of("one", b"b"), key_of("two", b"a")}
    assert len(keys) == 3
    assert key_of("one", memoryview(b"a")) in keys
    assert all(len(key) == 16 for key in keys)


def test_the_first_restart_is_at_once_and_the_later_ones_wait_longer_up_to_a_bound() -> None:
    assert [delay_s(n) for n in range(5)] == [0.0, 0.0, 0.1, 0.2, 0.4]
    assert delay_s(1000) == 15.0
