"""Where weights and configurations come from, and each refusal on the way."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.export import hub, open_clip_source, timm_source
from models.export.errors import CheckpointError, LicenceError, UnknownModelError, WeightsUnavailableError
from models.export.licences import NOT_STATED, licence_of, require_acceptance
from models.export.preparation import from_open_clip, from_timm
from models.export.request import ExportRequest
from models.export.run import load_source
from models.export.weights import load_into, read_weights


class _Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("this must never be printed",)


def test_a_checkpoint_that_could_run_code_is_not_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.pt"
    torch.save({"state_dict": _Malicious()}, path)
    with pytest.raises(CheckpointError, match="safetensors"):
        read_weights(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["weights.npz", "weights.pkl", "weights.onnx"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CheckpointError, match=r"only \.safetensors"):
        read_weights(tmp_path / name)


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pt"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="weights"):
        read_weights(tmp_path / name)


def test_the_prefix_of_a_wrapper_is_taken_off(tmp_path: Path) -> None:
    save_file({"module.weight": torch.zeros(1)}, tmp_path / "w.safetensors")
    assert list(read_weights(tmp_path / "w.safetensors")) == ["weight"]


def test_weights_of_another_architecture_are_refused() -> None:
    with pytest.raises(CheckpointError, match="does not fit"):
        load_into(torch.nn.Linear(2, 2), {"weight": torch.zeros(3, 3)}, "other.pt")


def test_the_hub_out_of_reach_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    request = ExportRequest("ViT-B-32", tmp_path, pretrained="laion2b_s34b_b79k")
    with pytest.raises(WeightsUnavailableError, match="--checkpoint FILE"):
        load_source(request)
    with pytest.raises(WeightsUnavailableError, match="local-dir:FOLDER"):
        load_source(ExportRequest("hf-hub:org/repository", tmp_path))
    with pytest.raises(WeightsUnavailableError, match="dinov2"):
        load_source(ExportRequest("vit_small_patch14_dinov2.lvd142m", tmp_path))


def test_a_repository_in_the_cache_is_found(
    causal_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--org--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("a" * 40)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / ("a" * 40)).symlink_to(causal_folder, target_is_directory=True)
    source = load_source(ExportRequest("hf-hub:org/tiny", tmp_path))
    assert source.name == "tiny"
    assert hub.fetch("org/tiny", hub.CONFIG).is_file()


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (ExportRequest("no-such-model", Path()), "neither open_clip nor timm"),
        (ExportRequest("ViT-B-32", Path()), "--pretrained TAG"),
        (ExportRequest("ViT-B-32", Path(), pretrained="no_such_tag"), "no tag"),
        (ExportRequest("ViT-B-32", Path(), pretrained="openai", size=336), "leave --size out"),
    ],
)
def test_an_unknown_model_is_explained(request_: ExportRequest, sentence: str) -> None:
    with pytest.raises(UnknownModelError, match=sentence):
        load_source(request_)


def test_a_checkpoint_whose_preparation_is_not_clear_is_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "own.safetensors")
    with pytest.raises(CheckpointError, match="different ways"):  # LAION's L/14 and OpenAI's differ in mean and std
        load_source(ExportRequest("ViT-L-14", tmp_path, checkpoint=tmp_path / "own.safetensors"))


def test_the_configuration_beside_a_checkpoint_counts(tmp_path: Path) -> None:
    stated = {"mean": [0.1, 0.2, 0.3], "std": [1, 1, 1], "interpolation": "bilinear", "resize_mode": "squash"}
    (tmp_path / hub.CONFIG).write_text(json.dumps({"preprocess_cfg": stated}))
    origin = open_clip_source._from_file("MobileCLIP2-S0", {}, tmp_path / "own.safetensors")
    found = from_open_clip({"size": 256, **origin.pictures})
    assert (found.geometry.fit, found.geometry.resample) == ("squash", "bilinear")
    assert found.mean == pytest.approx((25.5, 51.0, 76.5))


def test_published_configurations_are_read_not_guessed() -> None:
    small = from_open_clip({"size": 256, **open_clip_source._agreed_configuration("MobileCLIP2-S0")})
    large = from_open_clip({"size": 224, **open_clip_source._agreed_configuration("MobileCLIP2-L-14")})
    siglip = from_open_clip({"size": 224, **open_clip_source._agreed_configuration("ViT-B-16-SigLIP")})
    assert (small.mean, small.std, small.geometry.resample) == ((0, 0, 0), (255, 255, 255), "bilinear")
    assert large.mean[0] == pytest.approx(0.48145466 * 255)
    assert large.geometry.resample == "bicubic"
    assert siglip.geometry.fit == "squash"


def test_what_bundles_cannot_prepare_is_refused() -> None:
    colours = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
    with pytest.raises(UnknownModelError, match=r"inner 0\.875"):
        from_timm({"input_size": (3, 224, 224), "interpolation": "bicubic", "crop_pct": 0.875, **colours})
    with pytest.raises(UnknownModelError, match="square"):
        from_open_clip({"size": (224, 336), **colours})
    with pytest.raises(UnknownModelError, match="interpolation"):
        from_open_clip({"size": 224, "interpolation": "nearest", **colours})
    with pytest.raises(UnknownModelError, match="crop mode"):
        from_timm({"input_size": (3, 224, 224), "crop_mode": "border", **colours})


@pytest.mark.parametrize(
    ("name", "tag", "licence", "commercial"),
    [
        ("MobileCLIP2-S0", "dfndr2b", "Apple", False),
        ("MobileCLIP-B", "datacompdr_lt", "Apple", False),
        ("ViT-B-16", "dfn2b", "Apple", False),
        ("ViT-B-32", "openai", "MIT", True),
        ("ViT-B-32", "laion2b_s34b_b79k", "MIT", True),
        ("ViT-B-32", "datacomp_xl_s13b_b90k", "MIT", True),
        ("ViT-B-32", "metaclip_400m", "CC-BY-NC-4.0", False),
        ("ViT-B-16-SigLIP2-256", "webli", "Apache-2.0", True),
        ("EVA02-B-16", "merged2b_s8b_b131k", "MIT", True),
        ("xlm-roberta-base-ViT-B-32", "laion5b_s13b_b90k", "MIT", True),
        ("vit_small_patch14_dinov2.lvd142m", None, "Apache-2.0", True),
    ],
)
def test_each_family_has_its_licence(name: str, tag: str | None, licence: str, commercial: bool) -> None:
    found = licence_of(name, tag)
    assert found.name.startswith(licence)
    assert found.commercial_use is commercial
    assert found.forbids_commercial_use is not commercial


def test_an_unknown_licence_is_no_permission_and_no_obstacle() -> None:
    assert licence_of("ViT-B-32", None) == NOT_STATED
    assert not NOT_STATED.commercial_use
    require_acceptance(NOT_STATED, accepted=False)
    assert licence_of("ViT-B-32", None, stated="Apache-2.0").commercial_use


def test_weights_without_commercial_use_must_be_accepted_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(LicenceError, match="--accept-licence"):
        open_clip_source.load(ExportRequest("MobileCLIP2-S0", tmp_path, pretrained="dfndr2b"))


def test_every_published_tag_lies_on_the_hub() -> None:
    library = open_clip_source.open_clip_library()
    missing = [(m, t) for m, t in library.list_pretrained() if not library.get_pretrained_cfg(m, t).get("hf_hub")]
    assert missing == []
    assert timm_source.knows("vit_small_patch14_dinov2")
