"""Fetches and unpacks a pinned package with Debian's and npm's own clients. Owns `<data>/packages/`.

An unpacked folder appears by one rename, so that it is complete where it exists and an interrupted run resumes.
"""

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from models.sources.errors import SourceError, SourceMissingError, ToolMissingError
from models.sources.packages import Package

_TIMEOUT_S = 600.0
_INSTALL = {
    "apt-get": "it comes with Debian and Ubuntu; on another system use a Debian container",
    "dpkg": "it comes with Debian and Ubuntu; on another system use a Debian container",
    "npm": "install it with: apt-get install npm",
}


def package_folder(package: Package, data: Path) -> Path:
    """Where `package` lies unpacked.

    Raises:
        SourceMissingError: it has not been fetched.
    """
    folder = data / "packages" / package.folder
    if not folder.is_dir():
        raise SourceMissingError(f"{package.name} is not in {data}; run: make data")
    return folder


def fetch(package: Package, data: Path) -> Path:
    """Makes sure that `package` lies unpacked under `data`, and says where."""
    folder = data / "packages" / package.folder
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".incoming-") as name:
        incoming = Path(name)
        archive = _download(package, incoming)
        _check_digest(package, archive)
        unpacked = incoming / "unpacked"
        _unpack(package, archive, unpacked)
        unpacked.rename(folder)
    return folder


def _download(package: Package, into: Path) -> Path:
    if package.index == "debian":
        _run("apt-get", "-o", "APT::Sandbox::User=root", "download", f"{package.name}={package.version}", cwd=into)
    else:
        _run("npm", "pack", "--silent", f"{package.name}@{package.version}", cwd=into)
    archives = [path for path in into.iterdir() if path.suffix in {".deb", ".tgz"}]
    if len(archives) != 1:
        raise SourceError(f"{package.name} {package.version}: expected one archive, got {len(archives)}")
    return archives[0]


def _check_digest(package: Package, archive: Path) -> None:
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != package.sha256:
        raise SourceError(f"{package.name} {package.version}: the archive has sha256 {digest}, not {package.sha256}")


def _unpack(package: Package, archive: Path, into: Path) -> None:
    into.mkdir()
    if package.index == "debian":
        _run("dpkg", "-x", archive.name, into.name, cwd=archive.parent)
        return
    with tarfile.open(archive) as tar:
        tar.extractall(into, filter="data")


def _run(tool: str, *arguments: str, cwd: Path) -> None:
    path = shutil.which(tool)
    if path is None:
        raise ToolMissingError(f"{tool} is missing: {_INSTALL[tool]}")
    try:
        subprocess.run([path, *arguments], cwd=cwd, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.CalledProcessError as exc:
        raise SourceError(f"{tool} {' '.join(arguments)} failed: {exc.stderr.strip()}{_hint(tool)}") from exc
    except subprocess.TimeoutExpired as exc:
        raise SourceError(f"{tool} {' '.join(arguments)} took longer than {_TIMEOUT_S:.0f} s") from exc


def _hint(tool: str) -> str:
    return "\nIf the package is unknown here, run: apt-get update" if tool == "apt-get" else ""
