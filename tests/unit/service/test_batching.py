"""What makes the next run."""

from hypothesis import given
from hypothesis import strategies as st

from service.batching import choose_run, policy
from service.queue import Content, Ticket
from service.types import Deadline
from tests.fakes.clock import FakeClock

CLOCK = FakeClock()


def ticket(content: Content = "text", model: str = "a", seconds: float = 10) -> Ticket:
    return Ticket(model, content, Deadline.after(seconds, CLOCK))


def test_interactive_goes_before_bulk_and_the_oldest_first() -> None:
    interactive, bulk = [ticket(), ticket()], [ticket()]
    assert choose_run([interactive, bulk], 1).run == [interactive[0]]
    assert choose_run([[], bulk], 1).run == bulk


def test_nothing_waits_nothing_runs() -> None:
    assert policy(4)([[], []]).run == []


def test_a_run_holds_one_model_and_one_kind() -> None:
    first, other_model, same = ticket("x"), ticket("x", model="b"), ticket("y")
    assert choose_run([[first, other_model, same], []], 8).run == [first, same]


def test_bulk_work_fills_what_interactive_work_leaves_of_a_run() -> None:
    interactive, bulk = [ticket()], [ticket(), ticket()]
    assert choose_run([interactive, bulk], 2).run == [interactive[0], bulk[0]]


def test_what_nobody_waits_for_is_dropped() -> None:
    late, left, wanted = ticket(seconds=-1), ticket(), ticket()
    left.future.cancel()
    choice = choose_run([[late, left, wanted], []], 1)
    assert (choice.run, choice.dropped) == ([wanted], [late, left])


@given(
    lanes=st.lists(st.lists(st.sampled_from(["fresh", "late", "gone", "other"]), max_size=8), min_size=2, max_size=2),
    rows=st.integers(1, 6),
)
def test_every_choice_is_a_fair_one(lanes: list[list[str]], rows: int) -> None:
    made = [
        [ticket(model="b" if k == "other" else "a", seconds=-1 if k == "late" else 9) for k in lane] for lane in lanes
    ]
    for lane, kinds in zip(made, lanes, strict=True):
        for one, kind in zip(lane, kinds, strict=True):
            if kind == "gone":
                one.future.cancel()
    choice = choose_run(made, rows)
    wanted = [one for lane in made for one in lane if one.is_wanted]
    assert len(choice.run) <= rows
    assert all(one.is_wanted for one in choice.run)
    assert not any(one.is_wanted for one in choice.dropped)
    assert choice.run[:1] == wanted[:1]
    assert len({one.group for one in choice.run}) <= 1
