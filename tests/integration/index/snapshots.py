"""Waiting for what a builder publishes."""

from index.collection import LocalCollection


def wait_for_snapshot(collection: LocalCollection, number: int) -> None:
    """Until searches use the snapshot of this number, or a later one."""
    state = collection._state
    with state._changed:
        assert state._changed.wait_for(lambda: state.snapshot is not None and state.snapshot.number >= number, 60)
