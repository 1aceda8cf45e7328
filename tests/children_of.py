"""Which processes a process started, and what they are called."""

from pathlib import Path


def children_of(parent: int, name: str | None = None) -> list[int]:
    """Those that are more than a corpse; with a `name`, only those that were started as `--name NAME`."""
    living = [pid for pid in _pids() if _state_and_parent(pid) in [(state, parent) for state in "RSDT"]]
    return [pid for pid in living if name is None or _name_of(pid) == name]


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _state_and_parent(pid: int) -> tuple[str, int]:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    return state, int(parent)


def _name_of(pid: int) -> str | None:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return words[words.index("--name") + 1] if "--name" in words else None
