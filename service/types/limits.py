"""What one request may ask for, as a value. Owns no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that every way into the service shares."""

    max_batch_items: int = 1000
    max_limit: int = 1000
    max_reach: int = 10_000
    """Largest offset + limit."""
    max_ranked_reach: int = 1000
    """The same where ranking compares the hits with each other, which takes time."""
    max_text_chars: int = 20_000
    max_terms: int = 32
    max_id_chars: int = 512
