"""The one composition root: chooses the parts by the settings and puts them together."""

from dataclasses import dataclass
from types import TracebackType

from service.metrics import Metrics
from service.pipeline.collections import Collections
from service.pipeline.embeddings import Embeddings
from service.pipeline.items import Items
from service.pipeline.models import Models
from service.pipeline.search import Searcher
from service.settings import Settings


@dataclass(frozen=True)
class Application:
    """Ready parts. `async with build(settings) as application: …` closes them in order."""

    settings: Settings
    metrics: Metrics
    searcher: Searcher
    items: Items
    collections: Collections
    embeddings: Embeddings
    models: Models

    async def close(self) -> None:
        """Refuse new work, let accepted work finish within `drain_s`, close the store."""

    async def __aenter__(self) -> "Application":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def build(settings: Settings) -> Application:
    """Load the bundles and open the store; blocks for about a second. Raises NoBundleError, BundleError."""
    return Application(settings, Metrics(), Searcher(), Items(), Collections(), Embeddings(), Models())
