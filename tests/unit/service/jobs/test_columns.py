"""Columns find their roles by the user's word, else by their names."""

import pytest

from service.jobs.index_job.columns import ColumnWishes, choose_columns
from service.jobs.index_job.record import SourceError

NOTHING = ColumnWishes()


def test_sensible_names_are_found_whatever_their_case_and_order() -> None:
    columns = choose_columns(["Price", "Product Name", "Image Path", "SKU"], NOTHING)
    assert (columns.id, columns.image, columns.text) == ("SKU", "Image Path", ("Product Name",))
    assert columns.attributes == ("Price",)


def test_the_users_word_goes_before_the_names() -> None:
    wishes = ColumnWishes(id="code2", image="shot", text=("a", "b"), attributes=("price",))
    columns = choose_columns(["id", "image", "title", "code2", "shot", "a", "b", "price", "other"], wishes)
    assert (columns.id, columns.image, columns.text, columns.attributes) == ("code2", "shot", ("a", "b"), ("price",))


def test_a_title_goes_before_a_description() -> None:
    assert choose_columns(["id", "description", "title"], NOTHING).text == ("title",)


@pytest.mark.parametrize(
    ("names", "wishes", "says"),
    [
        (["title", "image"], NOTHING, "--id"),
        (["id", "price"], NOTHING, "--image or --text"),
        (["id", "title"], ColumnWishes(image="photo"), "no column 'photo'; the columns are: id, title"),
    ],
)
def test_what_cannot_be_found_is_said_with_the_columns_there_are(
    names: list[str], wishes: ColumnWishes, says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        choose_columns(names, wishes)
