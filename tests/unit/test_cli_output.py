"""What the command line writes: to programs, to pipes, to terminals, and to nobody."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pipette.cli_follow import Planned, Progress, Summary
from pipette.cli_output import (
    BarSpeaker,
    JsonSpeaker,
    PlainSpeaker,
    Streams,
    bar_line,
    speaker_for,
)
from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import (
    BatchId,
    BatchSnapshot,
    Direction,
    FileSnapshot,
    Problem,
    State,
    TransferId,
)

ID = BatchId("20261120-1")
BATCH = BatchSnapshot(
    id=ID,
    direction=Direction.UPLOAD,
    name="run",
    place=Location("archive", "bucket", "runs"),
    local="/run",
    created_at=0,
    files=3386,
    size=978_000_000_000,
    arrived=401_000_000_000,
    counts=((State.VERIFIED, 1388), (State.MOVING, 1998)),
    sent_bytes=402_000_000_000,
)
FILE = FileSnapshot(
    id=TransferId(1),
    batch=ID,
    direction=Direction.UPLOAD,
    name="caf\udce9 é.gz",
    source="/run/caf\udce9 é.gz",
    target="archive:/bucket/runs/caf é.gz",
    size=10,
    state=State.VERIFIED,
    proof=Proof.EVERY_PART,
    md5="d41d8cd98f00b204e9800998ecf8427e",
    etag="abc-2",
    reused_parts=3,
    attempts=2,
)
FAILED = replace(FILE, name="b.gz", state=State.FAILED, problem=Problem("Mismatch"))
SUMMARY = Summary(BATCH, Counter({"verified": 2, "failed": 1}), 20, 4.25)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Pipe:
    """Standard output and error kept apart."""

    def __init__(self, err: io.StringIO | None = None) -> None:
        self.out = io.StringIO()
        self.err = err or io.StringIO()
        self.streams = Streams(self.out, self.err)

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


def test_json_goes_to_standard_output_one_object_a_line() -> None:
    pipe = Pipe()
    speaker = JsonSpeaker(pipe.streams)
    speaker.planned(Planned(BATCH, 3385, 1))
    speaker.progress(Progress(BATCH, 84_200_000.4))
    speaker.file(FILE, "verified", "")
    speaker.file(FAILED, "failed", "Mismatch")
    speaker.summary(SUMMARY)
    planned, progress, file, failed, summary = pipe.events
    assert planned == {
        "event": "planned",
        "batch": ID,
        "files": 3385,
        "bytes": 978_000_000_000,
        "left_out": 1,
    }
    assert progress == {
        "event": "progress",
        "batch": ID,
        "bytes": 401_000_000_000,
        "total": 978_000_000_000,
        "rate_bytes": 84_200_000,
    }
    assert file == {
        "event": "file",
        "batch": ID,
        "source": FILE.source,
        "place": FILE.target,
        "state": "verified",
        "size": 10,
        "md5": FILE.md5,
        "proof": "every-part",
        "remote_id": None,
        "etag": "abc-2",
        "attempts": 3,
        "reused_parts": 3,
        "error": None,
        "message": None,
    }
    assert (failed["state"], failed["error"], failed["proof"]) == ("failed", "Mismatch", "none")
    assert str(failed["message"]).startswith("Could not upload b.gz: ")
    assert summary == {
        "event": "summary",
        "batch": ID,
        "verified": 2,
        "size_matched": 0,
        "skipped": 0,
        "left_out": 0,
        "failed": 1,
        "needs_you": 0,
        "bytes": 20,
        "sent_bytes": 402_000_000_000,
        "seconds": 4.25,
        "error": None,
    }


def test_words_for_people_stay_out_of_the_json() -> None:
    pipe = Pipe()
    speaker = JsonSpeaker(pipe.streams)
    speaker.say("hello")
    speaker.waiting(ID)
    speaker.waiting(ID)
    assert pipe.out.getvalue() == ""
    assert pipe.err.getvalue().count("already at work here") == 1


def test_json_lines_are_plain_ascii_and_keep_names_that_are_no_text() -> None:
    pipe = Pipe()
    JsonSpeaker(pipe.streams).file(FILE, "verified", "")
    assert pipe.out.getvalue().isascii()
    assert pipe.events[0]["source"] == FILE.source


def test_a_pipe_gets_a_plain_line_for_each_file_and_no_running_figures() -> None:
    pipe = Pipe()
    speaker = speaker_for(pipe.streams, as_json=False)
    assert isinstance(speaker, PlainSpeaker)
    speaker.planned(Planned(BATCH, 3385, 1))
    speaker.progress(Progress(BATCH, 1.0))
    speaker.file(FILE, "verified", "")
    speaker.file(FAILED, "failed", "Mismatch")
    speaker.file(replace(FILE, state=State.SKIPPED), "skipped", "")
    speaker.summary(SUMMARY)
    speaker.event("item", {}, "a line")
    lines = pipe.out.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[1].endswith(f"{FILE.source} → {FILE.target}")
    assert "Send it again" in lines[2]
    assert lines[3].endswith("(Skipped)")
    assert lines[4] == f"{ID}  2 verified, 1 failed; 20 bytes sent in 4.2 s."
    assert "\r" not in pipe.out.getvalue()


def test_a_terminal_gets_a_bar_and_only_the_files_that_did_not_arrive() -> None:
    pipe = Pipe(Terminal())
    speaker = speaker_for(pipe.streams, as_json=False)
    assert isinstance(speaker, BarSpeaker)
    speaker.planned(Planned(BATCH, 3385, 1))
    speaker.progress(Progress(BATCH, 84.2e6))
    speaker.file(FILE, "verified", "")
    speaker.file(FAILED, "failed", "Mismatch")
    speaker.summary(SUMMARY)
    assert pipe.err.getvalue().startswith("\r[########............]   41%")
    assert FILE.source not in pipe.out.getvalue()
    assert "b.gz" in pipe.out.getvalue()


def test_words_do_not_run_into_the_bar() -> None:
    pipe = Pipe(Terminal())
    speaker = BarSpeaker(pipe.streams)
    speaker.progress(Progress(BATCH, 84.2e6))
    speaker.say("Something to say")
    assert pipe.err.getvalue().endswith(" \rSomething to say\n")


def test_the_bar_tells_files_bytes_rate_and_time_left() -> None:
    assert bar_line([Progress(BATCH, 84.2e6)], 120).rstrip() == (
        "[########............]   41%  1,388 of 3,386 files  401 of 978 GB  84.2 MB/s  1 h 55 min left"
    )


def test_the_bar_never_breaks_the_line() -> None:
    assert len(bar_line([Progress(BATCH, 84.2e6)], 40)) == 40
    assert len(bar_line([Progress(BATCH, 0.0)], 200)) == 200


def test_a_problem_of_the_whole_batch_is_told_in_its_last_line() -> None:
    pipe = Pipe()
    PlainSpeaker(pipe.streams).summary(replace(SUMMARY, problem="SignInNeeded"))
    assert "archive does not accept the key" in pipe.out.getvalue()


def test_without_any_stream_nothing_breaks() -> None:
    streams = Streams(None, None)
    speaker = speaker_for(streams, as_json=True)
    speaker.planned(Planned(BATCH, 1, 0))
    speaker.say("hello")
    assert not streams.has_output
    assert not streams.is_terminal


HEAD = """
import sys
from pipette.cli_output import standard_streams
streams = standard_streams()
for number in range(100_000):
    streams.out("é ✓ line")
streams.err("went on")
"""


def test_a_reader_who_leaves_early_does_not_stop_the_work() -> None:
    desktop = str(Path(__file__).parents[2] / "desktop")
    with subprocess.Popen(
        [sys.executable, "-c", HEAD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": desktop, "PYTHONIOENCODING": "cp1252"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().decode("utf-8").strip() == "é ✓ line"
        process.stdout.close()
        assert process.stderr.read().decode("utf-8").strip() == "went on"
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("state", ["skipped", "left-out"])
def test_what_was_left_alone_says_why(state: str) -> None:
    pipe = Pipe()
    left = replace(FILE, state=State.LEFT_OUT, problem=Problem("junk"))
    PlainSpeaker(pipe.streams).file(left, state, "junk")
    assert "left about by the system" in pipe.out.getvalue()
