"""Native libraries find their settings when the command line imports them, and the user's own stay."""

import os
import subprocess
import sys

from service.cli.native_libraries import DEFAULTS


def seen_by_numpy(environment: dict[str, str]) -> str:
    """What was set at the moment when the first heavy import began, in a fresh process."""
    code = """
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("numpy", "onnxruntime", "pydantic"):
            print(os.environ.get("OMP_NUM_THREADS"), os.environ.get("ORT_DISABLE_TELEMETRY"))
            os._exit(0)
sys.meta_path.insert(0, Watch())
sys.argv = ["lookalike", "doctor", "--port", "0"]
sys.stdout.reconfigure(line_buffering=True)
import service.cli
service.cli.main()
"""
    kept = {name: value for name, value in os.environ.items() if name not in DEFAULTS}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept | environment
    )
    return found.stdout.strip()


def test_they_are_set_before_anything_heavy_is_imported() -> None:
    assert seen_by_numpy({}) == "1 1"


def test_what_the_user_set_stays() -> None:
    assert seen_by_numpy({"OMP_NUM_THREADS": "3"}) == "3 1"
