"""Nearest centroids on a CUDA card, where FAISS was built for one and there is one: most of what a seal computes."""

import logging
from typing import Any

import faiss as faiss_library

faiss: Any = faiss_library  # its type stubs do not know all it has
log = logging.getLogger(__name__)


def has_card() -> bool:
    return hasattr(faiss, "get_num_gpus") and faiss.get_num_gpus() > 0


def on_card(flat: Any) -> Any:
    """A copy of a flat index on all cards; the index itself where there is none, or none takes it."""
    if not has_card():
        return flat
    try:
        return faiss.index_cpu_to_all_gpus(flat)
    except RuntimeError as error:  # no memory left on it, or a driver that does not fit
        log.warning("the card is not used to seal: %s", error)
        return flat
