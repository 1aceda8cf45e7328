"""The CPU: its name, and those of its instructions that decide which precision is fast."""

import platform
import re
from dataclasses import dataclass
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_CARDS = Path("/proc/driver/nvidia/gpus")
_TELLING = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "bf16", "i8mm")
"""As Linux names them, on x86 and on ARM."""


@dataclass(frozen=True)
class Processor:
    model: str
    features: tuple[str, ...]

    @property
    def has_bf16(self) -> bool:
        return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(self.features)


def this_processor() -> Processor:
    """Without a `/proc/cpuinfo` only what Python knows."""
    try:
        return parse(_CPUINFO.read_text(encoding="utf-8"))
    except OSError:
        return Processor(platform.processor() or platform.machine(), ())


def parse(cpuinfo: str) -> Processor:
    """Of the first core in a `/proc/cpuinfo`."""
    fields = dict(re.findall(r"^([\w ]+?)\s*:\s*(.*)$", cpuinfo.split("\n\n", 1)[0], flags=re.MULTILINE))
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    # Virtual machines call many processors by one name; family and model tell them apart.
    parts = [fields.get(name, "") for name in ("model name", "cpu family", "model", "stepping")]
    return Processor(
        " / ".join(part for part in parts if part) or platform.machine(),
        tuple(feature for feature in _TELLING if feature in flags),
    )


def accelerators() -> tuple[str, ...]:
    """NVIDIA cards, as their driver calls them."""
    found = []
    for path in sorted(_CARDS.glob("*/information")):
        found += re.findall(r"^Model:\s*(.+?)\s*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return tuple(found)
