"""Which sealed segments a collection has, as of which change. Owns `snapshots/<n>.json`, `CURRENT` and what they name.

A snapshot is whole or absent: its segments are finished first, then its own file, then `CURRENT` is renamed over,
which holds the number and the checksum of that file (format 1: the number alone, and it is believed).
Segments are shared between snapshots, so that sealing new rows rewrites no old ones. What no current snapshot
names is removed at once: a process that has it mapped keeps its pages, one that is about to open it reads
`CURRENT` again.
"""

import hashlib
import shutil
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pyroaring import BitMap

from index.catalog_connection import translated
from index.durable_files import place_durably, stamp_of, sync_folder
from index.errors import CorruptError
from index.index_info import MeasuredOn
from index.sealed.search_settings import CurvePoint, SearchSettings

FORMAT_VERSION = 3
READ_VERSIONS = (1, 2, 3)


@dataclass(frozen=True)
class SealedField:
    """The sealed side of one vector field."""

    codec: str
    """Name of the trained codec that all its segments share."""
    segments: tuple[str, ...]
    dead: Mapping[str, str]
    """Segment to the rows that were dead in it by then: a roaring bitmap in base64."""
    trained_for: int
    """How many vectors there were when the codec was trained."""
    curves: Mapping[str, Sequence[CurvePoint]] = field(default_factory=dict)
    """Query kind to what was measured for it on held-out queries."""
    measured_on: Mapping[str, MeasuredOn] = field(default_factory=dict)
    """Query kind to those queries."""
    unmeasured: int = 0
    """Rows that were sealed or died since."""
    misfits: Mapping[str, float] = field(default_factory=dict)
    """Segment to the misfit of its vectors (`segment_writer.write_segment`)."""
    trained_misfit: float | None = None
    """Of vectors that were there when the codec was trained, and held out; None where an older version trained it."""

    def dead_rows(self, segment: str) -> BitMap:
        return BitMap.deserialize(b64decode(self.dead[segment])) if segment in self.dead else BitMap()


def dead_rows_text(dead: Mapping[str, BitMap]) -> dict[str, str]:
    """As `SealedField.dead` holds them."""
    return {name: b64encode(rows.serialize()).decode() for name, rows in dead.items() if rows}


@dataclass(frozen=True)
class Snapshot:
    """What was sealed when the catalogue stood at `sequence`."""

    number: int
    sequence: int
    fields: Mapping[str, SealedField]
    items: str | None = None
    """Name of the sealed items; None in the formats that had none."""
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class SnapshotFiles:
    """Where the sealed side of a collection lies."""

    root: Path
    """The folder of the collection."""

    @property
    def current(self) -> Path:
        return self.root / "CURRENT"

    def segment(self, name: str) -> Path:
        return self.root / "segments" / name

    def codec(self, name: str) -> Path:
        return self.root / "codecs" / f"{name}.faiss"

    @property
    def items_folder(self) -> Path:
        return self.root / "items"

    def items(self, name: str) -> Path:
        return self.items_folder / name

    def description(self, number: int) -> Path:
        return self.root / "snapshots" / f"{number:08d}.json"

    def stamp(self) -> tuple[int, int] | None:
        """Another one whenever another snapshot is published; None where there is none. Cheap."""
        return stamp_of(self.current)

    def read(self) -> Snapshot | None:
        """The current snapshot; None where nothing was sealed yet. Raises CorruptError."""
        try:
            number, _, checksum = self.current.read_text().strip().partition(" ")
            text = self.description(int(number)).read_bytes()
            if checksum and hashlib.sha256(text).hexdigest() != checksum:
                raise ValueError("its checksum is another")
            found = orjson.loads(text)
            if not checksum and found["format_version"] > 1:
                raise ValueError("CURRENT is torn")
            return _loaded(found)
        except FileNotFoundError as error:
            if not self.current.exists():
                return None
            raise CorruptError(f"a snapshot of '{self.root.name}' is missing: {error}") from error
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise CorruptError(f"the snapshot of '{self.root.name}' cannot be read: {error}") from error

    def publish(self, snapshot: Snapshot) -> None:
        """Make it the current one, durably. Its segments and codecs are finished and synced before."""
        path = self.description(snapshot.number)
        with translated():
            path.parent.mkdir(exist_ok=True)
            text = orjson.dumps(asdict(snapshot), option=orjson.OPT_INDENT_2)
            place_durably({path: text})
            sync_folder(path.parent)
            place_durably({self.current: f"{snapshot.number} {hashlib.sha256(text).hexdigest()}".encode()})
            sync_folder(self.root)

    def sweep(self) -> None:
        """Remove what the current snapshot does not name. Only while nobody builds."""
        current = self.read()
        fields = current.fields.values() if current else ()
        kept = {self.segment(name) for sealed in fields for name in sealed.segments}
        kept |= {self.codec(sealed.codec) for sealed in fields}
        kept |= {self.description(current.number)} if current else set()
        kept |= {self.items(current.items)} if current and current.items else set()
        for folder in ("segments", "codecs", "items", "snapshots"):
            for path in (self.root / folder).glob("*"):
                if path not in kept:
                    _remove(path)
        for path in self.root.glob(".*.tmp"):  # of a builder that was killed
            _remove(path)


def _loaded(found: dict[str, Any]) -> Snapshot:
    if found["format_version"] not in READ_VERSIONS:
        raise ValueError(f"format {found['format_version']}; this version reads {FORMAT_VERSION}")
    fields = {name: _loaded_field(sealed) for name, sealed in found["fields"].items()}
    return Snapshot(found["number"], found["sequence"], fields, found.get("items"))


def _loaded_field(found: dict[str, Any]) -> SealedField:
    curves = {
        kind: tuple(CurvePoint(SearchSettings(**point.pop("settings")), **point) for point in points)
        for kind, points in found["curves"].items()
    }
    measured_on = {kind: MeasuredOn(**one) for kind, one in found.get("measured_on", {}).items()}
    segments = tuple(found["segments"])
    return SealedField(
        found["codec"],
        segments,
        found["dead"],
        found["trained_for"],
        curves,
        measured_on,
        found.get("unmeasured", 0),  # older versions measured after every seal
        found.get("misfits", {}),
        found.get("trained_misfit"),
    )


def _remove(path: Path) -> None:
    """Whoever looks finds a whole folder or none."""
    if path.is_dir():
        doomed = path if path.name.startswith(".") else path.rename(path.with_name(f".{path.name}"))
        shutil.rmtree(doomed, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
