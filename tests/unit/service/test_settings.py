"""Settings: read once, documented, unknown ones refused."""

from pathlib import Path

import pytest

from service.settings import Settings, UnknownSettingError, as_markdown, read_settings

DOCS = Path(__file__).parents[3] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LOOKALIKE_{name.upper()}", raising=False)


def test_the_page_is_up_to_date() -> None:
    assert DOCS.read_text(encoding="utf-8") == as_markdown(), "run `make settings`"


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_an_unknown_variable_names_the_nearest_setting() -> None:
    with pytest.raises(UnknownSettingError, match=r"LOOKALIKE_PROT is not a setting.*LOOKALIKE_PORT"):
        read_settings({"LOOKALIKE_PROT": "1", "PATH": "/bin"})


def test_variables_of_others_are_none_of_our_business() -> None:
    assert read_settings({"PATH": "/bin", "LOOKALIKES": "x"}).port == 8000


def test_a_value_out_of_range_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_MAX_LIMIT", "1001")
    with pytest.raises(UnknownSettingError, match=r"LOOKALIKE_MAX_LIMIT: .*1000"):
        read_settings()


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_PORT", "9000")
    assert read_settings().port == 9000
    assert read_settings(port=9001).port == 9001


def test_bundles_are_in_the_data_directory_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(data_dir="there").bundle_folders == (Path("there/bundles"),)
    monkeypatch.setenv("LOOKALIKE_BUNDLE_DIRS", "/a:/b")
    assert read_settings().bundle_folders == (Path("/a"), Path("/b"))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings({}).port = 1


def test_zero_workers_means_one_for_each_core() -> None:
    settings = read_settings({})
    assert settings.encoder_runs >= 1
    assert read_settings({}, encoder_workers=3).encoder_runs == 3
