"""A failure as RFC 9457 has it."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from service.errors import Fault, RequestInvalidError, problem_for
from service.types import Problem

MEDIA_TYPE = "application/problem+json"


class FaultAnswer(TypedDict):
    """What is wrong at one place of the request."""

    path: Annotated[str, Field(examples=["query.terms[1].weight"])]
    message: str


class ProblemAnswer(TypedDict):
    """A failure (RFC 9457). `detail` says what to do; `code` is stable and for machines."""

    type: Annotated[
        str, Field(description="Where the problem is described.", examples=["/problems/picture_unreadable"])
    ]
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(examples=["picture_unreadable"])]
    instance: NotRequired[Annotated[str, Field(description="The request's id, as in the header X-Request-Id.")]]
    errors: NotRequired[Annotated[list[FaultAnswer], Field(description="Each place where the request does not fit.")]]


class ProblemKindAnswer(TypedDict):
    """What a problem's `type` means."""

    code: str
    title: str
    status: int
    meaning: str


def problem_answer(problem: Problem) -> ProblemAnswer:
    return ProblemAnswer(
        type=f"/problems/{problem.code}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
    )


def answer_for(error: BaseException, request_id: str) -> ProblemAnswer:
    """The whole answer to a request that failed."""
    answer = problem_answer(problem_for(error))
    answer["instance"] = f"urn:lookalike:request:{request_id}"
    if isinstance(error, RequestInvalidError) and error.faults:
        answer["errors"] = [_fault(fault) for fault in error.faults]
    return answer


def _fault(fault: Fault) -> FaultAnswer:
    return FaultAnswer(path=fault.path, message=fault.message)
