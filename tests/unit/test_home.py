"""One process owns a home's queue; the others hand their orders over and lose none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.engine.living import Living
from tests.engine.rig import BUCKET, PLAIN

from pipette.engine.clock import SystemClock
from pipette.engine.engine import Engine
from pipette.engine.home import Home, Order
from pipette.engine.journal_reader import JournalReader
from pipette.model.files import Location
from pipette.model.transfer import BatchId, BatchOptions, IfExists, State

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


class Place:
    """The files of one home, and the processes (here: homes) that gather around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = folder / "home.lock"
        self.inbox = folder / "inbox"
        self.homes: list[Home] = []
        self.engines: list[Living] = []

    def home(
        self,
        show: Callable[[Sequence[str]], None] | None = None,
        clock: SystemClock | None = None,
    ) -> Home:
        made = Home(self.lock, self.inbox, self.start_engine, show, clock)
        self.homes.append(made)
        return made

    def start_engine(self) -> Engine:
        living = Living(self.folder)
        self.engines.append(living)
        living.engine.restore(resume=False)
        living.engine.start()
        return living.engine

    def close(self) -> None:
        for home in self.homes:
            home.close()

    @property
    def reader(self) -> JournalReader:
        return JournalReader(self.folder / "queue.sqlite")

    def source(self, name: str = "run7") -> str:
        folder = self.folder / name
        folder.mkdir()
        (folder / "a").write_bytes(b"x" * 35)
        return str(folder)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.close()


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


# One owner


def test_the_first_to_ask_owns_the_queue_and_the_second_does_not(place: Place) -> None:
    first, second = place.home(), place.home()
    assert not first.is_owner
    assert first.engine is None
    assert first.own()
    assert first.own()
    assert first.engine is place.engines[0].engine
    assert not second.own()
    assert not second.is_owner
    assert len(place.engines) == 1


def test_who_comes_after_the_owner_has_gone_owns_the_queue(place: Place) -> None:
    first, second = place.home(), place.home()
    first.own()
    first.close()
    assert not first.is_owner
    second.keep_going()
    assert second.is_owner


def test_closing_what_was_never_owned_is_harmless(place: Place) -> None:
    place.home().close()
    assert place.engines == []


# Orders


def test_the_owner_carries_its_orders_out_itself(place: Place) -> None:
    home = place.home()
    home.own()
    batch = home.upload([place.source()], BUCKET, PLAIN)
    with place.reader as reader:
        assert reader.batch(batch) is not None
    assert list(place.inbox.iterdir()) == []


def test_an_order_of_another_process_is_carried_out_by_the_owner_and_answered(
    place: Place,
) -> None:
    owner, other = place.home(), place.home()
    owner.own()
    options = BatchOptions(IfExists.KEEP_BOTH, md5=False, operator="M. Q.")
    batch = other.upload([place.source()], BUCKET, options)
    assert not other.is_owner
    with place.reader as reader:
        found = reader.batch(batch)
        assert found is not None
        assert (found.options, found.place) == (options, BUCKET)
    assert list(place.inbox.iterdir()) == []


def test_every_kind_of_order_reaches_the_owners_engine(place: Place) -> None:
    shown: list[Sequence[str]] = []
    owner, other = place.home(shown.append), place.home()
    owner.own()
    engine = place.engines[0].engine
    batch = other.upload([place.source()], BUCKET, PLAIN)
    assert place.engines[0].rested.wait(PATIENCE)
    other.cancel(batch)
    other.resume([batch])
    fetched = other.download([Location("lab", "bucket", "x")], str(place.folder), PLAIN)
    other.set_limits(5e6, None)
    other.account_changed("lab")
    assert other.show(["/data/run7"])
    with place.reader as reader:
        assert {one.id for one in reader.batches()} == {batch, fetched}
    assert engine._workers.up._rate == 5e6
    assert shown == [("/data/run7",)]


def test_an_owner_without_a_window_says_that_it_has_none(place: Place) -> None:
    owner, other = place.home(), place.home()
    owner.own()
    assert not other.show(["/data/run7"])
    assert not owner.show([])


def test_whoever_orders_while_nobody_owns_becomes_the_owner(place: Place) -> None:
    home = place.home()
    batch = home.upload([place.source()], BUCKET, PLAIN)
    assert home.is_owner
    with place.reader as reader:
        assert reader.batch(batch) is not None


def test_two_who_order_at_once_get_one_queue_and_a_batch_each(
    place: Place, aside: ThreadPoolExecutor
) -> None:
    homes = [place.home(), place.home()]
    sources = [place.source("run7"), place.source("run8")]
    orders = [
        aside.submit(home.upload, [source], BUCKET, PLAIN)
        for home, source in zip(homes, sources, strict=True)
    ]
    batches = {order.result(PATIENCE) for order in orders}
    assert len(batches) == 2
    assert [home.is_owner for home in homes].count(True) == 1
    with place.reader as reader:
        assert {one.id for one in reader.batches()} == batches


