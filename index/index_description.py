"""What a collection tells of its sealed side, from the snapshot and the segments that are open. Pure functions."""

from collections.abc import Mapping, Sequence
from typing import cast

from index.field_segments import FieldSegments
from index.index_info import IndexInfo, MeasuredKind, MeasuredOn, QueryKind, SealedInfo, SealProgress
from index.sealed.sealed_view import SealedView
from index.sealed.search_settings import reaching
from index.sealed.snapshot import SealedField, Snapshot
from index.sealed.tiers import drift
from index.types import CollectionSpec, FieldName


def index_info(
    spec: CollectionSpec,
    snapshot: Snapshot | None,
    segments: Mapping[FieldName, FieldSegments],
    left_out: Mapping[str, int],
    items_mapped_bytes: int,
    building: SealProgress,
) -> IndexInfo:
    """The index as it stands; `snapshot` is the one that `segments` came from. What is left out counts as fresh."""
    sealed = snapshot.fields if snapshot else {}
    used = [name for name in spec.fields if name in sealed and segments[name].sealed]
    return IndexInfo(
        snapshot=snapshot.number if snapshot else None,
        covered_sequence=snapshot.sequence if snapshot else None,
        fields={name: _field_info(sealed[name], segments[name], spec.recall) for name in used},
        fresh={name: segments[name].fresh for name in spec.fields},
        left_out=left_out,
        mapped_bytes=items_mapped_bytes + sum(one.mapped_bytes for one in segments.values()),
        building=building,
    )


def _field_info(sealed: SealedField, segments: FieldSegments, target: float) -> SealedInfo:
    views = segments.sealed
    return SealedInfo(
        codec=views[0].segment.kind,
        lists=views[0].segment.lists,
        segments=len(views),
        vectors=sum(view.live for view in views),
        dead=sum(len(view.dead) for view in views),
        drift=drift(sealed.trained_misfit, _misfits(sealed, views)),
        on_card=sum(view.segment.count for view in views if view.segment.copy is not None),
        measured={cast(QueryKind, kind): measured_kind(sealed, kind, target) for kind in sealed.curves},
    )


def _misfits(sealed: SealedField, views: Sequence[SealedView]) -> list[tuple[float, int]]:
    """Those that were measured, each with its number of live rows."""
    named = [(view.segment.folder.name, view.live) for view in views]
    return [(sealed.misfits[name], live) for name, live in named if name in sealed.misfits]


def measured_kind(sealed: SealedField, kind: str, target: float) -> MeasuredKind:
    """The curve of a kind with the point that is searched at."""
    curve = sealed.curves[kind]
    on = sealed.measured_on.get(kind, MeasuredOn("own", 0))
    return MeasuredKind(on, curve, reaching(curve, target))
