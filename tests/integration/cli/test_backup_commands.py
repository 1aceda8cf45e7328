"""backup, restore, fsck: what they print, their exit codes, and a round trip while a server could write."""

from pathlib import Path

import orjson

from tests.integration.cli.conftest import Cli


def test_a_collection_goes_to_a_folder_and_comes_back(cli: Cli, folder: Path, tmp_path: Path) -> None:
    cli("index", folder, "-c", "shapes")
    backups = tmp_path / "backups"
    first = orjson.loads(cli("backup", "shapes", "--to", backups, "--json").stdout)
    assert (first["point"], first["items"], first["missing_pictures"]) == (1, 8, [])
    again = cli("backup", "shapes", "--to", backups, "--keep", "1")
    assert "0.0 MB stored anew; 1 points" in again.output
    assert "8 items" in cli("restore", backups, "shapes", "--list").output
    assert cli("restore", backups, "shapes").exit_code == 3
    assert "restored copy: 8 items" in cli("restore", backups, "shapes", "--as", "copy").output
    assert cli("search", "copy", "red", "--limit", "1").output == cli("search", "shapes", "red", "--limit", "1").output


def test_wrong_orders_are_refused(cli: Cli, folder: Path, data: Path, tmp_path: Path) -> None:
    cli("index", folder, "-c", "shapes")
    assert cli("backup", "nothing", "--to", tmp_path / "backups").exit_code == 3
    assert cli("backup", "shapes", "--to", data / "collections").exit_code == 2
    assert cli("backup", "shapes", "--to", tmp_path, "--keep", "0").exit_code == 2
    assert cli("restore", tmp_path / "backups", "shapes").exit_code == 3
    assert cli("fsck", "nothing").exit_code == 3


def test_a_backup_tells_of_lost_pictures(cli: Cli, folder: Path, data: Path, tmp_path: Path) -> None:
    cli("index", folder, "-c", "shapes")
    next((data / "collections" / "shapes" / "pictures").glob("*/*")).unlink()
    result = cli("backup", "shapes", "--to", tmp_path / "backups")
    assert result.exit_code == 1
    assert "1 pictures are missing" in result.output


def test_the_check_finds_and_repairs(cli: Cli, folder: Path, data: Path) -> None:
    cli("index", folder, "-c", "shapes")
    assert "shapes: all is well" in cli("fsck").output
    for path in (data / "collections" / "shapes" / "thumbnails").glob("*/*"):
        path.write_bytes(b"torn")
    found = cli("fsck", "shapes")
    assert found.exit_code == 1
    assert "thumbnails of" in found.output and "lookalike fsck shapes --repair" in found.output
    repaired = orjson.loads(cli("fsck", "shapes", "--repair", "--json").stdout)
    assert [len(repaired[0][key]) for key in ("findings", "repaired")] == [0, 1]
    assert cli("fsck").exit_code == 0
    next((data / "collections" / "shapes" / "pictures").glob("*/*")).write_bytes(b"torn")
    lost = cli("fsck", "--repair")
    assert lost.exit_code == 1
    assert "write them again, or restore a backup" in lost.output
