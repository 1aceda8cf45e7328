"""What native libraries read from the environment, once, when they are imported. Set here before any of them is.

Work runs in parallel as several runs of one thread each (docs/benchmarks.md); libraries that start a pool of threads
for each of them fight for the cores. A value that the user set stays.
"""

import os

DEFAULTS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # From 1.29 on, ONNX Runtime reports sessions to its maker unless it is told not to; nothing leaves this machine.
    "ORT_DISABLE_TELEMETRY": "1",
}


def settle_native_libraries() -> None:
    """For this process and those that it starts."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
