"""The one place that reads the environment. Owns every setting, its default, its bounds and its documentation.

`python -m service.settings` prints docs/settings.md.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "LOOKALIKE_"


class UnknownSettingError(ValueError):
    """A variable with our prefix that names no setting, or a value that is not valid."""


class Settings(BaseSettings):
    """Everything that can be configured. Frozen; made once, in the entry points, by `read_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on. Anything but loopback opens it to the network.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(Path("data"), description="Where collections and bundles are kept. Must be a local disk.")
    bundle_dirs: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders that hold model bundles, separated like PATH. Empty: `bundles` in the data directory."
    )
    default_model: str = Field("starter", description="Name of the bundle that is used where a request names none.")
    engine: str = Field(
        "auto",
        description="Engine that runs the models: `onnxruntime`, `openvino`, `cuda`, `tensorrt`, or `auto`: the one "
        "that was fastest here at the precision.",
    )
    engine_budget_s: float = Field(
        12.0, ge=0, le=600, description="Time to measure the engines on a first start; 0: nothing is measured."
    )
    precision: str = Field(
        "", description="Precision of all models: `fp32`, `fp16`, `bf16`, `int8`. Empty: each bundle's own."
    )
    store: str = Field("local", description="Collection store.")
    seal_from: int = Field(
        50_000, ge=1_000, description="Vectors of a field from which on it is sealed; fewer are searched exactly."
    )
    seal_memory_bytes: int = Field(
        500_000_000,
        ge=1_000_000,
        description="Memory for the vectors of a field that are not sealed yet. At 4 times as much, writes wait.",
    )
    seal_age_s: float = Field(
        3600.0, gt=0, description="Unsealed vectors of this age are sealed, unless they are under a thousandth."
    )
    search_on_gpu: bool = Field(
        False, description="Copy sealed vectors to a CUDA card, 2 bytes a dimension, and search them there."
    )
    search_realtime: bool = Field(
        False,
        description="Search at real-time priority, with no wait for a core beside seals and writes. The system must "
        "grant it (docs/operations.md).",
    )
    query_log: bool = Field(
        True,
        description="Keep a sample of query vectors (no words, no pictures) beside each collection, to measure recall.",
    )
    recall_share: float = Field(
        0.01, ge=0, le=1, description="Share of the searches repeated exactly, later, to know their recall; 0: none."
    )
    encoder_workers: int = Field(0, ge=0, le=256, description="Encoder runs at a time; 0 takes one for each core.")
    encoder_threads: int = Field(1, ge=1, le=256, description="Threads of one encoder run; on a CPU 1 is fastest.")
    decode_threads: int = Field(
        0, ge=0, le=256, description="Pictures of items decoded at a time; 0: one for each core."
    )
    child_processes: bool = Field(
        True, description="`serve` runs the encoder and the picture decoders in supervised processes of their own."
    )
    encoder_start_s: float = Field(120.0, gt=0, description="Time for the encoder's process to load the models.")
    encode_limit_s: float = Field(20.0, gt=0, description="Time for one batch; then the encoder is started again.")
    decode_limit_s: float = Field(5.0, gt=0, description="Time for one picture; then its decoder is started again.")
    quarantine_ttl_s: float = Field(3600.0, gt=0, description="How long an input that crashed twice is refused.")
    store_threads: int = Field(8, ge=1, le=256, description="Searches and reads at a time.")
    write_threads: int = Field(4, ge=1, le=256, description="Writes to the collections at a time.")
    queue_interactive: int = Field(256, ge=1, description="Inputs that may wait for the encoder, of searches.")
    queue_bulk: int = Field(1024, ge=1, description="Inputs that may wait for the encoder, of indexing.")
    queue: str = Field("local", description="What carries inputs to encoders: `local`, or `redis` (needs workers).")
    redis_url: str = Field(
        "redis://127.0.0.1:6379/0",
        repr=False,
        description="Redis of the queue; `redis://:PASSWORD@HOST:PORT/DB`, `rediss://…` or `unix:///PATH`.",
    )
    redis_prefix: str = Field(
        "lookalike",
        min_length=1,
        description="First part of all keys in Redis: gateways and workers of one fleet share it.",
    )
    redis_patience_s: float = Field(3.0, ge=0, description="Redis may be away for so long before requests get a 503.")
    worker_port: int = Field(8001, ge=0, le=65535, description="Port of a worker's metrics and probes; 0: a free one.")
    worker_slots: int = Field(
        0,
        ge=0,
        le=4096,
        description="Inputs of a lane that a worker takes at most; 0: enough for two runs of each encoder thread.",
    )
    worker_claim_s: float = Field(
        2.0, ge=0.1, description="After so long without a sign of its worker, an input is taken over by another."
    )
    worker_deliveries: int = Field(
        5, ge=1, description="Workers that may die over one input before it is answered with an error."
    )
    max_requests: int = Field(256, ge=1, description="Requests answered at a time; more are refused with 503.")
    max_body_bytes: int = Field(64_000_000, ge=1024, description="Largest request body.")
    max_picture_bytes: int = Field(20_000_000, ge=1024, description="Largest picture file.")
    max_picture_pixels: int = Field(40_000_000, ge=4096, description="Most pixels a picture's header may announce.")
    max_jpeg_pixels: int = Field(120_000_000, ge=4096, description="The same for JPEGs, scaled while they are decoded.")
    max_batch_items: int = Field(1000, ge=1, le=1000, description="Most items, inputs or documents of a request.")
    max_limit: int = Field(1000, ge=1, le=1000, description="Most hits of one page of results.")
    max_reach: int = Field(10_000, ge=1, le=100_000, description="Largest `offset + limit` of a search.")
    max_text_chars: int = Field(
        20_000, ge=16, description="Longest text. The model's context is shorter and truncates."
    )
    max_terms: int = Field(32, ge=1, le=256, description="Most terms of a search, and templates of a classification.")
    search_deadline_s: float = Field(10.0, gt=0, description="Time for a search, a refinement or an embedding.")
    write_deadline_s: float = Field(120.0, gt=0, description="Time for a batch of items.")
    read_deadline_s: float = Field(5.0, gt=0, description="Time to read an item, a picture or a collection.")
    ready_deadline_s: float = Field(2.0, gt=0, description="Time for the readiness probe.")
    drain_s: float = Field(10.0, ge=0, description="Time that accepted work gets when the service stops.")
    cache: Literal["memory", "redis"] = Field(
        "memory",
        description="Where vectors and queries are cached: `memory`, or a `redis` that several gateways share.",
    )
    query_state_entries: int = Field(10_000, ge=1, description="Queries kept for `refine`.")
    query_state_bytes: int = Field(64_000_000, ge=1, description="Memory for them.")
    query_state_ttl_s: float = Field(900.0, gt=0, description="How long a query can be refined.")
    vector_cache_entries: int = Field(20_000, ge=1, description="Vectors of texts and pictures kept in memory.")
    vector_cache_bytes: int = Field(64_000_000, ge=1, description="Memory for them.")
    vector_cache_ttl_s: float = Field(3600.0, gt=0, description="How long they are kept.")
    traces_endpoint: str = Field(
        "",
        repr=False,
        description="OpenTelemetry collector that gets traces over OTLP/HTTP, such as `http://127.0.0.1:4318`. "
        "Empty: nothing is traced. Needs the extra `tracing`.",
    )
    traces_share: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the requests that are traced; a client's `traceparent` decides for its own.",
    )
    log_format: Literal["console", "json"] = Field("console", description="Log lines for people or for machines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

    @field_validator("bundle_dirs", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(Path(part) for part in value.split(os.pathsep) if part)
        return value

    @property
    def bundle_folders(self) -> tuple[Path, ...]:
        return self.bundle_dirs or (self.data_dir / "bundles",)

    @property
    def collections_dir(self) -> Path:
        return self.data_dir / "collections"

    @property
    def engines_file(self) -> Path:
        """Remembers which engine was fastest."""
        return self.data_dir / "engines.json"

    @property
    def engine_cache_dir(self) -> Path:
        """What engines compiled."""
        return self.data_dir / "engines"

    @property
    def encodes_here(self) -> bool:
        """Whether this process, or a child of it, runs encoders."""
        return self.queue == "local"

    @property
    def encoder_runs(self) -> int:
        return self.encoder_workers or os.cpu_count() or 1

    @property
    def decode_runs(self) -> int:
        return self.decode_threads or os.cpu_count() or 1


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """The settings of this process: `overrides` (the command line) before the environment before the defaults.

    Raises: UnknownSettingError with a sentence for people.
    """
    _refuse_unknown(environment)
    try:
        return Settings(**overrides)
    except ValidationError as exc:
        lines = (f"{PREFIX}{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in exc.errors())
        raise UnknownSettingError("; ".join(lines)) from exc


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0]
            raise UnknownSettingError(f"{name} is not a setting; the nearest one is {nearest} (docs/settings.md)")


def as_markdown() -> str:
    """docs/settings.md."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | `{_shown(field.default)}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    head = [
        "# Settings",
        "",
        "Environment variables; the command line overrides some of them. An unknown `LOOKALIKE_` variable is an error.",
        "Generated by `python -m service.settings > docs/settings.md`.",
        "",
        "| Variable | Default | Meaning |",
        "|---|---|---|",
    ]
    return "\n".join(head + rows) + "\n"


def _shown(default: object) -> str:
    return os.pathsep.join(map(str, default)) if isinstance(default, tuple) else str(default)


if __name__ == "__main__":
    print(as_markdown(), end="")
