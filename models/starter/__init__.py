"""The starter model: how its bundle is made (`python -m models.starter`) and put together (`assemble`).

`assemble`, `sentence_weights`, `tokenizer` and `split` need no torch; the rest is the training job.
"""

from models.starter.assemble import assemble

__all__ = ["assemble"]
