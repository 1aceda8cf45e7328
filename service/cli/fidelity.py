"""`lookalike models fidelity`: what a precision costs in quality, before a collection is pinned to it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import CommandError, ExitCode, guarded
from service.cli.options import DataOption, JsonOption, print_json, settings_with

if TYPE_CHECKING:
    from models.bundle import Bundle
    from models.export.fidelity import Fidelity
    from service.settings import Settings


@guarded
def fidelity(
    name: Annotated[str, typer.Argument(help="The bundle that is judged.")],
    pictures: Annotated[Path, typer.Option(help="A folder of real pictures, best with captions.", exists=True)],
    precision: Annotated[str, typer.Option(help="At this precision; left out, its own.")] = "",
    reference: Annotated[str, typer.Option(help="Beside this bundle; left out, itself at its own precision.")] = "",
    engine: Annotated[str, typer.Option(help="The engine that is judged.")] = "auto",
    sample: Annotated[int, typer.Option(help="At most so many pictures.", min=2)] = 1000,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the vectors of a precision with those of ONNX Runtime; exit code 1 below the limits of an export."""
    from models.export.fidelity import MIN_PICTURES

    settings = settings_with(data_dir=data)
    found = _measured(settings, name, precision, reference or name, engine, pictures, sample)
    is_passed = all(one.is_enough and one.inputs >= MIN_PICTURES for one in found.values())
    if as_json:
        figures = {key: value for tower, one in found.items() for key, value in one.as_figures(tower).items()}
        print_json({"name": name, "precision": precision, "passed": is_passed} | figures)
    else:
        _print(found, is_passed)
    if not is_passed:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _measured(
    settings: "Settings", name: str, precision: str, reference: str, engine: str, pictures: Path, count: int
) -> Mapping[str, "Fidelity"]:
    from models.engines import Resources, choose_unmeasured, load
    from models.engines.fidelity import compare
    from models.export.sample import read_sample

    judged, exact = _bundle(settings, name), _bundle(settings, reference)
    if judged.manifest.image.preprocessing != exact.manifest.image.preprocessing:
        raise CommandError(f"{name} and {reference} prepare pictures differently: they cannot be compared")
    runs = os.cpu_count() or 1
    resources = Resources(runs=runs, cache_dir=settings.engine_cache_dir)
    chosen = choose_unmeasured(judged, engine, precision, resources=resources)
    reduced = load(judged, chosen.engine, precision, resources)
    sample = read_sample(pictures, judged.manifest.image.preprocessing, count)
    texts = [text for row in sample.captioned if (text := sample.texts[row])]
    return compare(load(exact, resources=resources), reduced, sample.pixels, texts, runs)


def _bundle(settings: "Settings", name: str) -> "Bundle":
    from models.bundle import find_bundles

    bundles = {bundle.manifest.name: bundle for folder in settings.bundle_folders for bundle in find_bundles(folder)}
    if name not in bundles:
        raise CommandError(f"there is no model {name!r}: `lookalike models list` shows those there are")
    return bundles[name]


def _print(found: Mapping[str, "Fidelity"], is_passed: bool) -> None:
    from models.export.fidelity import MIN_CENTRED_COSINE, MIN_PICTURES, MIN_SAME_NEIGHBOUR

    for tower, one in found.items():
        typer.echo(
            f"{tower}: centred cosine {one.centred_cosine:.4f} (least {one.least_cosine:.4f}), the same nearest "
            f"neighbour for {one.same_neighbour:.1%} of {one.inputs} inputs"
        )
    limits = f"{MIN_CENTRED_COSINE} and {MIN_SAME_NEIGHBOUR:.0%} on at least {MIN_PICTURES} inputs of each tower"
    typer.echo(f"{'passed' if is_passed else 'refused'}: the limits are {limits}")
