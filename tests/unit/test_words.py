"""What the State column, the status bar and empty places say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Direction,
    FileSnapshot,
    LogLine,
    PartMap,
    Problem,
    State,
    TransferId,
)
from pipette.ui import words, words_places

NOW = 1_781_179_331.0


def file(state: State = State.WAITING, **fields: object) -> FileSnapshot:
    plain = FileSnapshot(
        id=TransferId(1),
        batch=BatchId("20261120-1"),
        direction=Direction.UPLOAD,
        name="Data/Lib07_R1.fastq.gz",
        source="/runs/Data/Lib07_R1.fastq.gz",
        target="archive:/bucket/runs/Data/Lib07_R1.fastq.gz",
        size=1000,
        state=state,
    )
    return replace(plain, **fields)


def batch(counts: dict[State, int], **fields: object) -> BatchSnapshot:
    plain = BatchSnapshot(
        id=BatchId("20261120-1"),
        direction=Direction.UPLOAD,
        name="run",
        place=Location("archive", "bucket", "runs"),
        local="/runs",
        created_at=NOW,
        files=sum(counts.values()),
        counts=tuple(counts.items()),
    )
    return replace(plain, **fields)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (file(State.CHECKING), "Checking the file"),
        (file(State.WAITING), "Waiting"),
        (file(State.MOVING), "Sending"),
        (file(State.MOVING, direction=Direction.DOWNLOAD), "Receiving"),
        (file(State.RETRYING), "Retrying"),
        (file(State.RETRYING, retry_at=NOW + 7.4), "Retrying in 8 s"),
        (
            file(State.RETRYING, retry_at=NOW + 8, parts=PartMap(9, 5, retrying=0b10)),
            "1 part retrying in 8 s",
        ),
        (
            file(State.RETRYING, retry_at=NOW - 8, parts=PartMap(9, 5, retrying=0b110)),
            "2 parts retrying",
        ),
        (file(State.SLOWED, retry_at=NOW + 102), "archive asks to wait, 1:42"),
        (file(State.NO_NETWORK), "No network, goes on by itself"),
        (file(State.NEEDS_SIGN_IN), "Needs sign-in"),
        (file(State.NEEDS_YOU, problem=Problem("SourceChanged")), "Changed on disk"),
        (file(State.NEEDS_YOU, problem=Problem("NameTaken")), "Name exists"),
        (file(State.NEEDS_YOU), "Needs you"),
        (file(State.PAUSED), "Paused"),
        (file(State.FINISHING), "Putting parts together"),
        (file(State.FINISHING, direction=Direction.DOWNLOAD), "Putting it in place"),
        (file(State.VERIFYING), "Verifying"),
        (file(State.VERIFIED, proof=Proof.EVERY_PART), "Verified, every part"),
        (file(State.VERIFIED, proof=Proof.WHOLE_FILE), "Verified, whole file"),
        (file(State.SIZE_MATCHED, proof=Proof.SIZE_ONLY), "Arrived, size matched only"),
        (file(State.UNPROVEN), "Arrived, not checked yet"),
        (file(State.FAILED, problem=Problem("Mismatch")), "Checksum differs"),
        (file(State.FAILED, problem=Problem("Refused")), "Refused by archive"),
        (file(State.FAILED), "Failed"),
        (file(State.SKIPPED, problem=Problem("NameTaken")), "Skipped, name exists"),
        (file(State.SKIPPED), "Skipped"),
        (file(State.LEFT_OUT, problem=Problem("SourceUnreadable")), "Left out, may not be read"),
        (file(State.LEFT_OUT, problem=Problem("loop")), "Left out, leads back to its own folder"),
        (file(State.CANCELLED), "Cancelled"),
    ],
)
def test_every_state_of_a_file_has_its_words(row: FileSnapshot, expected: str) -> None:
    assert words.state_words(row, NOW) == expected


@pytest.mark.parametrize(("state", "proof"), list(product(State, Proof)))
def test_verified_is_never_said_of_what_was_not_compared(state: State, proof: Proof) -> None:
    said = words.state_words(file(state, proof=proof), NOW)
    if proof in {Proof.SIZE_ONLY, Proof.NONE} or state is not State.VERIFIED:
        assert "verified" not in said.lower()


def test_a_place_in_line_is_told() -> None:
    assert words.state_words(file(), NOW, place_in_line=3) == "Waiting, 3rd in line"
    assert words.state_words(batch({State.WAITING: 2}), NOW, 1) == "Waiting, 1st in line"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (batch({}, scanning=True, files=3000), "Counting, 3,000 files so far"),
        (batch({State.VERIFIED: 1388, State.MOVING: 1998}), "1,388 of 3,386"),
        (
            batch({State.VERIFIED: 3, State.MOVING: 2, State.NEEDS_YOU: 1}),
            "3 of 6, 1 needs you",
        ),
        (batch({State.VERIFIED: 3, State.MOVING: 2, State.FAILED: 2}), "5 of 7, 2 need you"),
        (batch({State.VERIFIED: 16, State.NEEDS_YOU: 2}), "2 of 18 need you"),
        (batch({State.WAITING: 3}), "Waiting"),
        (batch({State.MOVING: 3}, paused=True), "Paused"),
        (batch({State.NEEDS_SIGN_IN: 3}), "Needs sign-in"),
        (batch({State.NO_NETWORK: 3}), "No network, goes on by itself"),
        (batch({State.VERIFIED: 42}), "42 verified"),
        (batch({State.VERIFIED: 1}), "Verified"),
        (batch({State.FAILED: 1, State.VERIFIED: 41}), "1 failed, 41 verified"),
        (batch({State.SIZE_MATCHED: 2, State.VERIFIED: 40}), "2 size matched, 40 verified"),
        (batch({State.SKIPPED: 2}), "2 skipped"),
        (batch({}), "Nothing to send"),
    ],
)
def test_a_batch_counts_its_files_and_shows_the_worst(row: BatchSnapshot, expected: str) -> None:
    assert words.state_words(row, NOW) == expected


def test_a_batch_of_size_matched_files_never_says_verified() -> None:
    assert "verified" not in words.state_words(batch({State.SIZE_MATCHED: 3}), NOW).lower()


def test_the_tooltip_says_what_happened_to_which_file_and_what_one_can_do() -> None:
    row = file(State.NEEDS_YOU, name="S12_R1.fastq.gz", problem=Problem("SourceChanged"))
    assert words.state_sentence(row, NOW) == (
        "Could not upload S12_R1.fastq.gz: the file changed after it was dropped. "
        "Drop it again to send the new version."
    )


def test_the_tooltip_of_a_held_batch_tells_the_reason() -> None:
    row = batch({State.NEEDS_SIGN_IN: 3}, problem=Problem("SignInNeeded"))
    assert words.state_sentence(row, NOW).startswith("Needs sign-in. The key is missing, wrong")


def test_the_tooltip_of_a_well_going_row_is_its_state() -> None:
    assert words.state_sentence(file(State.MOVING), NOW) == "Sending"


def test_a_screen_reader_hears_parts_as_well_as_percent() -> None:
    parts = PartMap(1160, 1, arrived=(1 << 835) - 1, retrying=1 << 900)
    row = file(State.RETRYING, size=1000, arrived=725, parts=parts)
    assert words.progress_sentence(row) == ("72 percent, 835 of 1,160 parts arrived, 1 retrying")


def test_a_screen_reader_hears_how_many_files_of_a_batch_are_finished() -> None:
    row = batch({State.VERIFIED: 2, State.MOVING: 1}, size=300, arrived=200)
    assert words.progress_sentence(row) == "66 percent, 2 of 3 files finished"


def test_the_status_bar_adds_up_what_goes_on() -> None:
    said = words.queue_words(3, 19, 1, 689_000_000_000, None)
    assert said == "3 sending · 19 waiting · 1 needs you · 689 GB left"
    assert "done about" in words.queue_words(1, 0, 0, 10, NOW)


def test_the_status_bar_says_when_there_is_nothing_to_do() -> None:
    assert words.queue_words(0, 0, 0, 0, None) == "Nothing to send"


def test_a_limit_is_always_told() -> None:
    assert words.limit_words(None) == "No limit"
    assert words.limit_words(100e6) == "Limit: 100.0 MB/s"


def test_the_drop_label_counts_once_the_count_is_known() -> None:
    assert words.drop_words(None, "controls") == "Upload items to controls"
    assert words.drop_words(42, "controls") == "Upload 42 items to controls"


def test_a_place_reads_like_a_path_of_names() -> None:
    place = Location("archive", "bucket", "runs/2026/")
    assert words.place_words(place) == "archive › bucket › runs › 2026"


def test_cancelling_tells_how_much_would_be_lost() -> None:
    assert "27.8 GB" in words.cancel_question(27_800_000_000, "ICA")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("closed", "", "All parts are put together."),
        ("opened", "12 8388608", "Begun at the platform, in 12 parts of 8.4 MB."),
        ("opened", "1 8388608", "Begun at the platform, in 1 part."),
        ("opened", "somehow", "Begun at the platform: somehow"),
        ("part-retried", "3 Stalled", "Part 3 is tried again. The platform does not answer."),
        ("retried", "SlowDown", "Tried again. The platform asks to wait."),
        ("failed", "SourceChanged", "Stopped. Changed on disk."),
        ("started-over", "", "What was sent before is gone; it begins anew."),
    ],
)
def test_a_log_line_is_a_sentence(kind: str, text: str, expected: str) -> None:
    assert words.log_sentence(LogLine(0, kind, text)) == expected


def test_a_log_line_of_a_later_version_is_shown_as_it_is() -> None:
    assert words.log_sentence(LogLine(0, "beamed-up", "fast")) == "Beamed up: fast"


def test_every_state_has_words_even_without_any_facts() -> None:
    for state in State:
        assert words.state_words(file(state), NOW)
        assert words.state_words(batch({state: 2}), NOW)


def test_the_command_line_says_what_it_is_about_to_do() -> None:
    row = batch({State.WAITING: 41, State.LEFT_OUT: 1}, size=351_000_000_000)
    assert words.planned_words(row, 41, 1) == (
        "20261120-1  Uploading 41 files, 351 GB to archive:/bucket/runs (1 left out)"
    )
    fetched = replace(row, direction=Direction.DOWNLOAD)
    assert "Downloading 41 files, 351 GB to /runs" in words.planned_words(fetched, 41, 0)


def test_the_command_line_sums_up_what_it_did() -> None:
    counts = {"verified": 41, "needs-you": 1}
    assert words.summary_words(counts, 351_000_000_000, 4080, Direction.UPLOAD) == (
        "41 verified, 1 waiting for you; 351 GB sent in 1 h 8 min."
    )
    assert words.summary_words({}, 0, 1, Direction.DOWNLOAD) == (
        "No files; 0 bytes received in 1.0 s."
    )
    assert words.summary_words({"failed": 1}, 0, 1, None) == (
        "1 failed; 0 bytes compared in 1.0 s."
    )


def test_places_with_nothing_in_them_say_what_to_do() -> None:
    assert words_places.empty_search("x.gz", "Oncology") == "No file named x.gz in Oncology."
    assert "Dana" in words_places.no_permission("Oncology", "Dana")
    assert words_places.loading(3000) == "Loading… 3,000 so far"
    assert words_places.loading(0) == "Loading…"
    assert words_places.as_of("14:02") == "as of 14:02"
