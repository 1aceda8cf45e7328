"""The file of choices: never half written, never trusted when damaged."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.engines.choice import EngineChoice, Trial
from models.engines.choice_file import key_of, recall, remember

CHOICE = EngineChoice("openvino", "fp32", {1: 2.5, 8: 20.0}, {1: 0.5}, "because", (Trial("openvino", "CPU", {1: 2.5}),))


def test_a_choice_comes_back_as_it_was(tmp_path: Path) -> None:
    remember(tmp_path / "new" / "engines.json", "key", CHOICE)
    assert recall(tmp_path / "new" / "engines.json", "key") == CHOICE
    assert recall(tmp_path / "new" / "engines.json", "other") is None


def test_every_circumstance_makes_another_key() -> None:
    assert len({key_of("a", 1), key_of("a", 2), key_of("b", 1), key_of("a", [("x", "1.0")])}) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": {"engine": 3}}', b"\xff\x00"])
def test_a_damaged_file_counts_as_none_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "engines.json"
    path.write_bytes(content)
    assert recall(path, "key") is None
    remember(path, "key", CHOICE)
    assert recall(path, "key") == CHOICE


def test_writers_at_once_leave_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "engines.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: remember(path, f"key-{n}", CHOICE), range(64)))
    assert any(recall(path, f"key-{n}") == CHOICE for n in range(64))
    assert [one.name for one in tmp_path.iterdir()] == ["engines.json"]


def test_the_file_stays_small(tmp_path: Path) -> None:
    for n in range(300):
        remember(tmp_path / "engines.json", f"key-{n}", EngineChoice("onnxruntime", "fp32"))
    assert recall(tmp_path / "engines.json", "key-0") is None
    assert recall(tmp_path / "engines.json", "key-299") is not None
