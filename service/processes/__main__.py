"""A child: `python -m service.processes --name NAME …`. Started by `child.py` only.

Ignores the signals that stop a service: its parent drains first, and then closes the sockets. It ends when they
close, and dies with its parent.
"""

import argparse
import os
import sys

_NICENESS = 5
"""Behind its parent, which refuses and answers in a moment where the children keep every core busy."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", help="for those who list processes")
    parser.add_argument("--math-threads", required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--channels", required=True)
    parser.add_argument("--parent", type=int, required=True)
    given = parser.parse_args()
    os.nice(_NICENESS)
    # Libraries read these when they are loaded, which importing anything below may do.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = given.math_threads
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    from service.processes.inside import live  # noqa: PLC0415 - see above

    sys.exit(live(given.control, [int(number) for number in given.channels.split(",")], given.parent))


main()
