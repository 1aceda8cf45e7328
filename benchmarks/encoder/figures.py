"""Numbers to figures: rates, quantiles, ratios of runs in alternation, tables in Markdown. Pure functions."""

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed; NaN of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f}" if seconds < 0.1 else f"{1000 * seconds:,.0f}"


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Median (least to most)."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round: what is measured side by side saw the same machine."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, numbers to the right."""
    marks = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))


def setting(what: str) -> str:
    """One line that says when and where."""
    names = [line for line in _cpu_lines() if line.startswith("model name")]
    name = names[0].partition(":")[2].strip() if names else platform.machine()
    load = f"{os.getloadavg()[0]:.1f}"
    return f"{what} · {datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores, {name} · load before: {load}"


def _cpu_lines() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
