"""One table from error to status, and nothing outside it."""

import re
from collections.abc import Iterator

import pytest

from index.errors import StoreError
from models.errors import ModelError, PictureTooLargeError
from service.errors import TABLE, DeadlineExceededError, OverloadedError, ServiceError, problem_for

OFFLINE = ("models.sources", "models.export", "models.starter", "models.evaluation")


def tree(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


def ours(root: type[Exception]) -> list[type[Exception]]:
    """Without those of offline jobs, which no request can meet."""
    return [
        kind
        for kind in tree(root)
        if kind.__module__.split(".")[0] in ("service", "index", "models") and not kind.__module__.startswith(OFFLINE)
    ]


@pytest.mark.parametrize("root", [ServiceError, ModelError, StoreError])
def test_every_error_has_an_entry_of_its_own(root: type[Exception]) -> None:
    assert [kind.__name__ for kind in ours(root) if kind not in TABLE] == []


def test_codes_are_unique_but_for_the_unforeseen() -> None:
    codes = [entry.code for entry in TABLE.values() if entry.code != "internal_error"]
    assert len(codes) == len(set(codes))


def test_codes_are_words_for_machines_and_titles_for_people() -> None:
    for entry in TABLE.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]+", entry.code)
        assert entry.title[0].isupper() and not entry.title.endswith(".")
        assert 400 <= entry.status <= 599


def test_a_problem_carries_the_sentence_of_the_error() -> None:
    problem = problem_for(PictureTooLargeError("send a smaller copy"))
    assert (problem.code, problem.status, problem.detail) == ("picture_too_large", 413, "send a smaller copy")


def test_what_nobody_foresaw_shows_nothing_of_the_inside() -> None:
    problem = problem_for(RuntimeError("password is hunter2"))
    assert (problem.code, problem.status) == ("internal_error", 500)
    assert "hunter2" not in problem.detail


def test_a_subclass_without_entry_takes_that_of_its_parent() -> None:
    class Odd(PictureTooLargeError):
        pass

    assert problem_for(Odd("x")).code == "picture_too_large"


def test_overload_and_lateness_can_be_told_apart() -> None:
    assert problem_for(OverloadedError("full", retry_after_s=3)).status == 503
    assert problem_for(DeadlineExceededError("late")).status == 504
