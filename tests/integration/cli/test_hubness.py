"""`lookalike hubness`: a bank from the items' texts, from lines, from vectors; off again; what cannot be done."""

from pathlib import Path

import numpy as np
import orjson

from tests.fakes.tiny_bundle import COLOURS
from tests.integration.cli.conftest import Cli


def described(cli: Cli, data: Path) -> object:
    from index import LocalStore

    store = LocalStore(data / "collections", mode="read")
    try:
        return store.open("shop").info().hubness
    finally:
        store.close()


def test_on_from_items_lines_and_vectors_and_off(cli: Cli, data: Path, folder: Path, tmp_path: Path) -> None:
    assert cli("index", folder, "-c", "shop", "--json").exit_code == 1  # two of the pictures are broken
    result = cli("hubness", "shop", "--k", 3)
    assert "8 queries are few" in result.output
    assert result.exit_code == 0 and "on, from 8 queries (k = 3, alpha = 0.5)" in result.output
    (tmp_path / "q.txt").write_text("\n".join(COLOURS))
    assert "from 8 queries" in cli("hubness", "shop", "--k", 2, "--alpha", 0.75, "--bank", tmp_path / "q.txt").output
    np.save(tmp_path / "q.npy", np.eye(16)[:5] * 3)
    assert "from 5 queries" in cli("hubness", "shop", "--k", 2, "--bank", tmp_path / "q.npy").output
    assert described(cli, data) is not None
    found = orjson.loads(cli("search", "shop", "red", "--pictures-only", "--json").stdout)
    assert len(found["hits"]) == 8
    assert "turned off" in cli("hubness", "shop", "--off").output
    assert "was off" in cli("hubness", "shop", "--off").output
    assert described(cli, data) is None


def test_what_cannot_be_done_is_said(cli: Cli, folder: Path, tmp_path: Path) -> None:
    assert cli("hubness", "nowhere").exit_code == 3
    cli("index", folder, "-c", "shop", "--json")
    refused = cli("hubness", "shop", "--k", 128)
    assert refused.exit_code == 3 and "at least k = 128" in refused.output
    assert cli("hubness", "shop", "--bank", tmp_path / "none.npy").exit_code == 2
    (tmp_path / "empty.txt").write_text("\n")
    np.save(tmp_path / "empty.npy", np.empty((0, 16)))
    for empty in ("empty.txt", "empty.npy"):
        refused = cli("hubness", "shop", "--bank", tmp_path / empty)
        assert refused.exit_code == 2 and f"{empty} holds no" in refused.output
