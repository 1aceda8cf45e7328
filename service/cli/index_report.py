"""What a person sees of an index run: the bar, the summary, how to go on. Knows no sink and no signal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from service.jobs.index_job import Source, Tally, summary


class _Speed(ProgressColumn):
    """Items a second since the start."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} items/s" if speed else "", style="progress.data.speed")


class IndexReport:
    """One run's view; quiet where the answer is JSON."""

    def __init__(self, console: Console, source: Source, errors: Path, is_quiet: bool) -> None:
        self.errors = errors
        self._console = console
        self._source = source
        columns = (BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn(), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=console, disable=is_quiet)
        self._task = self._progress.add_task("", total=source.total)
        self._is_quiet = is_quiet

    @contextmanager
    def bar(self) -> Iterator[None]:
        if not self._is_quiet:
            self._console.print(Text(f"Reading {self._source.description}"), soft_wrap=True)
        with self._progress:
            yield

    def advance(self, tally: Tally) -> None:
        failed = f"{tally['failed']:,} failed" if tally["failed"] else ""
        self._progress.update(self._task, completed=tally.items, description=failed)
        if tally.is_complete:
            self._progress.update(self._task, total=tally.items)

    def sum_up(self, tally: Tally, seconds: float, is_dry: bool) -> None:
        counts = summary(tally)
        if is_dry:
            counts = {"good": tally["created"], "failed": tally["failed"]}
        shown = ", ".join(f"{number:,} {status}" for status, number in counts.items())
        speed = f"{tally.items / seconds:,.0f} items/s" if seconds else ""
        self._console.print(f"{'Checked' if is_dry else 'Done' if tally.is_complete else 'Stopped'}: {shown} "
                            f"in {seconds:,.1f} s ({speed})")  # fmt: skip
        if tally["failed"]:
            self._console.print(Text(f"What failed, and why: {self.errors}"), style="yellow", soft_wrap=True)
        if not tally.is_complete:
            self.say_how_to_go_on()

    def say_how_to_go_on(self) -> None:
        self._console.print("What was written stays. Run the same command again to go on: it skips what is done.")

    def as_json(self, tally: Tally, seconds: float) -> Mapping[str, object]:
        return {
            **summary(tally),
            "is_complete": tally.is_complete,
            "seconds": round(seconds, 3),
            "errors": str(self.errors) if tally["failed"] else None,
        }
