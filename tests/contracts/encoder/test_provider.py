"""An engine that did not take the graph is refused, whatever its package lists as available."""

from pathlib import Path

import pytest

from models.bundle import Bundle
from models.encoder import BundleEncoder
from models.engines import load
from models.engines.port import Resources
from models.engines.sessions import open_session
from models.errors import EngineUnavailableError, PrecisionError
from tests.contracts.encoder.conftest import Case


def test_a_provider_that_falls_back_is_refused(exact_bundle: Bundle) -> None:
    """This build of ONNX Runtime would quietly run a CUDA session on the CPU."""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this build has CUDA")
    providers = [("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})]
    with pytest.raises(EngineUnavailableError, match="CUDAExecutionProvider did not take"):
        open_session(exact_bundle.image_graph, providers, Resources())


def test_a_graph_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.onnx").write_bytes(b"no graph")
    with pytest.raises(EngineUnavailableError, match=r"image\.onnx"):
        open_session(tmp_path / "image.onnx", [("CPUExecutionProvider", {})], Resources())


def test_an_encoder_says_what_runs_it_and_in_which_precision(case: Case) -> None:
    assert len(case.encoder.providers) == 2 and all(case.encoder.providers)
    assert case.encoder.manifest.precision in ("fp32", "fp16", "bf16", "int8")


def test_an_engine_or_precision_that_there_is_not_is_refused(exact_bundle: Bundle, int8_bundle: Bundle) -> None:
    with pytest.raises(EngineUnavailableError, match="there is no engine 'magic'"):
        load(exact_bundle, "magic")
    with pytest.raises(PrecisionError, match="there is no precision 'fp4'"):
        load(exact_bundle, "onnxruntime", "fp4")
    for bundle, precision in ((exact_bundle, "bf16"), (exact_bundle, "int8"), (int8_bundle, "fp32")):
        with pytest.raises(PrecisionError, match="onnxruntime cannot run"):
            load(bundle, "onnxruntime", precision)


def test_a_bundle_keeps_the_word_that_it_has_for_its_own_precision(exact_bundle: Bundle) -> None:
    def loaded(precision: str | None) -> BundleEncoder:
        return load(exact_bundle, "onnxruntime", precision)

    assert {loaded(None).manifest.precision, loaded("fp32").manifest.precision} == {"fp32"}
