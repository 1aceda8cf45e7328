"""A process that backs up the written collection without end, and says which points are complete."""

import sys
from pathlib import Path

from index.backup import BackupOrder, back_up
from tests.integration.index.journalled_batches import SPEC


def main(directory: Path) -> None:
    while True:
        report = back_up(directory / "data", BackupOrder(SPEC.name, directory / "backups", keep=2))
        print(report.point.number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
