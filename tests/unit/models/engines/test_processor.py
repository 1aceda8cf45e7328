"""What Linux says of a CPU."""

from models.engines.processor import parse, this_processor

GENOA = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC 9B14
stepping\t: 1
flags\t\t: fpu avx2 avx512f avx512_vnni avx512_bf16

processor\t: 1
flags\t\t: fpu amx_bf16
"""


def test_name_and_telling_features_of_the_first_core() -> None:
    processor = parse(GENOA)
    assert processor.model == "AMD EPYC 9B14 / 25 / 17 / 1"
    assert processor.features == ("avx2", "avx512f", "avx512_vnni", "avx512_bf16")
    assert processor.has_bf16


def test_a_cpu_without_bf16() -> None:
    assert not parse("model name : Old\nflags : avx2\n").has_bf16


def test_this_machine_has_a_name() -> None:
    assert this_processor().model
