"""A model that must not be used commercially says so when it is loaded."""

from pathlib import Path

from structlog.testing import capture_logs

from service.bootstrap import build
from service.cli.checkup import check_bundles
from service.licences import restriction, warn_of_licences
from service.settings import read_settings
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.fakes.tiny_manifest import tiny_manifest


def test_only_models_without_permission_are_warned_of() -> None:
    free, bound = tiny_manifest("free"), tiny_manifest("bound", commercial_use=False, licence="apple-amlr")
    with capture_logs() as logs:
        warn_of_licences({"free": free, "bound": bound})
    (line,) = logs
    assert (line["log_level"], line["model"], line["licence"]) == ("warning", "bound", "apple-amlr")
    assert "commercial use" in line["hint"]


def test_a_model_with_permission_has_no_restriction() -> None:
    assert restriction(tiny_manifest("free")) == ""


async def test_the_service_warns_when_it_is_put_together_and_the_doctor_shows_it(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path / "bundles", commercial_use=False)
    settings = read_settings({}, data_dir=tmp_path, engine="onnxruntime")
    with capture_logs() as logs:
        async with build(settings):
            pass
    assert [line["model"] for line in logs if line["event"] == "no_commercial_use"] == ["tiny"]
    (finding,) = check_bundles(settings)
    assert (finding.state, "commercial use" in finding.advice) == ("yellow", True)
