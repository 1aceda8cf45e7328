"""What an encoder does at its start, before it says that it is ready."""

import msgspec

from models.engines import EngineChoice
from service.encoders import EncoderPlan
from service.encoders.role import EncoderRole
from tests.fakes.encoder import FakeEncoder
from tests.fakes.tiny_manifest import tiny_manifest

MEASURED = EngineChoice(
    "onnxruntime", "fp32", {1: 40.0, 2: 70.0, 4: 120.0, 8: 200.0, 16: 400.0}, {1: 4.0, 2: 6.0, 4: 8.0, 8: 16.0}
)


def runs_at_start(plan: EncoderPlan) -> list[list[str]]:
    encoder = FakeEncoder()
    EncoderRole(msgspec.msgpack.encode(plan), lambda _: {"tiny": encoder})
    return encoder.runs


def test_it_starts_with_the_largest_runs_that_it_will_get() -> None:
    pictures, again, texts, others = runs_at_start(EncoderPlan((), runs=2).with_choices({"tiny": MEASURED}))
    assert pictures == again == ["picture"] * 8, "sixteen bring nothing more"
    assert len(texts) == 4 and texts == others
    assert len(texts[0].split()) == tiny_manifest().text.context_length


def test_one_that_was_not_measured_proves_each_tower_with_one_input() -> None:
    pictures, texts = runs_at_start(EncoderPlan(()))
    assert (len(pictures), len(texts)) == (1, 1)