def test_an_order_that_cannot_be_read_is_left_out_and_the_next_one_is_carried_out(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.inbox.mkdir()
    good = json.loads(Order("limits", limits=(1.0, None)).to_json())
    broken = {
        "0-text.order": "not json",
        "1-list.order": "[]",
        "2-missing.order": json.dumps({"verb": "upload"}),
        "3-place.order": json.dumps({**good, "place": ["lab"]}),
        "4-rule.order": json.dumps({**good, "options": {"if_exists": "burn", "md5": True}}),
    }
    for name, text in broken.items():
        (place.inbox / name).write_text(text)
    owner, other = place.home(), place.home()
    owner.own()
    other.set_limits(7e6, None)
    assert place.engines[0].engine._workers.up._rate == 7e6
    assert caplog.text.count("could not be read") == len(broken)
    assert list(place.inbox.iterdir()) == []


def test_orders_say_the_same_after_they_were_written_down() -> None:
    order = Order(
        "download",
        ("é", "🧬"),
        ("lab", "bucket", "runs"),
        (("lab", "bucket", "a/b"), ("lab", "", "")),
        "/back",
        BatchOptions(IfExists.REPLACE, md5=False, operator="x"),
        (None, 5.0),
    )
    assert Order.from_json(order.to_json()) == order


# When the owner ends


class Watchful(SystemClock):
    """Says when somebody waits for an answer."""

    def __init__(self) -> None:
        self.waited = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.waited.set()
        super().sleep(seconds / 10)


class Absent(Home):
    """Takes orders out of the inbox, and gets no further."""

    def _carry_out(self, engine: Engine, order: Order) -> BatchId:
        sys.stdout.write("taken\n")
        sys.stdout.flush()
        threading.Event().wait()
        raise AssertionError("nobody wakes it")


@contextmanager
def owning_process(place: Place, kind: type[Home] = Home) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the queue. It has said so when this begins."""
    script = f"""
import sys
from pathlib import Path
from pipette.engine.home import Home
from tests.unit.test_home import Absent, Place
place = Place(Path({str(place.folder)!r}))
home = {kind.__name__}(place.lock, place.inbox, place.start_engine)
assert home.own()
print("owned", flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "desktop"), str(ROOT)))},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "owned\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_an_order_to_an_owner_that_is_killed_is_carried_out_by_the_one_who_waits(
    place: Place, aside: ThreadPoolExecutor
) -> None:
    clock = Watchful()
    home = place.home(clock=clock)
    with owning_process(place) as owner:
        assert not home.own()
        owner.send_signal(signal.SIGSTOP)
        order: Future[BatchId] = aside.submit(home.upload, [place.source()], BUCKET, PLAIN)
        assert clock.waited.wait(PATIENCE)
        assert not order.done()
        owner.kill()
        owner.wait(PATIENCE)
        batch = order.result(PATIENCE)
    assert home.is_owner
    assert place.engines[0].rested.wait(PATIENCE)
    with place.reader as reader:
        found = reader.batch(batch)
        assert found is not None
        assert found.counts == ((State.VERIFIED, 1),)


def test_an_order_whose_owner_is_killed_while_carrying_it_out_is_carried_out_by_who_waits(
    place: Place, aside: ThreadPoolExecutor
) -> None:
    home = place.home()
    with owning_process(place, Absent) as owner:
        order: Future[BatchId] = aside.submit(home.upload, [place.source()], BUCKET, PLAIN)
        assert owner.stdout is not None
        assert owner.stdout.readline() == "taken\n"
        assert not order.done()
        owner.kill()
        batch = order.result(PATIENCE)
    assert home.is_owner
    assert place.engines[0].rested.wait(PATIENCE)
    with place.reader as reader:
        found = reader.batch(batch)
        assert found is not None
        assert found.counts == ((State.VERIFIED, 1),)


def test_a_batch_handed_to_an_owner_that_is_killed_later_is_ended_by_who_ordered_it(
    place: Place,
) -> None:
    """It is taken up although the queue of earlier runs is left alone otherwise."""
    home = place.home()
    with owning_process(place) as owner:
        batch = home.upload([place.source()], BUCKET, PLAIN)
        home.resume([batch])
        owner.kill()
        owner.wait(PATIENCE)
    home.keep_going()
    assert home.is_owner
    engine = place.engines[0].engine
    with place.reader as reader:
        while not (found := reader.batch(batch)) or found.finished_at is None:
            assert engine.settle(PATIENCE)
        assert found.counts == ((State.VERIFIED, 1),)


def test_an_owner_that_ends_well_leaves_later_orders_to_the_next(place: Place) -> None:
    first, second = place.home(), place.home()
    first.own()
    first.close()
    name = "left-behind.order"
    (place.inbox / name).write_text(Order("limits", limits=(3e6, None)).to_json())
    second.own()
    second.set_limits(4e6, None)
    answer = place.inbox / "left-behind.answer"
    while not answer.exists():
        threading.Event().wait(0.01)
    assert answer.read_text() == ""
