"""The export from beginning to end: load, trace, check, reduce, measure, describe, move into place.

Nothing appears under the bundle's name before everything was checked.
"""

import os
import shutil
import tempfile
from pathlib import Path

from models.bundle import IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER, Bundle
from models.encoder import OnnxEncoder
from models.export import open_clip_source, timm_source
from models.export.description import bundle_name, final_manifest, first_manifest, with_files
from models.export.errors import ExportError, UnknownModelError
from models.export.fidelity import Judge, require_enough
from models.export.measuring import fidelity, means_and_curves, parity, require_sample
from models.export.precision import to_bf16, to_int8
from models.export.probe import drawn_pictures, write_probe
from models.export.request import Exported, ExportRequest, Precision
from models.export.sample import Sample, read_sample
from models.export.source import SourceModel
from models.export.token_check import corpus, long_text, require_same_tokens
from models.export.tracing import Traced, trace_in_half, trace_towers
from models.export.verify import verify
from models.manifest import Manifest, write_manifest


def export(request: ExportRequest, judge: Judge = require_enough) -> Exported:
    """Make a bundle below `request.into`; `judge` decides whether a reduced precision is faithful enough.

    Raises: an ExportError with a sentence that says what to do; then nothing was written.
    """
    source = load_source(request)
    target = request.into / bundle_name(request, source)
    if target.exists():
        raise ExportError(f"{target} exists and bundles never change: delete it, or choose another name with --name")
    sample = _sample(request, source)
    require_sample(request.precision, sample)
    request.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=request.into) as room:
        exported = _make(request, source, sample, judge, Path(room), target.name)
        exported.folder.rename(target)
    return Exported(target, exported.manifest, exported.warnings)


def load_source(request: ExportRequest) -> SourceModel:
    """From open_clip where it knows the name, else from timm; raises UnknownModelError."""
    if open_clip_source.knows(request.name):
        return open_clip_source.load(request)
    if timm_source.knows(request.name):
        return timm_source.load(request)
    raise UnknownModelError(
        f"neither open_clip nor timm knows a model {request.name!r}; names are written as in open_clip.list_models(), "
        "timm.list_models(), hf-hub:ORG/REPO or local-dir:FOLDER"
    )


def _sample(request: ExportRequest, source: SourceModel) -> Sample | None:
    if request.pictures is None:
        return None
    return read_sample(request.pictures, source.preparation.geometry, request.sample)


def _make(
    request: ExportRequest, source: SourceModel, sample: Sample | None, judge: Judge, room: Path, name: str
) -> Exported:
    exact_folder, folder = room / "fp32", room / "made"
    exact_folder.mkdir()
    traced = trace_towers(source, exact_folder)
    first = first_manifest(name, source, traced.probe.image.shape[1], traced.trims)
    exact = _open(exact_folder, first)
    figures = _checks(source, exact, traced, sample, Bundle(exact_folder, first))
    encoder = exact
    if request.precision == "fp32":
        folder = exact_folder
    else:
        _reduce(source, traced, exact_folder, folder, request.precision)
        encoder = _open(folder, first)
        assert sample is not None  # `require_sample` came first
        figures |= fidelity(exact, encoder, request.precision, sample, judge)
    measured = means_and_curves(source, encoder, sample)
    write_probe(folder, traced.probe)
    manifest = with_files(final_manifest(first, request, measured, figures), folder)
    write_manifest(folder, manifest)
    verify(folder)
    return Exported(folder, manifest, (*measured.warnings, *_licence_warnings(source)))


def _checks(
    source: SourceModel, exact: OnnxEncoder, traced: Traced, sample: Sample | None, bundle: Bundle
) -> dict[str, float]:
    """Tokens and vectors of the fp32 graphs against the source."""
    figures = {"folded_cosine_min": traced.folded_cosine}
    if source.text is not None:
        texts = (*corpus(), long_text(source.text.context_length))
        figures["tokenizer_texts"] = float(require_same_tokens(bundle, source.text.tokenize, texts))
    pixels = sample.pixels if sample is not None else drawn_pictures(source.preparation.geometry.size)
    return figures | parity(source, exact, pixels)


def _reduce(source: SourceModel, traced: Traced, exact: Path, target: Path, precision: Precision) -> None:
    target.mkdir()
    if precision == "fp16":
        trace_in_half(source, traced.trims, target)
    else:
        convert = to_int8 if precision == "int8" else to_bf16
        for graph in (IMAGE_GRAPH, TEXT_GRAPH):
            if (exact / graph).exists():
                convert(exact / graph, target / graph)
    if (exact / TOKENIZER).exists():
        shutil.copyfile(exact / TOKENIZER, target / TOKENIZER)


def _open(folder: Path, manifest: Manifest) -> OnnxEncoder:
    return OnnxEncoder(Bundle(folder, manifest), threads=os.cpu_count() or 1)


def _licence_warnings(source: SourceModel) -> tuple[str, ...]:
    licence = source.licence
    if licence.forbids_commercial_use:
        return (
            f"the weights are under the {licence.name}: no commercial use, and the same holds for what is made of them",
        )
    if not licence.commercial_use:
        return (
            "nobody stated a licence for these weights, so the bundle says no commercial use: state it with --licence",
        )
    return ()
