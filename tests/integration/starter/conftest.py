"""The starter bundle, assembled once from the committed parts and the pinned package."""

from pathlib import Path

import pytest

from models.bundle import Bundle, open_bundle
from models.encoder import OnnxEncoder
from models.starter.assemble import assemble


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return open_bundle(assemble(tmp_path_factory.mktemp("bundles") / "starter"), verify=True)


@pytest.fixture(scope="session")
def encoder(bundle: Bundle) -> OnnxEncoder:
    return OnnxEncoder(bundle)


@pytest.fixture(scope="session")
def pictures() -> list[Path]:
    """Sixty pictures of the demo catalogue, from every supplier."""
    found = sorted(Path("demo/pictures").rglob("*.webp"))
    return found[:: len(found) // 60][:60]
