"""What is said when something goes wrong."""

from __future__ import annotations

import string

import pytest

from pipette.model import errors
from pipette.model.transfer import Direction
from pipette.ui import words
from pipette.ui.words_problems import TROUBLES


def kinds(base: type[errors.TransferError] = errors.TransferError) -> set[str]:
    return {base.__name__}.union(*(kinds(child) for child in base.__subclasses__()))


NUMBERED = {f"E{number:02d}" for number in range(1, 30)}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_error_kind_has_a_message_of_its_own(kind: str) -> None:
    assert kind in TROUBLES


def test_all_messages_of_the_design_exist() -> None:
    assert {trouble.id for trouble in TROUBLES.values()} >= NUMBERED


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_a_title_has_at_most_eight_words_and_no_code(kind: str) -> None:
    for title in (words.message(kind).title, words.message(kind, place="cgc", file="a.gz").title):
        assert 0 < len(title.split()) <= 8
        assert not any(char.isdigit() for char in title)


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_a_message_reads_well_without_any_fact(kind: str) -> None:
    told = words.message(kind)
    for text in (told.title, told.text, *(button.text for button in told.buttons)):
        assert text
        assert "{" not in text
        assert "  " not in text
        assert "oops" not in text.lower()
    assert told.text[0].isupper()
    assert told.text.endswith(".")


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_words_that_the_design_forbids_are_not_used(kind: str) -> None:
    trouble = TROUBLES[kind]
    said = f"{trouble.title} {trouble.text} {trouble.short} {trouble.reason} {trouble.advice}"
    for forbidden in (
        " sync",
        " job",
        " object",
        "payload",
        "instance",
        "token",
        "multipart",
        "ETag",
    ):
        assert forbidden not in said


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_all_facts_are_used_when_they_are_known(kind: str) -> None:
    names = {
        name
        for sentence in TROUBLES[kind].text
        for name in _facts(sentence if isinstance(sentence, str) else sentence[0])
    }
    facts = {name: f"<{name}>" for name in names if name[0].islower()}
    told = words.message(kind, **facts).text
    assert all(fact in told for fact in facts.values())


def _facts(form: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(form) if name]


def test_the_facts_of_an_expired_key_are_told() -> None:
    told = words.message(
        "SignInNeeded", place="CGC", time="13:05", waiting="91 files", kept="116.6 GB"
    )
    assert told.id == "E03"
    assert told.title == "CGC needs you to sign in again"
    assert told.text == (
        "The key expired or was withdrawn at 13:05. 91 files wait; 116.6 GB already sent is kept."
    )
    assert [button.remedy for button in told.buttons] == [words.Remedy.PASTE_KEY]


def test_a_button_may_carry_a_name() -> None:
    assert words.message("OtherPerson", name="Dana").buttons[0].text == "Go on as Dana"
    assert words.message("OtherPerson").buttons[0].text == "Go on"


def test_a_name_stays_as_it_is_written_at_the_start_of_a_sentence() -> None:
    assert words.message("SourceChanged", file="a.fastq.gz").title == "a.fastq.gz changed on disk"


@pytest.mark.parametrize("kind", sorted(TROUBLES))
@pytest.mark.parametrize("direction", list(Direction))
def test_a_failure_line_names_the_file_and_says_what_to_do(kind: str, direction: Direction) -> None:
    line = words.failure_line(kind, "odd {name} %s.gz", "archive", direction)
    assert line.startswith(f"Could not {direction.value} odd {{name}} %s.gz: ")
    assert line.endswith(".")
    assert words.advice(kind, "archive") in line
    assert line.isprintable()


def test_an_unknown_kind_is_told_in_general_words() -> None:
    assert words.message("FromTheFuture").title == "Something unexpected went wrong"
    assert words.short_words("FromTheFuture") == "Failed"


@pytest.mark.parametrize("kind", sorted(TROUBLES))
def test_a_question_that_is_not_answered_is_told_with_its_place(kind: str) -> None:
    line = words.refusal_line(kind, "archive")
    assert line.startswith("archive")
    assert line.endswith(".")
    assert "{" not in line


def test_a_place_out_of_reach_is_told_as_such() -> None:
    for kind in ("NetworkDown", "Temporary", "Stalled"):
        assert words.refusal_line(kind, "archive").startswith("archive could not be reached.")
