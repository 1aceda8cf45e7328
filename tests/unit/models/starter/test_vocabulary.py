"""WordNet nodes over a small classifier."""

from pathlib import Path

import numpy as np
import pytest

from models.starter.vocabulary import build_vocabulary
from models.starter.wordnet import above, read_nouns

LINES = """  1 This licence line is skipped.
00000001 03 n 01 animal 0 000 | a living thing
00000002 03 n 02 dog 0 domestic_dog 0 001 @ 00000001 n 0000 | a barking animal; "the dog barked"
00000003 03 n 01 cat 0 002 @ 00000001 n 0000 ~ 00000004 n 0000 | a purring animal
00000004 03 n 01 Tom 0 001 @i 00000003 n 0000 | a cat by name
"""


@pytest.fixture
def nouns_file(tmp_path: Path) -> Path:
    path = tmp_path / "data.noun"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_reads_names_gloss_and_hypernyms(nouns_file: Path) -> None:
    dog = read_nouns(nouns_file)["n00000002"]
    assert dog.names == ("dog", "domestic dog")
    assert dog.gloss == "a barking animal"
    assert dog.wider == ("n00000001",)


def test_above_includes_itself_and_instances(nouns_file: Path) -> None:
    assert above("n00000004", read_nouns(nouns_file)) == {"n00000004", "n00000003", "n00000001"}


def test_nodes_members_and_information(nouns_file: Path) -> None:
    vocabulary = build_vocabulary(["n00000002", "n00000004"], [["dog"], ["tom cat"]], read_nouns(nouns_file))
    assert vocabulary.keys == ("n00000001", "n00000002", "n00000003", "n00000004")
    assert vocabulary.members.tolist() == [[1, 1, 0, 0], [1, 0, 1, 1]]
    np.testing.assert_allclose(vocabulary.information, [0.0, 1.0, 1.0, 1.0], atol=1e-6)
    assert vocabulary.texts[3] == ("tom cat", "Tom", "tom cat, Tom", "tom cat, cat", "tom cat: a cat by name")
