"""Ids and rows: what a search holds never loses an entry."""

from pyroaring import BitMap

from index.id_map import FORGET_DEAD, IdMap


def test_a_map_in_use_keeps_its_dead_rows() -> None:
    ids = IdMap()
    ids.add([(row, f"i{row}") for row in range(2 * FORGET_DEAD)])
    held = ids.id_of
    ids.remove(BitMap(range(FORGET_DEAD + 1)))
    assert held[0] == "i0"
    assert 0 not in ids.id_of
    assert "i0" not in ids.row_of
    assert ids.id_of[FORGET_DEAD + 1] == f"i{FORGET_DEAD + 1}"


def test_an_id_that_returns_has_its_new_row() -> None:
    ids = IdMap()
    ids.add([(1, "a")])
    ids.remove(BitMap([1]))
    ids.add([(2, "a")])
    assert ids.row_of == {"a": 2}
    assert ids.id_of[2] == "a"
