"""Which processes a process started."""

from pathlib import Path


def children_of(parent: int) -> list[int]:
    """Those that are more than a corpse."""
    return [pid for pid in _pids() if _state_and_parent(pid) in [(state, parent) for state in "RSDT"]]


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _state_and_parent(pid: int) -> tuple[str, int]:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    return state, int(parent)
