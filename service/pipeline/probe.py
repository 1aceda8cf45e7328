"""Does a model answer? One input for each of its towers, through the queue that all inputs take."""

import numpy as np

from models.errors import ModelError
from models.manifest import Manifest
from service.errors import DeadlineExceededError, OverloadedError, ServiceError
from service.queue import EncodeQueue
from service.types import Check, Deadline

_TEXT = "red"
_STANDSTILL_S = 5.0
"""Many times what a run takes. Where no run began for so long though inputs wait, all of them hang."""


async def probe(queue: EncodeQueue, manifest: Manifest, deadline: Deadline) -> Check:
    """A queue that is full, or late, is busy while runs begin, and that is no fault; one that stands still is."""
    name = f"model {manifest.name}"
    blank = np.zeros((manifest.image.size, manifest.image.size, 3), dtype=np.uint8)
    try:
        for content in (blank, _TEXT) if manifest.encodes_text else (blank,):
            encoded = await queue.encode(manifest.name, content, "interactive", deadline)
            if not np.isfinite(encoded.vector).all():
                return Check(name, False, "the encoder gives values that are not finite")
    except (OverloadedError, DeadlineExceededError) as exc:
        figures = queue.figures()
        is_working = figures.running > 0 and figures.newest_run_s < _STANDSTILL_S
        return Check(name, is_working, "busy" if is_working else str(exc))
    except (ModelError, ServiceError) as exc:
        return Check(name, False, str(exc))
    return Check(name, True)
