"""Writes nothing: reads every picture as indexing would, for `--dry-run`."""

import asyncio
from collections.abc import Sequence

from models.errors import PictureError
from models.pictures import PictureLimits, open_picture
from service.errors import problem_for
from service.jobs.index_job.record import SourceRecord
from service.types import CollectionOptions, ItemOutcome


class CheckSink:
    """Says `created` of what could be indexed."""

    def __init__(self, limits: PictureLimits) -> None:
        self._limits = limits

    async def prepare(self, options: CollectionOptions) -> None:
        """Nothing to prepare."""

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        return await asyncio.to_thread(lambda: [self._check(record) for record in records])

    async def close(self) -> None:
        """Nothing to close."""

    def _check(self, record: SourceRecord) -> ItemOutcome:
        try:
            if record.image is not None:
                open_picture(record.image, self._limits)
        except PictureError as exc:
            return ItemOutcome(record.id, "failed", problem_for(exc))
        return ItemOutcome(record.id, "created")
