"""What was replaced is kept for a while, and then let go."""

import weakref

from index.retired import KEPT_S, Retired


class Large:
    """Something that can be watched."""


def test_it_is_kept_until_it_is_due() -> None:
    now = [100.0]
    retired, replaced = Retired(lambda: now[0]), Large()
    watched = weakref.ref(replaced)
    retired.keep(replaced)
    del replaced
    now[0] += 0.9 * KEPT_S
    retired.release()
    assert watched() is not None and not retired.is_due
    now[0] += 0.2 * KEPT_S
    assert retired.is_due
    retired.release()
    assert watched() is None and not retired.is_due


def test_what_comes_next_takes_its_place() -> None:
    retired, first = Retired(), Large()
    watched = weakref.ref(first)
    retired.keep(first)
    del first
    retired.keep(Large())
    assert watched() is None
