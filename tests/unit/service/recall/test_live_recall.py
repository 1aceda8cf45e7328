"""The alarm rises once, on evidence, and is judged anew after another snapshot."""

import numpy as np

from index.types import RecallCheck
from service.pipeline.recall.live_recall import FEWEST, WINDOW, LiveRecall
from service.pipeline.recall.query_log import LogKey

KEY = LogKey("shoes", "image", "text")


def changes(live: LiveRecall, recalls: list[int], snapshot: int = 1, target: float = 0.95) -> list[str]:
    """What `record` said to repetitions that found so many of ten."""
    said = [live.record(KEY, RecallCheck(found, 10, snapshot), target) for found in recalls]
    return [one for one in said if one is not None]


def of_mean(mean: float, count: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).binomial(10, mean, count).tolist()


def test_recall_at_the_target_raises_no_alarm() -> None:
    live = LiveRecall()
    assert changes(live, of_mean(0.95, 5_000)) == []
    (figure,) = live.figures("shoes")
    assert (figure.samples, figure.drifts, figure.target) == (WINDOW, False, 0.95)
    assert 0.93 < figure.recall < 0.97


def test_recall_that_fell_raises_it_once() -> None:
    live = LiveRecall()
    assert changes(live, of_mean(0.85, 400)) == ["drifts"]
    assert live.figures()[0].drifts


def test_few_samples_raise_none() -> None:
    live = LiveRecall()
    assert changes(live, [0] * (FEWEST - 1)) == []
    assert changes(live, [0]) == ["drifts"]


def test_a_mean_that_may_be_chance_raises_none() -> None:
    assert changes(LiveRecall(), [10] * (FEWEST - 4) + [0] * 4) == []


def test_another_snapshot_is_judged_anew() -> None:
    live = LiveRecall()
    changes(live, of_mean(0.8, 200))
    assert changes(live, of_mean(0.8, 20), snapshot=1) == []
    assert changes(live, of_mean(0.97, 300), snapshot=2) == ["recovered"]
    assert (live.figures()[0].samples, live.figures()[0].drifts) == (300, False)


def test_dropped_collections_are_forgotten() -> None:
    live = LiveRecall()
    changes(live, [10])
    live.record(LogKey("hats", "image", "text"), RecallCheck(10, 10, 1), 0.9)
    live.keep_only(["hats"])
    assert [one.collection for one in live.figures()] == ["hats"]
    live.forget("hats")
    assert live.figures() == []
