"""Does a model answer? One input for each of its towers, through the queue that all inputs take."""

import numpy as np

from models.errors import ModelError
from models.manifest import Manifest
from service.errors import DeadlineExceededError, OverloadedError, ServiceError
from service.queue import EncodeQueue
from service.types import Check, Deadline

_TEXT = "red"


async def probe(queue: EncodeQueue, manifest: Manifest, deadline: Deadline) -> Check:
    """A queue that is full, or late, while runs go on is busy, and that is no fault."""
    name = f"model {manifest.name}"
    blank = np.zeros((manifest.image.size, manifest.image.size, 3), dtype=np.uint8)
    try:
        for content in (blank, _TEXT) if manifest.encodes_text else (blank,):
            encoded = await queue.encode(manifest.name, content, "interactive", deadline)
            if not np.isfinite(encoded.vector).all():
                return Check(name, False, "the encoder gives values that are not finite")
    except (OverloadedError, DeadlineExceededError) as exc:
        is_working = queue.figures().running > 0
        return Check(name, is_working, "busy" if is_working else str(exc))
    except (ModelError, ServiceError) as exc:
        return Check(name, False, str(exc))
    return Check(name, True)
