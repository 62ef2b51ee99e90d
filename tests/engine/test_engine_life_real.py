"""The whole engine as the program puts it together, against a strict S3 on loopback."""

from __future__ import annotations

import hashlib
import queue
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.engine.carrier import BUCKET, FOLDER, content

from pipette.engine.assembly import assemble
from pipette.engine.engine import Engine
from pipette.engine.journal import JournalTooNew
from pipette.engine.journal_reader import JournalReader
from pipette.engine.memory import JournalMemory
from pipette.engine.pool import QtThreads
from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, MiB
from pipette.model.transfer import BatchId, BatchOptions, IfExists, State
from pipette.practice.faults import CorruptIncoming, CorruptOutgoing, Fault, Hang
from pipette.practice.manners import LIKE_RADOSGW, STRICT, Manners
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.providers.kinds import OpenAccounts

LARGE = 17 * MiB
PATIENCE = 30.0


class Lab:
    """One run of the program: a service, and an engine in the same home each time."""

    def __init__(self, folder: Path, server: S3Server) -> None:
        self.folder = folder
        self.server = server
        self.journal = folder / "home" / "queue.sqlite"
        self._rested: queue.SimpleQueue[BatchId] = queue.SimpleQueue()

    @contextmanager
    def run(self) -> Iterator[Engine]:
        account = Account("lab", "s3", self.server.url, "us-east-1", container=BUCKET)
        secret = Secret(f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}")
        network = Network(connect_seconds=10, stall_seconds=10)

        def providers(memory: JournalMemory) -> OpenAccounts:
            return OpenAccounts(lambda _: account, lambda _: secret, network, memory)

        engine, _ = assemble(
            self.journal, network, providers, lambda _, batch: self._rested.put(batch), QtThreads
        )
        engine.restore(resume=True)
        engine.start()
        try:
            yield engine
        finally:
            engine.stop()

    def wait(self, engine: Engine, batch: BatchId) -> None:
        assert self._rested.get(timeout=PATIENCE) == batch
        assert engine.settle()

    def states(self, batch: BatchId) -> dict[str, State]:
        with JournalReader(self.journal) as reader:
            return {file.name: file.state for file in reader.files(batch)}

    def source(self, name: str = "a.bam", size: int = LARGE) -> Path:
        path = self.folder / name
        path.write_bytes(content(size))
        return path


@contextmanager
def lab_in(folder: Path, manners: Manners = STRICT) -> Iterator[Lab]:
    with S3Server(folder / "server", manners=manners) as server:
        server.create_bucket(BUCKET)
        yield Lab(folder, server)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with lab_in(tmp_path) as made:
        yield made


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def test_a_large_file_gets_the_md5_of_the_whole_from_the_bytes_that_pass(lab: Lab) -> None:
    with lab.run() as engine:
        batch = engine.upload([str(lab.source())], FOLDER, BatchOptions())
        lab.wait(engine, batch)
        [file] = engine.files(batch)
        assert (file.state, file.md5) == (State.VERIFIED, md5(content(LARGE)))
        assert lab.server.read(BUCKET, "runs/a.bam") == content(LARGE)


def test_a_run_that_ends_in_the_middle_is_taken_up_with_its_parts_and_its_md5(lab: Lab) -> None:
    lab.server.faults.add(Fault(Hang(), operation="UploadPart", part=3, times=None))
    with lab.run() as engine:
        batch = engine.upload([str(lab.source())], FOLDER, BatchOptions())
        assert lab.server.log.wait_until(
            lambda log: {1, 2} <= {e.part for e in log.entries("UploadPart", status=200)}
        )
        assert lab.server.faults.wait_until_hanging()
    lab.server.faults.clear()
    with lab.run() as engine:
        lab.wait(engine, batch)
        [file] = engine.files(batch)
    assert (file.state, file.md5) == (State.VERIFIED, md5(content(LARGE)))
    taken = [e for e in lab.server.log.entries("UploadPart", status=200) if e.received > 1000]
    assert sorted(e.part or 0 for e in taken) == [1, 2, 3]
    assert lab.server.log.uploads_completed == 1
    assert lab.server.open_uploads(BUCKET) == []


