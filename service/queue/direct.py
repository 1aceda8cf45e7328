"""Runs batches with engines in this process: for the command line and tests. A native crash takes the process along."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.encoder import Encoder
from models.errors import ModelError
from service.errors import EncoderFailedError
from service.queue.port import Content, Encoded


class DirectRunner:
    """Adapter of `Runner`."""

    def __init__(self, encoders: Mapping[str, Encoder]) -> None:
        self._encoders = encoders

    def run(self, model: str, contents: Sequence[Content]) -> Sequence[Encoded]:
        try:
            return encoded(self._encoders[model], contents)
        except ModelError:
            raise
        except Exception as exc:
            raise EncoderFailedError(
                "the model could not encode this input: leave it out; the error was logged"
            ) from exc

    def run_alone(self, model: str, content: Content) -> Encoded:
        (answer,) = self.run(model, [content])
        return answer

    def refuse_quarantined(self, model: str, content: Content) -> None:
        """Nothing to refuse: who survives a crash of this process remembers nothing."""

    def close(self) -> None:
        """Nothing to end."""


def encoded(encoder: Encoder, contents: Sequence[Content]) -> Sequence[Encoded]:
    """Texts, or the pixels of pictures, to their vectors; raises whatever the engine raises."""
    if isinstance(contents[0], str):
        texts = encoder.encode_texts([str(content) for content in contents])
        rows = zip(texts.vectors, texts.token_counts, texts.truncated, strict=True)
        return [Encoded(vector, count, is_truncated) for vector, count, is_truncated in rows]
    pixels = np.stack([np.asarray(content, dtype=np.uint8) for content in contents])
    return [Encoded(vector) for vector in encoder.encode_pixels(pixels)]
