"""What the card can do at most: a large bf16 matrix product by torch, else the figure of its data sheet."""

import subprocess
import time
from dataclasses import dataclass

_SIDE = 8192
_RUNS = 50
DATA_SHEETS = {  # dense bf16 (T4: fp16) TFLOP/s
    "B200": 2250.0,
    "H200": 989.0,
    "H100 PCIe": 756.0,
    "H100": 989.0,
    "A100": 312.0,
    "L40S": 362.0,
    "L4": 121.0,
    "A10": 125.0,
    "RTX 4090": 165.0,
    "T4": 65.0,
}


@dataclass(frozen=True)
class Peak:
    """Operations a second, and where the figure is from."""

    per_second: float
    source: str


def card() -> str | None:
    """Name of the first card; None where there is none."""
    try:
        query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        names = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return names.splitlines()[0].strip()


def peak() -> Peak | None:
    """None where there is no card, or an unknown one and no torch for it."""
    name = card()
    if name is None:
        return None
    measured = _measured()
    if measured is not None:
        return Peak(measured, f"torch, bf16 product of {_SIDE} x {_SIDE}")
    known = [figure for part, figure in DATA_SHEETS.items() if part in name]
    return Peak(known[0] * 1e12, "data sheet") if known else None


def _measured() -> float | None:
    try:
        import torch  # noqa: PLC0415 - a serving install has none
    except ImportError:
        return None
    if not torch.cuda.is_available():
        return None
    one = torch.randn(_SIDE, _SIDE, device="cuda", dtype=torch.bfloat16)
    other, out = torch.randn_like(one), torch.empty_like(one)
    for _ in range(5):
        torch.mm(one, other, out=out)
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(_RUNS):
        torch.mm(one, other, out=out)
    torch.cuda.synchronize()
    return _RUNS * 2.0 * _SIDE**3 / (time.perf_counter() - start)