def test_a_source_that_changes_while_it_is_sent_is_never_verified_and_can_be_sent_anew(
    lab: Lab,
) -> None:
    lab.server.faults.add(Fault(Hang(), operation="UploadPart", part=2))
    source = lab.source()
    with lab.run() as engine:
        batch = engine.upload([str(source)], FOLDER, BatchOptions())
        assert lab.server.faults.wait_until_hanging()
        source.write_bytes(content(LARGE + 5, seed=9))
        lab.server.faults.release()
        lab.wait(engine, batch)
        [file] = engine.files(batch)
        assert file.state is State.NEEDS_YOU
        assert file.problem is not None
        assert file.problem.kind == "SourceChanged"
        assert lab.server.keys(BUCKET) == []
        engine.send_new_version([file.id])
        lab.wait(engine, batch)
        [file] = engine.files(batch)
    assert (file.state, file.size) == (State.VERIFIED, LARGE + 5)
    assert file.md5 == md5(content(LARGE + 5, seed=9))
    assert lab.server.read(BUCKET, "runs/a.bam") == content(LARGE + 5, seed=9)
    assert lab.server.open_uploads(BUCKET) == []


def test_pausing_in_the_middle_of_a_part_stops_and_resuming_ends_it(lab: Lab) -> None:
    lab.server.faults.add(Fault(Hang(), operation="UploadPart", part=2))
    with lab.run() as engine:
        batch = engine.upload([str(lab.source())], FOLDER, BatchOptions())
        assert lab.server.faults.wait_until_hanging()
        engine.pause([batch])
        assert engine.settle()
        lab.server.faults.clear()
        engine.resume([batch])
        lab.wait(engine, batch)
        [file] = engine.files(batch)
    assert (file.state, file.md5) == (State.VERIFIED, md5(content(LARGE)))


def test_a_damaged_part_is_sent_again_and_told(lab: Lab) -> None:
    lab.server.faults.add(Fault(CorruptIncoming(99), operation="UploadPart", part=2))
    with lab.run() as engine:
        batch = engine.upload([str(lab.source())], FOLDER, BatchOptions(md5=False))
        lab.wait(engine, batch)
        [file] = engine.files(batch)
        details = engine.details(file.id)
    assert (file.state, file.attempts, file.md5) == (State.VERIFIED, 1, None)
    assert details is not None
    assert details.part_errors == ((2, 2, "BadPart"),)


@pytest.mark.parametrize("manners", [STRICT, LIKE_RADOSGW], ids=["crc", "md5-only"])
def test_a_download_is_proven_by_what_the_service_has_of_the_whole(
    tmp_path: Path, manners: Manners
) -> None:
    """Where that is an MD5 alone, it is worked out even when nobody asked for one."""
    with lab_in(tmp_path, manners) as lab:
        lab.server.put(BUCKET, "runs/a.bam", content(LARGE))
        with lab.run() as engine:
            place = Location("lab", BUCKET, "runs/a.bam")
            back = lab.folder / "back"
            batch = engine.download([place], str(back), BatchOptions(md5=False))
            lab.wait(engine, batch)
            [file] = engine.files(batch)
        assert file.state is State.VERIFIED
        assert (back / "a.bam").read_bytes() == content(LARGE)


@pytest.mark.parametrize("size", [300_000, LARGE])
def test_a_download_that_came_damaged_is_fetched_anew_and_then_verified(
    lab: Lab, size: int
) -> None:
    lab.server.put(BUCKET, "runs/a.bam", content(size))
    lab.server.faults.add(Fault(CorruptOutgoing(), operation="GetObject", range_start=0))
    with lab.run() as engine:
        place = Location("lab", BUCKET, "runs/a.bam")
        batch = engine.download([place], str(lab.folder / "back"), BatchOptions(md5=False))
        lab.wait(engine, batch)
        [file] = engine.files(batch)
    assert (file.state, file.attempts) == (State.VERIFIED, 1)
    assert (lab.folder / "back" / "a.bam").read_bytes() == content(size)


@pytest.mark.parametrize("size", [300_000, LARGE])
def test_a_download_that_always_comes_damaged_is_never_given_its_name(lab: Lab, size: int) -> None:
    lab.server.put(BUCKET, "runs/a.bam", content(size))
    lab.server.faults.add(
        Fault(CorruptOutgoing(), operation="GetObject", range_start=0, times=None)
    )
    with lab.run() as engine:
        place = Location("lab", BUCKET, "runs/a.bam")
        batch = engine.download([place], str(lab.folder / "back"), BatchOptions(md5=False))
        lab.wait(engine, batch)
        [file] = engine.files(batch)
        assert file.state is State.FAILED
        assert file.problem is not None
        assert file.problem.kind == "Mismatch"
        assert not (lab.folder / "back" / "a.bam").exists()


