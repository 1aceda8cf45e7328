"""What comes back from an embeddings route."""

import base64
import json

import numpy as np
from numpy.typing import NDArray


def vector(body: bytes) -> NDArray[np.float32]:
    """The one vector of an answer in OpenAI's shape, as numbers or base64."""
    (row,) = json.loads(body)["data"]
    shown = row["embedding"]
    return np.frombuffer(base64.b64decode(shown), "<f4") if isinstance(shown, str) else np.asarray(shown, np.float32)
