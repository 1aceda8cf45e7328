"""How long to wait before a child that keeps dying is started again. Pure."""

_FIRST_S = 0.1
_LONGEST_S = 15.0


def delay_s(failures: int) -> float:
    """Seconds to wait after so many lives in a row that answered nothing: none, then 0.1 and doubling up to 15."""
    if failures <= 1:
        return 0.0
    return min(_LONGEST_S, _FIRST_S * 2.0 ** min(failures - 2, 16))