def test_a_small_file_that_changed_since_it_was_listed_comes_as_it_is_now(lab: Lab) -> None:
    lab.server.put(BUCKET, "runs/a", content(500))
    (lab.folder / "back").mkdir()
    (lab.folder / "back" / "a").write_bytes(b"older")
    with lab.run() as engine:
        options = BatchOptions(IfExists.KEEP_BOTH)
        place = Location("lab", BUCKET, "runs/a")
        batch = engine.download([place], str(lab.folder / "back"), options)
        engine.pause([batch])
        while not lab.states(batch):
            assert engine.settle()
        lab.server.put(BUCKET, "runs/a", content(700, seed=9))
        engine.resume([batch])
        lab.wait(engine, batch)
        [file] = engine.files(batch)
        [whole] = engine.history()
    assert (file.state, file.size, file.renamed_to) == (State.VERIFIED, 700, "a_1")
    assert (whole.size, whole.arrived) == (700, 700)
    assert (lab.folder / "back" / "a_1").read_bytes() == content(700, seed=9)


def test_an_unfinished_download_whose_part_file_is_gone_is_fetched_anew(lab: Lab) -> None:
    """Every range was there when the program ended; somebody tidied up before the next run."""
    lab.server.put(BUCKET, "runs/a.bam", content(LARGE))
    lab.server.faults.add(Fault(Hang(), operation="GetObject", range_start=16 * MiB))
    with lab.run() as engine:
        place = Location("lab", BUCKET, "runs/a.bam")
        batch = engine.download([place], str(lab.folder / "back"), BatchOptions())
        assert lab.server.faults.wait_until_hanging()
    lab.server.faults.clear()
    [part_file] = (lab.folder / "back").iterdir()
    part_file.unlink()
    with lab.run() as engine:
        lab.wait(engine, batch)
        assert lab.states(batch) == {"a.bam": State.VERIFIED}
    assert (lab.folder / "back" / "a.bam").read_bytes() == content(LARGE)


def test_many_small_files_and_an_empty_folder_come_back_as_they_went(lab: Lab) -> None:
    source = lab.folder / "run7"
    for number in range(70):
        path = source / f"L00{number % 3}" / f"f{number}.fastq.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(number * 97, seed=number))
    (source / "empty").mkdir()
    with lab.run() as engine:
        sent = engine.upload([str(source)], FOLDER, BatchOptions())
        lab.wait(engine, sent)
        place = Location("lab", BUCKET, "runs/run7")
        back = engine.download([place], str(lab.folder / "back"), BatchOptions())
        lab.wait(engine, back)
    assert set(lab.states(back).values()) == {State.VERIFIED}
    returned = lab.folder / "back" / "run7"
    assert sorted(path.relative_to(source) for path in source.rglob("*")) == sorted(
        path.relative_to(returned) for path in returned.rglob("*")
    )
    for path in source.rglob("*.gz"):
        assert (returned / path.relative_to(source)).read_bytes() == path.read_bytes()


def test_what_was_learned_of_an_endpoint_is_known_to_the_next_run(lab: Lab) -> None:
    for number in range(2):
        with lab.run() as engine:
            source = lab.source(f"f{number}", 10)
            lab.wait(engine, engine.upload([str(source)], FOLDER, BatchOptions()))
    assert lab.server.log.uploads_created == 1
    assert lab.server.log.uploads_aborted == 1


def test_names_taken_at_the_top_are_settled_when_their_turn_comes(lab: Lab) -> None:
    lab.server.put(BUCKET, "runs/a.bam", b"older")
    source = lab.source(size=100)
    with lab.run() as engine:
        skipped = engine.upload([str(source)], FOLDER, BatchOptions(IfExists.SKIP))
        lab.wait(engine, skipped)
        both = engine.upload([str(source)], FOLDER, BatchOptions(IfExists.KEEP_BOTH))
        lab.wait(engine, both)
        [file] = engine.files(both)
    assert lab.states(skipped) == {"a.bam": State.SKIPPED}
    assert (file.state, file.renamed_to) == (State.VERIFIED, "a_1.bam")
    assert lab.server.keys(BUCKET) == ["runs/a.bam", "runs/a_1.bam"]


def test_a_journal_of_a_later_version_starts_no_engine(lab: Lab) -> None:
    lab.journal.parent.mkdir()
    with sqlite3.connect(lab.journal) as db:
        db.execute("PRAGMA user_version=999")
    db.close()
    with pytest.raises(JournalTooNew), lab.run():
        raise AssertionError("it must not start")
    assert lab.journal.exists()
