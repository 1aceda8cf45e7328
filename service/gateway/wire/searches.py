"""Bodies of search, refine and same-style, and their way to `service.types`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Tag

from index.types import FieldName, SearchParameters
from service.errors import NotImplementedYetError
from service.gateway.wire.body import AttributeKey, Body, exactly_one, tag
from service.gateway.wire.filters import FilterBody, to_filter
from service.gateway.wire.pictures import Files
from service.gateway.wire.queries import ProductBody, QueryBody
from service.types import Boost, Include, ProductQuery, Refinement, SearchOptions, SearchRequest

Limit: TypeAlias = Annotated[int, Field(ge=1, le=1000, description="How many hits at most.")]
Offset: TypeAlias = Annotated[int, Field(ge=0, le=9000, description="How many of the best hits to leave out.")]
Threshold: TypeAlias = Annotated[
    float | None, Field(ge=0, le=1, description="Only hits whose `score` is at least this.", examples=[0.5])
]
Included: TypeAlias = Annotated[
    list[Include], Field(max_length=3, description="What each hit carries beside its id and score.")
]


class BoostBody(Body):
    """Adds `weight` times the attribute's normalised value to the score when ranking."""

    key: AttributeKey
    weight: Annotated[float, Field(ge=-10, le=10)]


class Params(Body):
    """How this one search is carried out."""

    recall: Annotated[float | None, Field(gt=0, le=1)] = None
    exact: bool = False
    hubness: Annotated[
        bool, Field(description="false: without the hubness correction of the collection, where it has one.")
    ] = True


class SearchBody(Body):
    """One query and everything that narrows, orders or decorates its hits."""

    query: QueryBody
    limit: Limit = 10
    offset: Offset = 0
    field: Annotated[
        FieldName | None, Field(description="The vectors to search; left out, the ones that suit the query.")
    ] = None
    filter: FilterBody | None = None
    score_threshold: Threshold = None
    group_by: Annotated[AttributeKey | None, Field(description="Only the best hit of each value of it.")] = None
    diversity: Annotated[float, Field(ge=0, le=1, description="0: relevance only; towards 1: more variety.")] = 0.0
    collapse_duplicates: bool = False
    boost: Annotated[list[BoostBody], Field(max_length=16)] = Field(default_factory=list)
    hybrid: Annotated[
        float,
        Field(ge=0, le=1, description="Share of the words (BM25 over the items' texts) in the order of the hits."),
    ] = 0.0
    params: Params = Params()
    include: Included = Field(default=["attributes"])
    min_sequence: Annotated[
        int | None, Field(ge=0, lt=2**63, description="Wait until this write is visible; writes tell it.")
    ] = None

    def request(self, files: Files) -> SearchRequest:
        options = SearchOptions(
            limit=self.limit,
            offset=self.offset,
            field=self.field,
            filter=to_filter(self.filter),
            score_threshold=self.score_threshold,
            group_by=self.group_by,
            diversity=self.diversity,
            collapse_duplicates=self.collapse_duplicates,
            boost=tuple(Boost(boost.key, boost.weight) for boost in self.boost),
            hybrid=self.hybrid,
            params=SearchParameters(exact=self.params.exact, recall=self.params.recall, hubness=self.params.hubness),
            include=frozenset(self.include),
            min_sequence=self.min_sequence,
        )
        return SearchRequest(self.query.query(files), options)


class RefineBody(Body):
    """The query of an earlier answer with other weights; what is left out stays as it was."""

    query_id: Annotated[str, Field(min_length=1, max_length=128, description="`query_id` of the answer.")]
    alpha: Annotated[float | None, Field(ge=-10, le=10)] = None
    beta: Annotated[float | None, Field(ge=0, le=1)] = None
    weights: Annotated[
        list[Annotated[float, Field(ge=-10, le=10)]] | None,
        Field(min_length=1, max_length=32, description="One for each of the query's terms."),
    ] = None
    filter: FilterBody | None = None
    limit: Limit | None = None

    def refinement(self) -> Refinement:
        weights = tuple(self.weights) if self.weights is not None else None
        return Refinement(self.query_id, self.alpha, self.beta, weights, to_filter(self.filter), self.limit)


class SameStyleQuery(Body):
    """Products that are like a product."""

    product: ProductBody
    limit: Limit = 10
    offset: Offset = 0
    filter: FilterBody | None = None
    score_threshold: Threshold = None
    include: Included = Field(default=["attributes"])

    def question(self, files: Files) -> tuple[ProductQuery, SearchOptions]:
        options = SearchOptions(
            limit=self.limit,
            offset=self.offset,
            filter=to_filter(self.filter),
            score_threshold=self.score_threshold,
            include=frozenset(self.include),
        )
        return self.product.product(files), options


class SameStylePairs(Body):
    """All groups of near-duplicates of the collection, as a job. Comes with step 4."""

    pairs: Literal[True]

    def question(self, files: Files) -> tuple[ProductQuery, SearchOptions]:
        raise NotImplementedYetError("`pairs` comes with step 4 of the road: ask for one product at a time until then")


SameStyleBody: TypeAlias = Annotated[
    Annotated[SameStyleQuery, Tag(tag("product"))] | Annotated[SameStylePairs, Tag(tag("pairs"))],
    *exactly_one("product", "pairs"),
]
