"""How a collection's index is described: what is sealed, and the recall that was measured for each kind of query."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from index.index_info import CodecChoice, MeasuredKind, QueryKind, QuerySource, SealedInfo
from index.sealed.search_settings import CurvePoint
from index.types import CollectionInfo, FieldName
from service.types import LiveRecallFigure

SERVED: dict[str, tuple[QueryKind, ...]] = {
    "image": ("text", "image", "composed"),
    "product": ("product", "text"),
}
"""The kinds that are searched in a field unless a request says otherwise."""


class LiveRecallAnswer(TypedDict):
    """Of the last searches of one kind that were repeated exactly."""

    field: FieldName
    kind: QueryKind
    recall: float
    samples: int
    drifts: Annotated[bool, Field(description="Under the target by more than chance: recall is measured again.")]


class RecallAnswer(TypedDict):
    """The share of the true neighbours that a search finds."""

    target: float
    measured: Annotated[float, Field(description="Of the hardest kind of query that was measured.")]
    method: Annotated[
        Literal["exact", "held_out"],
        Field(description="`exact`: nothing is sealed, so all are found; `held_out`: measured on held-out queries."),
    ]
    live: Annotated[list[LiveRecallAnswer], Field(description="By searches of this process; empty without any.")]


class PointAnswer(TypedDict):
    """One setting, and what it reached."""

    recall: float
    ms: Annotated[float, Field(description="Median of the builder, to compare the points of one curve.")]
    probes: Annotated[int, Field(description="Lists scanned; 0: every vector is looked at, which is faster here.")]
    candidates: Annotated[int, Field(description="Rows rescored exactly, for each hit asked for.")]


class KindAnswer(TypedDict):
    """What was measured for one kind of query."""

    source: Annotated[
        QuerySource,
        Field(description="Its queries: `log` (of users), `items` (made from texts), `own` (vectors of the field)."),
    ]
    queries: int
    chosen: Annotated[PointAnswer, Field(description="Reaches the target at the least cost, or is the best there is.")]
    curve: list[PointAnswer]


class FieldAnswer(TypedDict):
    """The index of one vector field."""

    codec: Annotated[str, Field(description="`exact` while nothing is sealed.")]
    lists: int
    segments: int
    vectors: Annotated[int, Field(description="Sealed and alive.")]
    dead: Annotated[int, Field(description="Sealed, but deleted or replaced since.")]
    fresh: Annotated[int, Field(description="Not sealed yet: searched exactly.")]
    drift: Annotated[
        float | None,
        Field(
            description="Mean distance of the vectors from the centres of their lists, times that when these were "
            "trained. Beyond 1.1 the next seal trains them again. null: not known."
        ),
    ]
    on_gpu: Annotated[int, Field(description="Sealed, dead ones too, that this process searches on a card.")]
    left_out: Annotated[int, Field(description="Of damaged segments, found by no search until they are sealed again.")]
    kinds: dict[QueryKind, KindAnswer]
    not_measured: Annotated[list[QueryKind], Field(description="Searched like the hardest kind that was measured.")]


class BuildingAnswer(TypedDict):
    """What the builder does now."""

    doing: str
    share: float


class IndexAnswer(TypedDict):
    """How the vectors are kept and searched."""

    codec: Annotated[CodecChoice, Field(description="As asked for when the collection was created.")]
    covered_sequence: Annotated[int | None, Field(description="The last write that the snapshot holds.")]
    fields: dict[FieldName, FieldAnswer]
    building: BuildingAnswer | None


def index_answer(info: CollectionInfo) -> IndexAnswer:
    index = info.index
    building = BuildingAnswer(doing=index.building.doing, share=index.building.share)
    return IndexAnswer(
        codec=info.spec.codec,
        covered_sequence=index.covered_sequence,
        fields={name: _field(info, name) for name in info.spec.fields},
        building=building if index.building.doing else None,
    )


def recall_answer(info: CollectionInfo, live: Sequence[LiveRecallFigure]) -> RecallAnswer:
    chosen = [kind.chosen.recall for one in info.index.fields.values() for kind in one.measured.values()]
    return RecallAnswer(
        target=info.spec.recall,
        measured=min(chosen, default=1.0),
        method="held_out" if chosen else "exact",
        live=[
            LiveRecallAnswer(field=one.field, kind=one.kind, recall=one.recall, samples=one.samples, drifts=one.drifts)
            for one in live
        ],
    )


def _field(info: CollectionInfo, name: FieldName) -> FieldAnswer:
    fresh = info.index.fresh.get(name, info.vectors.get(name, 0))
    left_out, sealed = info.index.left_out.get(name, 0), info.index.fields.get(name)
    if sealed is None:
        return FieldAnswer(
            codec="exact",
            lists=0,
            segments=0,
            vectors=0,
            dead=0,
            fresh=fresh,
            drift=None,
            on_gpu=0,
            left_out=left_out,
            kinds={},
            not_measured=[],
        )
    return FieldAnswer(
        codec=sealed.codec,
        lists=sealed.lists,
        segments=sealed.segments,
        vectors=sealed.vectors,
        dead=sealed.dead,
        fresh=fresh,
        drift=sealed.drift,
        on_gpu=sealed.on_card,
        left_out=left_out,
        kinds={kind: _kind(one) for kind, one in sealed.measured.items()},
        not_measured=_not_measured(name, sealed),
    )


def _not_measured(name: str, sealed: SealedInfo) -> list[QueryKind]:
    return [kind for kind in SERVED[name] if kind not in sealed.measured]


def _kind(measured: MeasuredKind) -> KindAnswer:
    return KindAnswer(
        source=measured.on.source,
        queries=measured.on.queries,
        chosen=_point(measured.chosen),
        curve=[_point(point) for point in measured.curve],
    )


def _point(point: CurvePoint) -> PointAnswer:
    return PointAnswer(
        recall=point.recall, ms=point.ms, probes=point.settings.probes, candidates=point.settings.candidates
    )
