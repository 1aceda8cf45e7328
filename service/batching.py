"""Which waiting inputs make the next run of the encoder. Pure functions of what waits; own no state."""

from collections.abc import Sequence

from service.queue import Choice, Policy, Ticket


def policy(max_rows: int) -> Policy:
    """Interactive before bulk, oldest first, at most `max_rows` inputs of one model and tower a run.

    On a CPU `max_rows` is 1: batches bring no throughput there (docs/benchmarks.md), and a picture alone in its
    run gets the same bits whatever is encoded beside it.
    """

    def choose(lanes: Sequence[Sequence[Ticket]]) -> Choice:
        return choose_run(lanes, max_rows)

    return choose


def choose_run(lanes: Sequence[Sequence[Ticket]], max_rows: int) -> Choice:
    """The oldest wanted ticket of the first lane that has one, and what may share its run, of any lane."""
    run: list[Ticket] = []
    dropped: list[Ticket] = []
    for lane in lanes:
        for ticket in lane:
            if len(run) == max_rows:
                return Choice(run, dropped)
            if not ticket.is_wanted:
                dropped.append(ticket)
            elif not run or ticket.group == run[0].group:
                run.append(ticket)
    return Choice(run, dropped)
