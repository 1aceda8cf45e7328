"""The follower outlives a poll that fails."""

import logging
import sqlite3
import threading
from pathlib import Path

import pytest

from index.catalog import create_catalog
from index.follower import Follower
from tests.contracts.collection_store.items import SPEC


def test_a_failed_poll_is_reported_once_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    create_catalog(tmp_path / "catalog.sqlite", SPEC)
    calls: list[int] = []
    followed = threading.Event()

    def follow(connection: sqlite3.Connection) -> None:
        calls.append(1)
        if len(calls) < 3:
            raise ValueError("not yet")
        followed.set()

    with caplog.at_level(logging.WARNING):
        follower = Follower(tmp_path / "catalog.sqlite", follow)
        assert followed.wait(30)
        follower.close()
    assert len(calls) == 3  # nothing changed since: no further call
    assert [record.levelname for record in caplog.records] == ["WARNING"]
