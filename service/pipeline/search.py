"""One search from request to result: embed → compose → search → rank → respond. Owns the order of the stages."""

import uuid
from dataclasses import dataclass

from service.cache import Cache
from service.errors import LimitExceededError, QueryExpiredError
from service.metrics import Metrics, StageClock
from service.pipeline.access import Access, OpenCollection
from service.pipeline.answer import answer, ranks_a_pool
from service.pipeline.interpret import Interpreter
from service.pipeline.recall.watch import RecallWatch
from service.pipeline.recipe import QueryState, refined
from service.types import (
    Deadline,
    Limits,
    ProductQuery,
    Refinement,
    SearchOptions,
    SearchRequest,
    SearchResult,
    StageTimes,
)


@dataclass(frozen=True)
class Searcher:
    """Searches collections; every method raises what `service.errors` lists."""

    access: Access
    interpreter: Interpreter
    queries: Cache[QueryState]
    metrics: Metrics
    limits: Limits
    watch: RecallWatch

    async def search(self, collection: str, request: SearchRequest, deadline: Deadline) -> SearchResult:
        """Items that an item of the collection in the query refers to are not among the hits."""
        self._check(request.options)
        opened = await self.access.open(collection, deadline)
        await self._see_writes(opened, request.options.min_sequence, deadline)
        with self.metrics.start_clock() as clock:
            recipe, warnings = await self.interpreter.recipe(opened, request, deadline, clock)
            state = QueryState(collection, opened.space.space_id, recipe, request.options, tuple(warnings))
            return await self._respond(opened, state, deadline, clock)

    async def refine(self, collection: str, refinement: Refinement, deadline: Deadline) -> SearchResult:
        """The same query with other weights; no encoder is called. The result has a query id of its own."""
        opened = await self.access.open(collection, deadline)
        state = await self.queries.get(refinement.query_id)
        if state is None or (state.collection, state.space_id) != (collection, opened.space.space_id):
            raise QueryExpiredError("this query is no longer kept for this collection: send the search again")
        changed = refined(state, refinement)
        self._check(changed.options)
        with self.metrics.start_clock() as clock:
            return await self._respond(opened, changed, deadline, clock)

    async def same_style(
        self, collection: str, query: ProductQuery, options: SearchOptions, deadline: Deadline
    ) -> SearchResult:
        """Products to a product, in the field `product` unless another is asked for."""
        return await self.search(collection, SearchRequest(query, options), deadline)

    async def _respond(
        self, opened: OpenCollection, state: QueryState, deadline: Deadline, clock: StageClock
    ) -> SearchResult:
        look_up = self.access.run if state.options.params.exact else self.access.search
        hits = await look_up(deadline, answer, opened, state.recipe, state.options, clock)
        self.watch.saw(opened, state.recipe, state.options)
        query_id = uuid.uuid4().hex
        await self.queries.put(query_id, state, state.size_bytes)
        stages: tuple[str, ...] = ("decode", "embed", "search", "rank")
        times = StageTimes(**{stage: round(clock.ms(stage), 3) for stage in stages})
        return SearchResult(hits, query_id, state.space_id, times, state.warnings)

    async def _see_writes(self, opened: OpenCollection, sequence: int | None, deadline: Deadline) -> None:
        if sequence is not None:
            await self.access.see(opened.collection, sequence, deadline)

    def _check(self, options: SearchOptions) -> None:
        if not 1 <= options.limit <= self.limits.max_limit:
            raise LimitExceededError(f"limit must be from 1 to {self.limits.max_limit}; it is {options.limit}")
        if not 0 <= options.offset <= self.limits.max_reach - options.limit:
            raise LimitExceededError(
                f"offset + limit must be from 0 to {self.limits.max_reach}; page by a filter or a narrower query"
            )
        if ranks_a_pool(options) and options.offset + options.limit > self.limits.max_ranked_reach:
            raise LimitExceededError(
                f"with group_by, diversity, boost, hybrid or collapse_duplicates offset + limit is at most "
                f"{self.limits.max_ranked_reach}: leave them out to page further"
            )
