"""Seals a collection: writes new segments, measures them, publishes the snapshot that names them.

Runs in a process of its own, at low priority (`sealer.py` starts it), while the collection takes writes: what
changes meanwhile has a later sequence number, is left out here, and stays in the exact segment of whoever serves.
The starter of the process holds the collection's writer lock, so that there is one builder at a time.
"""

import logging
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np
from pyroaring import BitMap

from index.bitmaps import Rows, from_rows, to_rows
from index.catalog import read_spec
from index.catalog_connection import connect, transaction, translated
from index.durable_files import sync_file, sync_folder
from index.errors import CorruptError
from index.index_info import CodecChoice, CodecKind, MeasuredOn, QueryKind
from index.query_bank import QueryBank
from index.sealed.catalog_vectors import rows_between, vectors_of
from index.sealed.coarse import distances_to_centroids
from index.sealed.codec import CodecSpec, chosen, lists_for
from index.sealed.items_writer import write_items
from index.sealed.measuring import Sample, curves
from index.sealed.policy import UNSEAL
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.segment_files import DESCRIPTION, FILES, SegmentFiles, named_after, sha256_of
from index.sealed.segment_writer import write_segment
from index.sealed.snapshot import SealedField, Snapshot, SnapshotFiles, dead_rows_text
from index.sealed.tiers import MOST_DRIFT, Standing, drift, needs_training, to_merge
from index.sealed.training import load, save, train
from index.sealed.trust import is_whole_codec, open_segment, put_stamp
from index.stored_vectors import Stored, unit_rows
from index.types import CollectionSpec, FieldName

log = logging.getLogger(__name__)
QUERIES = 200
"""Held-out queries of a kind, at most."""
HELD_OUT = 20
"""One vector of so many is not trained on: those that were lie nearer to the centroids than like ones."""
UNMEASURED_SHARE = 0.1
"""While fewer rows than this share came or went since the recall was measured, it is taken to be the same: most of the
time of a small seal would go into measuring."""
OWN_KIND: Mapping[FieldName, QueryKind] = {"image": "image", "product": "product"}
"""What vectors of the field itself are as queries."""
Progress = Callable[[str, float], None]
"""What is being done, and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class SealOrder:
    """What is asked of a builder."""

    least: int = 50_000
    """A field with fewer vectors stays exact."""
    codec: CodecChoice | None = None
    """Of what is trained now; what is sealed in another keeps that until then. None: the collection's own choice."""
    measure: bool = False
    """Measure what is sealed again, though nothing changed in it."""
    threads: int = 1
    """For training and writing; the measurement takes one, as searches do."""


def seal(root: Path, order: SealOrder, progress: Progress) -> Snapshot | None:
    """Seal all that is committed now; None where nothing is sealed or was. Raises what the store raises.

    A snapshot without fields is published where all of them shrank too far to stay sealed.
    """
    files = SnapshotFiles(root)
    with closing(connect(root / "catalog.sqlite", writable=False)) as connection:
        with transaction(connection):
            spec = read_spec(connection)
            (sequence,) = connection.execute("SELECT value FROM meta WHERE key = 'sequence'").fetchone()
        previous = usable(files)
        builders = [FieldBuilder(files, connection, spec, name, sequence, order, progress) for name in spec.fields]
        sealed = {one.field: one.built(previous) for one in builders}
        fields: dict[str, SealedField] = {name: found for name, found in sealed.items() if found is not None}
        if not fields and not (previous and previous.fields):
            return None
        progress("writing the items", 0.0)
        items = write_items(files.items_folder, connection, spec.attributes, sequence)
    snapshot = Snapshot((previous.number if previous else 0) + 1, sequence, fields, items)
    files.publish(snapshot)
    files.sweep()
    return snapshot


def usable(files: SnapshotFiles) -> Snapshot | None:
    """The current snapshot without what is damaged: a segment, or a whole field where its codec is."""
    try:
        found = files.read()
    except CorruptError as error:
        log.error("%s; everything is sealed anew", error)
        return None
    if found is None:
        return None
    whole = {name: sealed for name, sealed in found.fields.items() if is_whole_codec(files, sealed.codec)}
    return replace(found, fields={name: _usable_field(files, sealed) for name, sealed in whole.items()})


