"""Which texts ask for which pictures, and which count as the same answer."""

from dataclasses import replace

from models.evaluation.words_to_pictures import same_titles, stamp_task, unseen_task
from tests.unit.models.evaluation.test_triplets import item


def test_items_of_one_title_are_the_same_answer() -> None:
    assert same_titles([item("Cat"), item("cat"), item("dog")]).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, True],
    ]


def test_a_language_asks_only_for_items_that_speak_it() -> None:
    cat = replace(item("A cat."), texts={"en": "A cat.", "de": "Eine Katze."})
    task = stamp_task([cat, replace(item("A dog."), texts={"en": "A dog."})], "de")
    assert (list(task.queries), list(task.captions or ())) == (["Eine Katze."], ["A cat."])


def test_english_has_no_caption_but_the_query_itself() -> None:
    assert stamp_task([replace(item("A cat."), texts={"en": "A cat."})], "en").captions is None


def test_keywords_are_the_captions_where_there_are_any() -> None:
    assert unseen_task("bare", [item("cat")]).captions is None
    assert unseen_task("told", [replace(item("cat"), keywords=("pet", "animal"))]).captions == ["pet, animal"]
