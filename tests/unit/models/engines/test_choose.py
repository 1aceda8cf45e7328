"""The choice from beginning to end, with the engines that are installed and real processes."""

from pathlib import Path

import pytest

from models.bundle import Bundle
from models.engines import Resources, choose, choose_unmeasured, load
from models.errors import EngineUnavailableError, PrecisionError
from tests.fakes.tiny_bundle import make_tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles"))


def test_auto_measures_once_and_remembers(bundle: Bundle, tmp_path: Path) -> None:
    cache_file = tmp_path / "engines.json"
    choice = choose(bundle, cache_file=cache_file, budget_s=2.0)
    assert choice.precision == "fp32" and 1 in choice.image_ms and 1 in choice.text_ms and choice.why
    assert {trial.engine for trial in choice.trials} >= {"onnxruntime", "openvino"}
    assert load(bundle, choice.engine, choice.precision).manifest.precision == "fp32"
    # Another measurement would give other times.
    assert choose(bundle, cache_file=cache_file, budget_s=2.0) == choice
    assert choose_unmeasured(bundle, cache_file=cache_file) == choice


def test_a_damaged_memory_is_measured_again(bundle: Bundle, tmp_path: Path) -> None:
    cache_file = tmp_path / "engines.json"
    cache_file.write_text('{"no": "choice"}')
    choice = choose(bundle, "onnxruntime", cache_file=cache_file, budget_s=0.0)
    assert (choice.engine, choice.why) == ("onnxruntime", "the settings name it")
    assert choose(bundle, "onnxruntime", cache_file=cache_file, budget_s=0.0) == choice


def test_without_measuring_the_reference_runs(bundle: Bundle) -> None:
    choice = choose_unmeasured(bundle, resources=Resources(threads=2))
    assert (choice.engine, choice.image_ms) == ("onnxruntime", {})


def test_a_precision_that_nothing_here_runs_is_an_error(bundle: Bundle) -> None:
    with pytest.raises(PrecisionError, match="cannot run the model 'tiny'"):
        choose(bundle, precision="int8")
    with pytest.raises(EngineUnavailableError, match="there is no engine"):
        choose(bundle, "magic")
