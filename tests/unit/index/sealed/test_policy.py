"""When a field is sealed: by size, memory, age and waste; and when it is not worth it."""

from dataclasses import replace

import pytest

from index.sealed.codec import chosen
from index.sealed.policy import FieldStanding, Reason, SealPolicy

POLICY = SealPolicy(least=10_000, memory_bytes=100_000_000, age_s=100.0)
STANDING = FieldStanding(dimension=512, codec="ivf-rabitq", fresh=0, sealed=0)


@pytest.mark.parametrize(
    ("fresh", "sealed", "age_s", "wasted", "expected"),
    [
        (9_999, 0, 1e9, 0, None),
        (10_000, 0, 0.0, 0, "size"),
        (9_999, 100_000, 0.0, 0, None),
        (10_000, 100_000, 0.0, 0, "size"),
        (19_999, 2_000_000, 0.0, 0, None),
        (20_000, 2_000_000, 0.0, 0, "size"),
        (60_000, 10_000_000, 0.0, 0, "memory"),
        (500, 100_000, 99.0, 0, None),
        (500, 100_000, 100.0, 0, "age"),
        (100, 100_000, 1e9, 0, None),
        (0, 100_000, 1e9, 100, None),
        (0, 100_000, 0.0, 101, "dead"),
        (0, 5_000, 0.0, 0, None),
        (0, 5_000, 0.0, 4_000, "dead"),
        (0, 100, 0.0, 4_000, "dead"),
        (0, 0, 0.0, 4_000, "dead"),
        (10, 100, 1e9, 0, None),
        (0, 0, 0.0, 0, None),
    ],
)
def test_reasons(fresh: int, sealed: int, age_s: float, wasted: int, expected: Reason | None) -> None:
    standing = replace(STANDING, fresh=fresh, sealed=sealed, fresh_age_s=age_s, wasted=wasted)
    assert POLICY.reason(standing) == expected


def test_what_no_codec_takes_is_never_due() -> None:
    assert POLICY.reason(replace(STANDING, codec=None, fresh=10**6)) is None


def test_little_memory_seals_earlier_but_not_too_early() -> None:
    assert SealPolicy(memory_bytes=25_600_000).least_of(512) == 10_000
    assert SealPolicy(memory_bytes=1_000_000).least_of(512) == 1_000
    assert SealPolicy(least=300).least_of(512) == 300


@pytest.mark.parametrize(
    ("choice", "dimension", "expected"),
    [
        ("auto", 512, "ivf-pq-fastscan"),
        ("auto", 1_000, "ivf-rabitq"),
        ("auto", 300, None),
        ("exact", 512, None),
        ("ivf-pq", 512, "ivf-pq"),
        ("ivf-pq-fastscan", 48, None),
        ("ivf-pq-fastscan", 64, "ivf-pq-fastscan"),
    ],
)
def test_the_codec_of_a_choice(choice: str, dimension: int, expected: str | None) -> None:
    assert chosen(choice, dimension) == expected  # type: ignore[arg-type]


def test_it_is_full_where_a_seal_would_help() -> None:
    policy = SealPolicy(memory_bytes=25_600_000)  # 10,000 vectors of 512 dimensions
    assert not policy.is_full(replace(STANDING, dimension=512, fresh=40_000))
    assert policy.is_full(replace(STANDING, dimension=512, fresh=40_001))
    assert not policy.is_full(replace(STANDING, dimension=512, fresh=10**6, codec=None))
