"""The checks of `lookalike doctor`. Each looks at one thing and gives a finding; none changes anything that stays."""

import importlib.metadata
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from models.bundle import Bundle, open_bundle
from models.errors import BundleError
from service.cli.engine_findings import check_encoders, check_installed, check_processor
from service.cli.exits import CommandError
from service.cli.finding import Finding, State
from service.cli.listening import listen
from service.licences import restriction
from service.settings import Settings

_MIN_PYTHON = (3, 11)
_MIN_SQLITE = (3, 35, 0)
"""The catalogue uses RETURNING."""
_GIGABYTE = 1_000_000_000
_LOW_DISK_GB, _NO_DISK_GB = 2.0, 0.2
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
_INSTALL = "pip install -c constraints.txt '.[cpu]' (or '.[gpu]'), or run make demo"


def checkup(settings: Settings) -> Iterator[Finding]:
    """All findings, the cheap ones first."""
    yield check_python()
    yield check_sqlite()
    yield check_runtime()
    yield check_processor()
    yield check_installed()
    yield check_parquet()
    yield check_data_dir(settings.data_dir)
    yield check_disk(settings.data_dir)
    yield check_port(settings)
    bundles = yield from check_bundles(settings)
    if bundles:
        yield from check_encoders(settings, bundles)


def check_python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _MIN_PYTHON:
        return Finding("Python", "red", version, "Python 3.11 or newer is needed: make clean, then make demo")
    return Finding("Python", "green", version)


def check_sqlite() -> Finding:
    if sqlite3.sqlite_version_info < _MIN_SQLITE:
        return Finding("SQLite", "red", sqlite3.sqlite_version, "use a Python that brings SQLite 3.35 or newer")
    return Finding("SQLite", "green", sqlite3.sqlite_version)


def check_runtime() -> Finding:
    """Both builds of onnxruntime share a folder: with both, neither can be trusted."""
    found = [f"{name} {version}" for name in _RUNTIMES if (version := _version(name))]
    if len(found) > 1:
        advice = "pip uninstall -y onnxruntime onnxruntime-gpu, then install one extra again: " + _INSTALL
        return Finding("ONNX Runtime", "red", " and ".join(found), advice)
    if not found:
        return Finding("ONNX Runtime", "red", "not installed", _INSTALL)
    return Finding("ONNX Runtime", "green", found[0])


def check_parquet() -> Finding:
    version = _version("pyarrow")
    if version is None:
        return Finding("Parquet", "yellow", "pyarrow is not installed", "only for .parquet: pip install pyarrow")
    return Finding("Parquet", "green", f"pyarrow {version}")


def check_data_dir(folder: Path) -> Finding:
    if not folder.exists():
        advice = "check its name; the first `lookalike index` or `serve` makes it"
        return Finding("Data directory", "yellow", f"{folder.resolve()} is not there yet", advice)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"-")
    except OSError as exc:
        advice = "give a folder that this user may write to: --data DIR, or LOOKALIKE_DATA_DIR"
        return Finding("Data directory", "red", f"{folder}: {exc.strerror}", advice)
    return Finding("Data directory", "green", str(folder.resolve()))


def check_disk(folder: Path) -> Finding:
    existing = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    free_gb = shutil.disk_usage(existing).free / _GIGABYTE
    state: State = "red" if free_gb < _NO_DISK_GB else "yellow" if free_gb < _LOW_DISK_GB else "green"
    advice = "" if state == "green" else "make room, or move the data directory: --data DIR"
    return Finding("Free disk", state, f"{free_gb:,.1f} GB", advice)


def check_port(settings: Settings) -> Finding:
    try:
        listen(settings.host, settings.port).close()
    except CommandError as exc:
        return Finding("Port", "yellow", str(exc), "nothing to do if that program is Lookalike itself")
    return Finding("Port", "green", f"{settings.host}:{settings.port} is free")


def check_bundles(settings: Settings) -> Generator[Finding, None, Sequence[Bundle]]:
    """Returns the bundles that are intact."""
    intact: list[Bundle] = []
    for folder in settings.bundle_folders:
        for path in sorted(folder.glob("*/manifest.json")):
            finding, bundle = _check_bundle(path.parent)
            intact += [bundle] if bundle else []
            yield finding
    if not intact:
        places = " and ".join(map(str, settings.bundle_folders))
        yield Finding(
            "Model", "red", f"no intact bundle in {places}", "lookalike models starter puts the starter model there"
        )
    return intact


def _check_bundle(folder: Path) -> tuple[Finding, Bundle | None]:
    try:
        bundle = open_bundle(folder, verify=True)
    except BundleError as exc:
        return Finding("Model", "red", str(exc), f"remove {folder} and put the bundle there again"), None
    manifest = bundle.manifest
    detail = f"{manifest.name} {manifest.version}, {manifest.dimension} dimensions"
    if forbidden := restriction(manifest):
        return Finding("Model", "yellow", f"{detail}, {manifest.licence}", forbidden), bundle
    return Finding("Model", "green", detail), bundle


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
