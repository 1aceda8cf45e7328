"""Which engine wins, by numbers alone."""

import pytest

from models.engines.choice import Trial, decide, speedup
from models.errors import EngineUnavailableError


def trial(engine: str, image: float, text: float | None = None) -> Trial:
    return Trial(engine, image_ms={1: image, 8: 8 * image}, text_ms={} if text is None else {1: text})


def test_the_reference_stays_within_the_noise_of_a_measurement() -> None:
    assert decide([trial("openvino", 9.2), trial("onnxruntime", 10.0)], "fp32").engine == "onnxruntime"


def test_a_clearly_faster_engine_wins_and_brings_its_curve() -> None:
    choice = decide([trial("onnxruntime", 10.0, 4.0), trial("openvino", 5.0, 4.0)], "fp32")
    assert (choice.engine, choice.precision, choice.image_ms) == ("openvino", "fp32", {1: 5.0, 8: 40.0})
    assert choice.why == "1.41 times as fast as onnxruntime"


def test_a_third_engine_must_beat_the_second_clearly() -> None:
    trials = [trial("onnxruntime", 10.0), trial("cuda", 2.0), trial("tensorrt", 1.9)]
    assert decide(trials, "fp32").engine == "cuda"


def test_towers_count_alike_whatever_their_times() -> None:
    assert speedup(trial("a", 100.0, 1.0), trial("b", 50.0, 2.0)) == pytest.approx(1.0)


def test_only_runs_that_both_were_measured_with_are_compared() -> None:
    short = Trial("a", image_ms={1: 5.0})
    assert speedup(short, Trial("b", image_ms={1: 10.0, 8: 10.0})) == pytest.approx(2.0)
    assert speedup(short, Trial("b", image_ms={8: 10.0})) == 0.0


def test_an_engine_that_failed_is_out_and_the_reason_is_kept() -> None:
    crashed = Trial("openvino", error="its process died with signal 11")
    choice = decide([trial("onnxruntime", 10.0), crashed], "fp32")
    assert choice.engine == "onnxruntime" and "signal 11" in choice.why and choice.trials[1] is crashed


def test_where_the_reference_failed_another_one_runs() -> None:
    assert decide([Trial("onnxruntime", error="no"), trial("openvino", 3.0)], "fp32").engine == "openvino"


def test_no_engine_left_says_why() -> None:
    with pytest.raises(EngineUnavailableError, match="onnxruntime: broken; openvino: hung"):
        decide([Trial("onnxruntime", error="broken"), Trial("openvino", error="hung")], "fp32")
