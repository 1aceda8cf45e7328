"""One search from request to result: embed → compose → search → rank → respond. Owns the order of the stages."""

from service.types import Deadline, ProductQuery, Refinement, SearchOptions, SearchRequest, SearchResult


class Searcher:
    """Searches collections; every method raises what `service.errors` lists."""

    async def search(self, collection: str, request: SearchRequest, deadline: Deadline) -> SearchResult:
        raise NotImplementedError

    async def refine(self, collection: str, refinement: Refinement, deadline: Deadline) -> SearchResult:
        raise NotImplementedError

    async def same_style(
        self, collection: str, query: ProductQuery, options: SearchOptions, deadline: Deadline
    ) -> SearchResult:
        raise NotImplementedError