def _usable_field(files: SnapshotFiles, sealed: SealedField) -> SealedField:
    return replace(sealed, segments=tuple(name for name in sealed.segments if _is_usable(files, name)))


def _is_usable(files: SnapshotFiles, name: str) -> bool:
    try:
        open_segment(files.segment(name))
    except CorruptError as error:
        log.error("%s; it is sealed again", error)
        return False
    return True


@dataclass(frozen=True)
class FieldBuilder:
    """Seals one vector field up to `sequence`."""

    files: SnapshotFiles
    connection: sqlite3.Connection
    spec: CollectionSpec
    field: FieldName
    sequence: int
    order: SealOrder
    progress: Progress

    def built(self, previous: Snapshot | None) -> SealedField | None:
        """None where the field stays exact, or becomes it."""
        before = previous.fields.get(self.field) if previous else None
        live = rows_between(self.connection, self.spec, self.field, -1, self.sequence)
        codec = chosen(self.order.codec or self.spec.codec, self.spec.dimension)
        if codec is None or len(live) < (self.order.least // UNSEAL if before else self.order.least):
            return None
        after = previous.sequence if previous and before else -1
        fresh = rows_between(self.connection, self.spec, self.field, after, self.sequence)
        if before is None or needs_training(before.trained_for, len(live)):
            return self._trained(codec, live)
        return self._grown(before, live, fresh) or self._trained(codec, live)

    def _trained(self, codec_kind: CodecKind, live: BitMap) -> SealedField | None:
        """All in one segment of a new codec; None where too few are left to train one."""
        trained = self._train(codec_kind, live)
        if trained is None:
            return None
        codec, held_out_misfit = trained
        name, misfit = self._write(codec, live)
        sealed = SealedField(codec, (name,), {}, len(live), misfits={name: misfit}, trained_misfit=held_out_misfit)
        return self._measured(sealed, {})

    def _grown(self, before: SealedField, live: BitMap, fresh: BitMap) -> SealedField | None:
        """The same codec: fresh rows go into a new segment, with those of the segments it swallows.

        None where the vectors have drifted too far from those that the codec was trained on.
        """
        segments = {name: open_segment(self.files.segment(name)) for name in before.segments}
        unchanged = live - fresh
        known = {name: one.all_rows - before.dead_rows(name) for name, one in segments.items()}
        alive = {name: rows & unchanged for name, rows in known.items()}
        fresh = live - BitMap().union(*alive.values())  # with the rows of segments that were damaged
        standing = [Standing(name, segments[name].count, segments[name].count - len(alive[name])) for name in segments]
        merged = to_merge(standing, len(fresh))
        died = sum(len(known[name]) - len(alive[name]) for name in segments)
        if not merged and not fresh and not died and not self._is_to_be_measured(before):
            return before
        rows = fresh.union(*(alive[name] for name in merged))
        dead = {name: segments[name].all_rows - alive[name] for name in segments if name not in merged}
        misfits = {name: misfit for name, misfit in before.misfits.items() if name in dead}
        if rows:
            name, misfits[name] = self._write(before.codec, rows)
            dead[name], alive[name] = BitMap(), rows
        drifted = drift(before.trained_misfit, ((misfit, len(alive[name])) for name, misfit in misfits.items()))
        if drifted is not None and drifted > MOST_DRIFT:
            self.progress(f"vectors of '{self.field}' have drifted: {drifted:.2f} times as far from their lists", 0.0)
            return None
        unmeasured = before.unmeasured + len(fresh) + died
        grown = replace(before, segments=tuple(dead), dead=dead_rows_text(dead), misfits=misfits, unmeasured=unmeasured)
        if before.curves and unmeasured <= UNMEASURED_SHARE * len(live) and not self._is_to_be_measured(before):
            return grown
        return self._measured(grown, segments)

    def _train(self, codec_kind: CodecKind, rows: BitMap) -> tuple[str, float] | None:
        """The name of a new codec, and the misfit of vectors that it was not trained on; None where too few of the rows
        are left to train one."""
        spec = CodecSpec(codec_kind, self.spec.dimension, lists_for(len(rows)))
        faiss.omp_set_num_threads(self.order.threads)
        self.progress(f"training {spec.factory} for '{self.field}'", 0.0)
        wanted = spec.sample_size * HELD_OUT // (HELD_OUT - 1)
        chosen = np.random.default_rng(0).permutation(to_rows(rows))[:wanted]
        chunks = vectors_of(self.connection, self.spec, self.field, from_rows(chosen), self.sequence)
        sample, held_out = [], []
        for _, stored in chunks:
            is_held_out = np.arange(len(stored)) % HELD_OUT == 0
            held_out.append(unit_rows(stored[is_held_out]))
            sample.append(unit_rows(stored[~is_held_out]))
        if sum(map(len, sample)) < spec.fewest:
            return None
        codec = train(spec, np.concatenate(sample))
        misfit = float(distances_to_centroids(codec, np.concatenate(held_out)).mean())
        made = self.files.codec(f"{self.field}-{uuid.uuid4().hex[:12]}")
        with translated():
            made.parent.mkdir(exist_ok=True)
            save(codec, made)
            sync_file(made)
            name = named_after(made.stem, sha256_of(made))
            made.rename(self.files.codec(name))
            sync_folder(made.parent)
        return name, misfit

    def _write(self, codec: str, rows: BitMap) -> tuple[str, float]:
        """The name of a new segment, and its misfit."""
        made = self.files.segment(f"{self.field}-{uuid.uuid4().hex[:12]}")
        faiss.omp_set_num_threads(self.order.threads)
        with translated():
            made.mkdir(parents=True)
            trained = load(self.files.codec(codec))
            misfit = write_segment(made, trained, codec, self.field, self.spec.space_id, self._read(rows))
            name = named_after(made.name, sha256_of(made / DESCRIPTION))
            made.rename(self.files.segment(name))
            put_stamp(SegmentFiles(self.files.segment(name)), FILES)
            sync_folder(made.parent)
        return name, misfit

    def _read(self, rows: BitMap) -> Iterator[tuple[Rows, Stored]]:
        done = 0
        for page_rows, stored in vectors_of(self.connection, self.spec, self.field, rows, self.sequence):
            yield page_rows, stored
            done += len(page_rows)
            self.progress(f"writing {len(rows)} vectors of '{self.field}'", done / len(rows))

    def _measured(self, sealed: SealedField, opened: Mapping[str, SealedSegment]) -> SealedField:
        """With the recall of its segments, of which those `opened` are open already."""
        self.progress(f"measuring '{self.field}'", 0.0)
        segments = {name: opened.get(name) or open_segment(self.files.segment(name)) for name in sealed.segments}
        views = [SealedView.of(segment, sealed.dead_rows(name), {}) for name, segment in segments.items()]
        if not any(view.live for view in views):
            return replace(sealed, curves={}, measured_on={}, unmeasured=0)
        own = OWN_KIND[self.field]  # its vectors themselves, unless the bank holds queries of that kind
        samples: dict[str, Sample] = {own: Sample.own(views, QUERIES)}
        on: dict[str, MeasuredOn] = {own: MeasuredOn("own", len(samples[own].queries))}
        for kind in self._bank_kinds():
            held_out = self._bank.held_out(self.field, kind)
            if held_out is not None:
                samples[kind] = Sample.foreign(held_out.vectors[:QUERIES])
                on[kind] = MeasuredOn(held_out.source, len(samples[kind].queries))
        return replace(sealed, curves=curves(views, samples), measured_on=on, unmeasured=0)

    def _is_to_be_measured(self, before: SealedField) -> bool:
        return self.order.measure or self._bank.is_unmeasured(self.field, before.curves)

    def _bank_kinds(self) -> list[QueryKind]:
        return sorted(kind for field, kind in self._bank.kinds() if field == self.field)

    @property
    def _bank(self) -> QueryBank:
        return QueryBank(self.files.root, self.spec.dimension)
