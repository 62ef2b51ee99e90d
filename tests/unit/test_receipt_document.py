"""Receipts: sums that add up, a headline that promises no more than was proven, a seal."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipette.model.account import Account
from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.receipt_document import (
    FINGERPRINT,
    Counts,
    Document,
    ReceiptFacts,
    Recheck,
    counts_of,
    csv_text,
    headline,
    is_unedited,
    json_text,
    md5sum_text,
    receipt_document,
)
from pipette.model.transfer import (
    BatchId,
    BatchOptions,
    BatchSnapshot,
    Direction,
    FileSnapshot,
    Problem,
    State,
    TransferId,
)

NOON = 1_781_179_331.0
BERLIN = timezone(timedelta(hours=2))
FACTS = ReceiptFacts(
    "1.2.3",
    Account("archive", "s3", region="eu-central-1", who="Dana"),
    "SEQ-PC-04",
    NOON,
    (),
    BERLIN,
)
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def file(state: State = State.VERIFIED, **fields: object) -> FileSnapshot:
    plain = FileSnapshot(
        id=TransferId(1),
        batch=BatchId("20261120-1"),
        direction=Direction.UPLOAD,
        name="run/S1_R1.fastq.gz",
        source="/data/run/S1_R1.fastq.gz",
        target="archive:/bucket/run/S1_R1.fastq.gz",
        size=1000,
        state=state,
        proof=Proof.WHOLE_FILE if state is State.VERIFIED else Proof.NONE,
        finished_at=NOON,
    )
    return replace(plain, **fields)


def batch(**fields: object) -> BatchSnapshot:
    plain = BatchSnapshot(
        id=BatchId("20261120-1"),
        direction=Direction.UPLOAD,
        name="run",
        place=Location("archive", "bucket"),
        local="/data/run",
        created_at=NOON - 60,
        options=BatchOptions(operator="Ravi"),
        sent_bytes=1234,
        finished_at=NOON,
    )
    return replace(plain, **fields)


def made(*files: FileSnapshot, facts: ReceiptFacts = FACTS) -> Document:
    return receipt_document(batch(), files, facts)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(whole_file=9, every_part=33), "All 42 files arrived intact"),
        (Counts(every_part=1), "The file arrived intact"),
        (
            Counts(every_part=40, size_only=2),
            "All 42 files arrived; 40 proven by checksum, 2 by size only",
        ),
        (Counts(size_only=1), "The file arrived; 1 by size only"),
        (
            Counts(whole_file=1, not_checked=1),
            "All 2 files arrived; 1 proven by checksum, 1 not checked yet",
        ),
        (Counts(whole_file=39, failed=2, needs_you=1), "39 of 42 files arrived; 3 did not"),
        (Counts(cancelled=1), "0 of 1 file arrived; 1 did not"),
        (Counts(whole_file=1, skipped=5, left_out=2), "The file arrived intact"),
        (Counts(skipped=5), "Nothing had to be sent"),
        (Counts(), "No files were found"),
    ],
)
def test_the_headline_follows_the_weakest_proof(counts: Counts, expected: str) -> None:
    assert headline(counts) == expected


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("proof", list(Proof))
def test_intact_is_said_only_of_what_a_checksum_proved(state: State, proof: Proof) -> None:
    said = headline(counts_of([file(), file(state, proof=proof)]))
    arrived = state in {State.VERIFIED, State.SIZE_MATCHED, State.UNPROVEN}
    proven = arrived and proof in {Proof.WHOLE_FILE, Proof.EVERY_PART}
    left_alone = state in {State.SKIPPED, State.LEFT_OUT}
    assert ("intact" in said) == (proven or left_alone)


def test_every_file_counts_exactly_once() -> None:
    files = [file(state) for state in State for _ in range(2)]
    counts = counts_of(files)
    assert counts.found == len(files)
    told = made(*files)["counts"]
    assert isinstance(told, dict)
    parts = set(told) - {"found", "arrived", "renamed"}
    assert sum(told[name] for name in parts) == told["found"] == len(files)


def test_a_receipt_tells_who_sent_what_where_and_when() -> None:
    document = made(file(md5=MD5, etag="abc-2", remote_id="id-7", renamed_to="S1_2.gz"))
    assert document["operator"] == "Ravi"
    assert document["computer"] == "SEQ-PC-04"
    assert document["account"] == {
        "name": "archive",
        "kind": "s3",
        "url": None,
        "region": "eu-central-1",
        "who": "Dana",
        "who_id": None,
    }
    assert document["from"] == "/data/run"
    assert document["to"] == "archive:/bucket"
    assert document["started"] == "2026-06-11T14:01:11+02:00"
    assert document["bytes"] == {"arrived": 1000, "sent": 1234}
    assert document["files"] == [
        {
            "name": "run/S1_R1.fastq.gz",
            "source": "/data/run/S1_R1.fastq.gz",
            "place": "archive:/bucket/run/S1_R1.fastq.gz",
            "id": "id-7",
            "size": 1000,
            "state": "verified",
            "proof": "whole-file",
            "md5_here": MD5,
            "checksum_there": "abc-2",
            "checksum_kind": "composite",
            "checked": "2026-06-11T14:02:11+02:00",
            "renamed_to": "S1_2.gz",
            "reason": None,
            "attempts": 0,
            "reused_parts": 0,
        }
    ]


def test_times_without_a_zone_still_carry_an_offset() -> None:
    document = made(file(), facts=replace(FACTS, zone=None))
    moment = datetime.fromisoformat(str(document["made"]))
    assert moment.timestamp() == NOON
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    ("etag", "md5", "kind"),
    [(MD5, MD5, "md5"), ("a-3", MD5, "composite"), ("b" * 32, MD5, "opaque"), (None, MD5, None)],
)
def test_the_kind_of_the_checksum_there_is_told(
    etag: str | None, md5: str, kind: str | None
) -> None:
    [told] = json.loads(json_text(made(file(etag=etag, md5=md5))))["files"]
    assert told["checksum_kind"] == kind


def test_a_file_that_did_not_arrive_has_a_reason_and_no_proof() -> None:
    failed = file(State.FAILED, problem=Problem("Mismatch"), proof=Proof.WHOLE_FILE)
    [told] = json.loads(json_text(made(failed)))["files"]
    assert (told["proof"], told["reason"], told["checked"]) == ("none", "Mismatch", None)


def test_later_checks_are_added_with_their_date() -> None:
    facts = replace(FACTS, checks=[Recheck(NOON, {"same": 2, "gone": 1})])
    assert made(file(), facts=facts)["checks"] == [
        {"at": "2026-06-11T14:02:11+02:00", "same": 2, "gone": 1}
    ]


def test_a_download_names_its_folder_as_target() -> None:
    document = receipt_document(batch(direction=Direction.DOWNLOAD), [], FACTS)
    assert (document["from"], document["to"]) == ("archive:/bucket", "/data/run")


def test_a_saved_receipt_is_recognised_as_unedited_in_any_order_and_spacing() -> None:
    saved = json.loads(json_text(made(file(name="ü \udce9.gz"), file())))
    assert is_unedited(saved)
    assert is_unedited(json.loads(json.dumps(dict(reversed(saved.items())))))


@pytest.mark.parametrize(
    "change",
    [
        lambda saved: saved["files"][0].update(size=1001),
        lambda saved: saved["files"].pop(),
        lambda saved: saved.update(headline="All 42 files arrived intact"),
        lambda saved: saved.update(note="added"),
        lambda saved: saved["counts"].pop("failed"),
        lambda saved: saved.pop(FINGERPRINT),
        lambda saved: saved.update({FINGERPRINT: "0" * 64}),
    ],
)
def test_any_edit_of_a_saved_receipt_is_noticed(change: object) -> None:
    saved = json.loads(json_text(made(file(), file(State.FAILED))))
    change(saved)
    assert not is_unedited(saved)


def test_a_batch_that_still_runs_has_a_receipt_without_an_end() -> None:
    document = receipt_document(batch(finished_at=None), [file(State.MOVING)], FACTS)
    assert document["finished"] is None
    assert document["headline"] == "0 of 1 file arrived; 1 did not"


def test_a_practice_receipt_says_so_everywhere() -> None:
    facts = replace(FACTS, account=Account("demo", "s3", demo=True))
    document = made(file(), facts=facts)
    assert str(document["demo"]).startswith("DEMO")
    header, row = list(csv.reader(io.StringIO(csv_text(document))))
    assert (header[-1], row[-1]) == ("demo", "DEMO")
    assert made(file())["demo"] is None


def test_the_csv_holds_one_row_for_each_file() -> None:
    odd = 'a "quoted", name\nwith a break.gz'
    rows = list(csv.DictReader(io.StringIO(csv_text(made(file(name=odd, md5=MD5), file())))))
    assert [row["name"] for row in rows] == [odd, "run/S1_R1.fastq.gz"]
    assert rows[0]["md5_here"] == MD5
    assert rows[0]["size"] == "1000"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  ="])
def test_no_cell_of_the_csv_can_be_run_as_a_formula(start: str) -> None:
    name = f'{start}HYPERLINK("http://x")'
    text = csv_text(made(file(name=name, source=name, target=name, remote_id=name)))
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    for cell in row.values():
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_names_that_are_no_text_do_not_break_an_export() -> None:
    document = made(file(name="caf\udce9.gz", md5=MD5))
    for text in (json_text(document), csv_text(document), md5sum_text(document)):
        assert "udce9" in text
        text.encode("utf-8")


def test_the_md5_list_is_what_md5sum_takes(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "S1_R1.fastq.gz").touch()
    listed = md5sum_text(made(file(md5=MD5), file(name="no md5")))
    assert listed == f"{MD5}  run/S1_R1.fastq.gz\n"
    if sys.platform.startswith("linux"):
        done = subprocess.run(
            ["md5sum", "--check", "--strict"],
            input=listed,
            text=True,
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_odd_names_are_escaped_as_md5sum_does() -> None:
    assert md5sum_text(made(file(name="a\\b\nc", md5=MD5))) == f"\\{MD5}  a\\\\b\\nc\n"
