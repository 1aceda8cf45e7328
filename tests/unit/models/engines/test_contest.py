"""Measuring engines against each other, with contestants that do as they are told, and with real processes."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.engines import contest as contest_module
from models.engines.contest import contest
from models.engines.contestant import Contestant, ContestantError
from models.engines.port import Resources
from tests.fakes.tiny_bundle import make_tiny_bundle

LIMIT_S = 60.0


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles"))


class Scripted:
    """Takes a millisecond and a half for one row, and one for each further; fails from the given tower on."""

    def __init__(self, log: list[str], name: str, fails_at: str = "", gains_up_to: int = 4) -> None:
        self.provider = "scripted"
        self.sizes = (1, 2, 4) if gains_up_to == 4 else (1, 2, 4, 8, 16, 32)
        self._gains_up_to = gains_up_to
        self.is_closed = False
        self._log = log
        self._name = name
        self._fails_at = fails_at

    def prepare(self, limit_s: float) -> None:
        if self._fails_at == "prepare":
            raise ContestantError("it cannot load")

    def ms(self, tower: str, rows: int, limit_s: float) -> float:
        self._log.append(f"{self._name} {tower} {rows}")
        if self._fails_at == tower:
            raise ContestantError("it died")
        return rows + 0.5 * max(1.0, rows / self._gains_up_to)

    def close(self) -> None:
        self.is_closed = True


def test_engines_take_turns_and_all_are_closed(bundle: Bundle) -> None:
    log: list[str] = []
    made = {name: Scripted(log, name) for name in ("onnxruntime", "openvino")}
    trials = contest(bundle, list(made), None, Resources(), LIMIT_S, lambda b, name, p, r: made[name])
    assert log[:4] == ["onnxruntime image 1", "openvino image 1"] * 2
    assert [trial.image_ms for trial in trials] == [{1: 1.5, 2: 2.5, 4: 4.5}] * 2
    assert trials[0].text_ms == trials[0].image_ms and all(one.is_closed for one in made.values())


@pytest.mark.parametrize("moment", ["prepare", "image", "text"])
def test_one_that_fails_is_out_and_does_not_stop_the_others(bundle: Bundle, moment: str) -> None:
    log: list[str] = []
    made = {"onnxruntime": Scripted(log, "a"), "openvino": Scripted(log, "b", moment)}
    first, second = contest(bundle, list(made), None, Resources(), LIMIT_S, lambda b, name, p, r: made[name])
    assert first.text_ms == {1: 1.5, 2: 2.5, 4: 4.5}
    assert second.error.startswith("it ") and not second.image_ms
    assert sum(line.startswith("b") for line in log) <= 10


def test_with_no_time_left_one_run_of_each_tower_is_measured(bundle: Bundle) -> None:
    log: list[str] = []
    (trial,) = contest(bundle, ["onnxruntime"], None, Resources(), 0.0, lambda b, name, p, r: Scripted(log, name))
    assert (trial.image_ms, trial.text_ms) == ({1: 1.5}, {1: 1.5})


def test_it_ends_where_larger_runs_bring_nothing(bundle: Bundle) -> None:
    made = Scripted([], "a", gains_up_to=2)
    (trial,) = contest(bundle, ["onnxruntime"], None, Resources(), LIMIT_S, lambda b, name, p, r: made)
    assert list(trial.image_ms) == list(trial.text_ms) == [1, 2, 4, 8, 16]


def test_one_that_gains_nothing_ends_it_for_nobody_else(bundle: Bundle) -> None:
    made = {"onnxruntime": Scripted([], "a", gains_up_to=1), "openvino": Scripted([], "b", gains_up_to=32)}
    trials = contest(bundle, list(made), None, Resources(), LIMIT_S, lambda b, name, p, r: made[name])
    assert [max(trial.image_ms) for trial in trials] == [32, 32]


class Slow:
    """So many seconds a row on a clock that it turns itself; a shape is run twice when it is new."""

    def __init__(self, row_s: float) -> None:
        self.provider, self.sizes = "scripted", (1, 2, 3, 4, 6, 8, 12, 16)
        self.now = 0.0
        self._row_s = row_s
        self._known: set[tuple[str, int]] = set()

    def prepare(self, limit_s: float) -> None:
        pass

    def ms(self, tower: str, rows: int, limit_s: float) -> float:
        taken_s = rows * self._row_s * (1 if (tower, rows) in self._known else 2)
        self._known.add((tower, rows))
        self.now += taken_s
        if taken_s > limit_s:
            raise ContestantError(f"it did not answer within {limit_s:.1f} s")
        return 1000.0 * rows * self._row_s

    def close(self) -> None:
        pass


@pytest.mark.parametrize("budget_s", [0.0, 12.0, 60.0, 120.0])
def test_slow_ones_are_measured_as_far_as_the_time_goes(
    bundle: Bundle, budget_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tenths in range(1, 25):
        slow = Slow(tenths / 10)
        monkeypatch.setattr(contest_module, "monotonic", lambda: slow.now)  # noqa: B023 - called within this turn
        (trial,) = contest(bundle, ["onnxruntime"], None, Resources(), budget_s, lambda b, name, p, r: slow)  # noqa: B023
        assert not trial.error and 1 in trial.image_ms and 1 in trial.text_ms
        assert slow.now <= budget_s + 4 * tenths / 10 + 1e-6, "the first run of each tower is always made"


@pytest.fixture
def contestant(bundle: Bundle) -> Iterator[Contestant]:
    made = Contestant(bundle, "onnxruntime", None, Resources())
    yield made
    made.close()


def test_a_real_process_loads_and_measures(contestant: Contestant) -> None:
    contestant.prepare(LIMIT_S)
    assert (contestant.provider, contestant.sizes) == ("CPUExecutionProvider", (1, 2, 3, 4, 6, 8, 12, 16))
    assert contestant.ms("image", 2, LIMIT_S) > 0 and contestant.ms("text", 1, LIMIT_S) > 0


def test_a_crash_is_told_with_its_signal(contestant: Contestant) -> None:
    contestant.prepare(LIMIT_S)
    contestant.send_signal(signal.SIGSEGV)
    with pytest.raises(ContestantError, match="signal 11"):
        contestant.ms("image", 1, LIMIT_S)


def test_a_hang_ends_with_the_limit(contestant: Contestant) -> None:
    contestant.prepare(LIMIT_S)
    contestant.send_signal(signal.SIGSTOP)
    with pytest.raises(ContestantError, match="did not answer within"):
        contestant.ms("image", 1, 0.05)


def test_a_bundle_that_cannot_be_loaded_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = make_tiny_bundle(tmp_path)
    broken.image_graph.write_bytes(b"no graph")
    (trial,) = contest(broken, ["onnxruntime"], None, Resources(), 1.0)
    assert "cannot load image.onnx" in trial.error
