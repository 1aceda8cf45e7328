"""The pictures, many of them broken, that Pillow's source package ships for its own tests.

Fetched with pip, which checks it, in the version that is installed here; kept beside the other fetched packages in
`data/packages`, which git ignores.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import PIL
import pytest

PACKAGES = Path(__file__).parents[3] / "data" / "packages"
_PICTURES = "Tests/images/"
_FETCH_S = 600


def shipped() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file. Skips the test where the package cannot be fetched."""
    folder = _fetched(PACKAGES / f"pillow-{PIL.__version__}")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def _fetched(folder: Path) -> Path:
    """It appears by one rename, so that it is whole where it exists."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".incoming-") as name:
        incoming = Path(name)
        _download(incoming)
        (archive,) = incoming.glob("*.tar.gz")
        _unpack(archive, incoming / "pictures")
        (incoming / "pictures").rename(folder)
    return folder


def _download(into: Path) -> None:
    """pip runs Pillow's own build script to learn its dependencies, with a setuptools that it fetches as well."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1", "--timeout", "30", "--no-deps"]
    command += ["--no-binary", "pillow", "--dest", str(into), f"pillow=={PIL.__version__}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_S, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        pytest.skip(
            f"the source package of Pillow {PIL.__version__} cannot be fetched, its pictures were not tried: {last}"
        )


def _unpack(archive: Path, into: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            _, _, path = member.name.partition("/")
            if path.startswith(_PICTURES) and member.isfile():
                member.name = path.removeprefix(_PICTURES)
                tar.extract(member, into, filter="data")
