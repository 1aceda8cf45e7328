"""What every runner does, wherever its engines run."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models.errors import TextError
from service.errors import EncoderFailedError
from service.queue import DirectRunner, Runner
from tests.contracts.runner.children import child_runner
from tests.fakes.crashing_encoder import RAISE, CrashingEncoder
from tests.fakes.encoder import FakeEncoder


def direct_runner() -> Runner:
    return DirectRunner({"tiny": CrashingEncoder()})


@pytest.fixture(scope="module", params=[direct_runner, child_runner])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    make: Callable[[], Runner] = request.param
    made = make()
    yield made
    made.close()
    made.close()


def test_texts_come_back_in_order_with_their_tokens(runner: Runner) -> None:
    texts = ["red shoe", "x " * 100, "naïve 靴"]
    answers = runner.run("tiny", texts)
    for text, answer in zip(texts, answers, strict=True):
        assert answer.vector == pytest.approx(FakeEncoder().vector(text.encode()))
        assert answer.vector.dtype == np.float32
    assert [(answer.token_count, answer.is_truncated) for answer in answers] == [(2, False), (12, True), (2, False)]


def test_pictures_come_back_in_order(runner: Runner) -> None:
    pictures = [np.full((32, 32, 3), level, dtype=np.uint8) for level in (1, 2, 3)]
    pictures.append(np.asfortranarray(np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)))
    for picture, answer in zip(pictures, runner.run("tiny", pictures), strict=True):
        assert answer.vector == pytest.approx(FakeEncoder().vector(picture.tobytes()))


def test_a_bad_text_keeps_its_class(runner: Runner) -> None:
    with pytest.raises(TextError, match="empty"):
        runner.run("tiny", ["good", ""])


def test_an_engine_that_raises_has_failed_and_not_crashed(runner: Runner) -> None:
    with pytest.raises(EncoderFailedError) as failed:
        runner.run("tiny", ["good", RAISE])
    assert "the engine broke" in str(failed.value.__cause__)
    assert runner.run("tiny", ["good"])


def test_pictures_of_two_sizes_are_no_batch(runner: Runner) -> None:
    with pytest.raises(EncoderFailedError):
        runner.run("tiny", [np.zeros((side, side, 3), dtype=np.uint8) for side in (32, 16)])


def test_alone_it_answers_the_same(runner: Runner) -> None:
    (answer,) = runner.run("tiny", ["alone"])
    assert runner.run_alone("tiny", "alone").vector == pytest.approx(answer.vector)
    with pytest.raises(TextError):
        runner.run_alone("tiny", "")


def test_nothing_is_refused_that_never_crashed(runner: Runner) -> None:
    runner.refuse_quarantined("tiny", "anything")
    runner.refuse_quarantined("tiny", np.zeros((32, 32, 3), dtype=np.uint8))


def test_threads_get_their_own_answers(runner: Runner) -> None:
    texts = [f"text {n}" for n in range(60)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda text: runner.run("tiny", [text])[0], texts))
    for text, answer in zip(texts, answers, strict=True):
        assert answer.vector == pytest.approx(FakeEncoder().vector(text.encode()))
