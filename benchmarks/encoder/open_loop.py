"""What happens when more is asked than can be done: open-loop load around the capacity, each request with a deadline.

    python benchmarks/encoder/open_loop.py --bundle data/benchmark-bundles/vit-b-32

First the capacity is measured (closed loop). Then requests leave at the times of a Poisson process, at 0.5, 0.8, 1.2
and 2 times the capacity, whatever the server does; a request's latency counts from the time at which it was to leave.
`good`: answered 200 inside the deadline. `refused`: answered 503. `given up`: 504, accepted and not done in time.
`lag`: how much later than planned the client sent; where it is large, the client was the bottleneck.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bodies import Body, PictureBody, Target, TextBody, Texts, model_name
from figures import ms, quantile, setting, table
from load import Answer, Client, Closed, Open, Outcome
from pictures import photographs
from servers import lookalike

LEVELS = (0.5, 0.8, 1.2, 2.0)
GOAL_GOODPUT, GOAL_REFUSAL_S = 0.9, 0.020


@dataclass(frozen=True)
class Level:
    """One level of load; times in seconds."""

    factor: float
    outcome: Outcome
    deadline_s: float
    seconds: float

    @property
    def accepted(self) -> list[Answer]:
        return self._with(200)

    @property
    def refused(self) -> list[Answer]:
        return self._with(503)

    @property
    def kept(self) -> float:
        """Share of what was not refused that was answered 200 inside the deadline."""
        return (len(self.accepted) - self.late) / max(1, len(self.outcome.answers) - len(self.refused))

    @property
    def late(self) -> int:
        """Answered 200 after the deadline."""
        return sum(answer.latency > self.deadline_s for answer in self.accepted)

    @property
    def goodput(self) -> float:
        return (len(self.accepted) - self.late) / self.seconds

    def of_status(self, status: int) -> int:
        return len(self._with(status))

    @property
    def others(self) -> dict[int, int]:
        """Answers that nobody should get, by status; 0: none came."""
        statuses = {answer.status for answer in self.outcome.answers} - {200, 503, 504}
        return {status: self.of_status(status) for status in statuses}

    def _with(self, status: int) -> list[Answer]:
        return [answer for answer in self.outcome.answers if answer.status == status]


def main() -> None:
    arguments = parse()
    print(
        setting(f"open loop, {arguments.bundle.name}, {arguments.kind}, deadline {arguments.deadline_ms} ms"),
        flush=True,
    )
    settings = dict(pair.split("=", 1) for pair in arguments.setting)
    with lookalike(arguments.bundle, settings, arguments.workers) as server, Client() as client:
        bodies = _bodies(arguments)
        capacity = measured_capacity(client, server.url, bodies, arguments)
        print(f"capacity {capacity:.1f}/s (closed loop, {arguments.concurrency} at a time)", flush=True)
        levels = []
        for factor in LEVELS:
            outcome = client.run(
                Open(server.url, bodies, factor * capacity, arguments.seconds, seed=round(10 * factor))
            )
            levels.append(Level(factor, outcome, arguments.deadline_ms / 1000, arguments.seconds))
            print(f"{factor} x: goodput {levels[-1].goodput:.1f}/s", flush=True)
    print(results(levels))
    print(verdict(levels))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("data/bundles/starter"))
    parser.add_argument("--kind", choices=("pictures", "texts"), default="pictures")
    parser.add_argument("--deadline-ms", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=45.0, help="of each level")
    parser.add_argument("--capacity-seconds", type=float, default=20.0)
    parser.add_argument("--concurrency", type=int, default=8, help="while the capacity is measured")
    parser.add_argument("--workers", type=int, default=0, help="worker processes behind Redis; 0: no Redis")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="for the server")
    return parser.parse_args()


def measured_capacity(client: Client, url: str, bodies: Sequence[Body], arguments: argparse.Namespace) -> float:
    """Requests a second that the server answers when nothing presses."""
    plan = Closed(url, bodies, arguments.concurrency, arguments.capacity_seconds, ramp_s=5.0)
    return client.run(plan).rate


def results(levels: Sequence[Level]) -> str:
    head = ["× capacity", "offered/s", "goodput/s", "accepted p50 ms", "accepted p99 ms", "late", "refused"]
    head += [
        "refusal p50 ms",
        "refusal p99 ms",
        "given up (504)",
        "other errors",
        "lag p99 ms",
        "client, share of a core",
    ]
    return table(head, [_row(level) for level in levels])


def verdict(levels: Sequence[Level]) -> str:
    top = levels[-1]
    share = top.goodput / max(level.goodput for level in levels)
    p99, refusal = _latency(top.accepted, 0.99), _latency(top.refused, 0.99)
    lines = [
        f"accepted p99 at {top.factor} x: {ms(p99)} ms, {'inside' if p99 <= top.deadline_s else 'BEYOND'} the deadline",
        f"of what was not refused at {top.factor} x, {top.kept:.2%} was answered inside the deadline (goal 99 %)",
        f"goodput at {top.factor} x: {share:.3f} of the most (goal {GOAL_GOODPUT})",
        f"refusals p99 at {top.factor} x: {ms(refusal)} ms (goal {ms(GOAL_REFUSAL_S)})",
    ]
    return "\n".join(lines)


def _row(level: Level) -> list[str]:
    sent = level.outcome.answers
    return [
        f"{level.factor}",
        f"{len(sent) / level.seconds:.1f}",
        f"{level.goodput:.1f}",
        ms(_latency(level.accepted, 0.5)),
        ms(_latency(level.accepted, 0.99)),
        str(level.late),
        f"{len(level.refused) / len(sent):.1%}",
        ms(_latency(level.refused, 0.5)),
        ms(_latency(level.refused, 0.99)),
        str(level.of_status(504)),
        json.dumps(level.others) if level.others else "0",
        ms(quantile([answer.sent - answer.planned for answer in sent], 0.99)),
        f"{level.outcome.cpu_share:.1%}",
    ]


def _latency(answers: Sequence[Answer], share: float) -> float:
    return quantile([answer.latency for answer in answers], share)


def _bodies(arguments: argparse.Namespace) -> Sequence[Body]:
    target = Target(model=model_name(arguments.bundle), headers={"X-Deadline-Ms": str(arguments.deadline_ms)})
    if arguments.kind == "texts":
        return [TextBody(Texts(), target)]
    return [PictureBody(jpeg, target) for jpeg in photographs(32)]


if __name__ == "__main__":
    main()
