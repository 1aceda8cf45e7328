"""The order of what waits, and that it costs nothing to wait in company."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from service.queue.lanes import LANES, Lanes, Ticket, alike
from service.queue.port import Group, Lane
from service.types import Deadline

SOON = Deadline.after(3600)


def ticket(model: str = "a", lane: Lane = "interactive", text: str = "text", deadline: Deadline = SOON) -> Ticket:
    return Ticket(Group(model, "text"), text, lane, deadline, 0.0)


def test_the_oldest_of_the_first_lane_is_first_whatever_its_group() -> None:
    lanes = Lanes()
    bulk, first, second = ticket(lane="bulk"), ticket("b"), ticket("a")
    for one in (bulk, first, second):
        lanes.add(one)
    order = []
    while (one := lanes.first()) is not None:
        order.append(one)
        lanes.remove(one)
    assert order == [first, second, bulk]


def test_what_left_is_gone_from_the_middle_too() -> None:
    lanes = Lanes()
    tickets = [ticket() for _ in range(10_000)]
    for one in tickets:
        lanes.add(one)
    for one in tickets[1::2]:
        assert lanes.remove(one)
    assert not lanes.remove(tickets[1])
    assert list(lanes.of("interactive", Group("a", "text"))) == tickets[::2]
    assert lanes.depth("interactive") == lanes.total == 5_000


def test_texts_of_one_length_go_together_and_the_oldest_goes_in_any_case() -> None:
    tickets = [ticket(text="x" * length) for length in (50, 5, 48, 6, 5, 52, 7, 49)]
    assert [one.length for one in alike(tickets, 3, 1.0)] == [50, 48, 52]  # 49 is behind twice as many as are taken
    assert alike(tickets[1:], 4, 1.0) == [tickets[1], tickets[4], tickets[3], tickets[6]]
    assert alike(tickets, 100, 1.0) == sorted(tickets, key=lambda one: abs(one.length - 50))
    pictures = [Ticket(Group("a", "image"), np.zeros((2, 2, 3), np.uint8), "bulk", SOON, 0.0) for _ in range(5)]
    assert alike(pictures, 3, 1.0) == pictures[:3]


def test_who_is_short_of_time_goes_whatever_his_length() -> None:
    hurried = ticket(text="a text of quite another length", deadline=Deadline.after(0.9))
    tickets = [ticket(), ticket(), ticket(), hurried]
    assert alike(tickets, 2, 1.0) == [hurried, tickets[0]]
    assert alike(tickets, 2, 0.5) == tickets[:2]


class LanesMachine(RuleBasedStateMachine):
    """Against a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes, self.model = Lanes(), list[Ticket]()

    @rule(model=st.sampled_from("ab"), lane=st.sampled_from(LANES))
    def add(self, model: str, lane: Lane) -> None:
        self.model.append(ticket(model, lane))
        self.lanes.add(self.model[-1])

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.model:
            one = self.model.pop(data.draw(st.integers(0, len(self.model) - 1)))
            assert self.lanes.remove(one)

    @invariant()
    def agrees(self) -> None:
        ordered = [one for lane in LANES for one in self.model if one.lane == lane]
        assert self.lanes.first() is (ordered[0] if ordered else None)
        assert set(self.lanes.everything()) == set(self.model)
        for lane in LANES:
            for group in (Group("a", "text"), Group("b", "text")):
                of_group = [one for one in self.model if (one.lane, one.group) == (lane, group)]
                assert list(self.lanes.of(lane, group)) == of_group
                assert self.lanes.depths(lane).get(group, 0) == len(of_group)


TestLanes = LanesMachine.TestCase
