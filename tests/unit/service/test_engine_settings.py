"""From the settings to the engines that are loaded, and to what their runs cost."""

from pathlib import Path

import pytest

from models.encoder import BundleEncoder
from models.engines import EngineChoice
from models.errors import EngineUnavailableError, PrecisionError
from service.encoders import load, manifests, measure
from service.engine_settings import curves_of, encoder_plan_of
from service.queue.port import Group
from service.settings import Settings, read_settings
from tests.fakes.tiny_bundle import make_tiny_bundle


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_tiny_bundle(tmp_path / "bundles")
    return tmp_path


def providers(settings: Settings) -> tuple[str, ...]:
    encoder = load(encoder_plan_of(settings))["tiny"]
    assert isinstance(encoder, BundleEncoder)
    return encoder.providers


def test_the_engine_of_the_settings_runs(data: Path) -> None:
    assert providers(read_settings({}, data_dir=data, engine="onnxruntime")) == ("CPUExecutionProvider",) * 2
    assert providers(read_settings({}, data_dir=data, engine="openvino")) == ("OpenVINO CPU f32",) * 2
    assert providers(read_settings({}, data_dir=data)) == ("CPUExecutionProvider",) * 2


def test_what_was_measured_is_loaded_and_its_curves_are_known(data: Path) -> None:
    settings = read_settings({}, data_dir=data, engine="openvino", engine_budget_s=1.0)
    assert curves_of(settings) == {}
    choice = measure(encoder_plan_of(settings))["tiny"]
    curves = curves_of(settings)
    assert curves.keys() == {Group("tiny", "image"), Group("tiny", "text")}
    assert curves[Group("tiny", "image")].run_ms(1) == choice.image_ms[1]
    assert settings.engines_file.exists()


def test_a_plan_keeps_to_the_engine_that_its_parent_chose(data: Path) -> None:
    plan = encoder_plan_of(read_settings({}, data_dir=data))
    told = plan.with_choices({"tiny": EngineChoice("openvino", "fp32")})
    encoder = load(told)["tiny"]
    assert isinstance(encoder, BundleEncoder) and encoder.providers[0].startswith("OpenVINO")


def test_manifests_state_the_precision_that_is_pinned(data: Path) -> None:
    settings = read_settings({}, data_dir=data, precision="bf16")
    assert manifests(encoder_plan_of(settings))["tiny"].precision == "bf16"


def test_what_cannot_run_stops_the_start(data: Path) -> None:
    with pytest.raises(PrecisionError):
        load(encoder_plan_of(read_settings({}, data_dir=data, engine="onnxruntime", precision="bf16")))
    with pytest.raises(EngineUnavailableError):
        measure(encoder_plan_of(read_settings({}, data_dir=data, engine="magic")))
