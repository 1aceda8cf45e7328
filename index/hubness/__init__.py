"""Hubness correction (nearest-neighbour normalisation): items that are near to every text are set back a little."""
