"""A process and its children as Linux counts them: processor time and resident memory."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """One process at one moment."""

    name: str
    cpu_s: float
    rss_bytes: int


def tree(root: int) -> dict[int, Usage]:
    """`root` and all below it, by process id, the oldest first."""
    stats = {pid: fields for pid in _pids() if (fields := _stat(pid))}
    found = [root]
    for pid in found:
        found += [child for child, fields in stats.items() if int(fields[1]) == pid]
    return {pid: _usage(pid, stats[pid]) for pid in found if pid in stats}


def cpu_between(before: dict[int, Usage], after: dict[int, Usage]) -> dict[str, float]:
    """Seconds of processor time by process."""
    return {
        f"{usage.name} {pid}": usage.cpu_s - (before[pid].cpu_s if pid in before else 0.0)
        for pid, usage in after.items()
    }


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()]


def _stat(pid: int) -> list[str] | None:
    """Fields of proc(5) from `state` on: 1 is the parent, 11 and 12 are user and system time, 21 is resident pages."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return None


def _usage(pid: int, fields: list[str]) -> Usage:
    return Usage(_name(pid), (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE)


def _name(pid: int) -> str:
    """What the process calls itself, or the last word of its command that names a program."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "?"
    named = [Path(word).name for word in words[:4] if word and not word.startswith("-")]
    return " ".join(named[-2:]) if named else "?"
