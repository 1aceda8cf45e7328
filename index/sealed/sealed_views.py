"""All sealed segments of a field, searched as one wherever they can be."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from index.sealed.card_search import found_on_card
from index.sealed.scanning import scanned
from index.sealed.sealed_view import SealedView
from index.segment import NO_FLOOR, Hits, merge
from index.types import SearchParameters, Vector


@dataclass(frozen=True)
class SealedViews:
    """Immutable, as its parts are."""

    views: Sequence[SealedView]
    """One at least, of one codec, curves and recall."""

    def search(
        self, query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters, floor: float = NO_FLOOR
    ) -> Hits:
        """What each part finds, merged. Without a filter the parts are scanned together, or searched on a card."""
        settings = self.views[0].settings_for(params)
        if allowed is None and settings is not None and limit > 0:
            hits = found_on_card(self.views, query, limit, settings)
            if hits is None:
                parts = [view.part for view in self.views if view.segment.count]
                hits = scanned(parts, query, limit, settings) if parts else None
            if hits is not None and len(hits.rows) >= min(limit, sum(view.live for view in self.views)):
                return hits
        return merge([view.search(query, limit, allowed, params) for view in self.views], limit)
