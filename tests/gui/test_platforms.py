"""The main job by window, on every platform: the real window, the real engine, strict services.

A location is added by the wizard, a folder dropped; the program ends, starts, is killed, starts
again; what arrived is fetched back and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.e2e.program import tree, write_random
from tests.gui.platform_labs import LABS, Lab
from tests.gui.platform_station import Station, run_killed

from pipette.model.account import Account, Secret
from pipette.model.files import Location
from pipette.model.parts import Proof
from pipette.model.transfer import State
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.ui import words
from pipette.ui.dialogs_account import SomeoneElse
from pipette.ui.sign_in import SignIn
from pipette.ui.theme import Theme
from pipette.ui.transfers_bar import Tab

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support")

ACCOUNT = "Our lab"
PRACTICE = Secret(f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}")
LARGE = "Lib07_S7_L001_R1_001.fastq.gz"
SMALL = "Lib08_S8_L001_R1_001.fastq.gz"
MORE_THAN_AT_A_TIME = 5
"""Parts."""
SMALL_SIZES = {SMALL: 1000, "deep/Lib09_S9_L001_R1_001.fastq.gz": 70_000}


@dataclass(frozen=True, slots=True)
class Bench:
    lab: Lab
    station: Station
    folder: Path

    def make_run(self, parts: int) -> Path:
        run = self.folder / "run_7"
        sizes = {LARGE: parts * self.lab.part_size + 5, **SMALL_SIZES}
        for file, size in sizes.items():
            write_random(run / file, size)
        return run

    def slowly(self, parts: int) -> float:
        """Bytes per second at which something of so many parts is left to be interrupted."""
        return parts * self.lab.part_size / 3


@pytest.fixture(params=list(LABS))
def bench(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    light: Theme,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    with LABS[request.param](tmp_path) as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        station = Station(tmp_path, light, qtbot)
        yield Bench(lab, station, tmp_path)
        station.close()
        assert list(lab.leaks()) == []
        assert secrets_in(station.paths.home, lab.key) == []


def secrets_in(home: Path, key: str) -> list[str]:
    """Files of a home in which the key, or a part of it, stands."""
    secret = key.rpartition(":")[2].encode()
    files = [path for path in home.rglob("*") if path.is_file()]
    return [str(path) for path in files if secret in path.read_bytes()]


def test_a_dropped_folder_survives_restart_and_kill_and_comes_back_identical(
    bench: Bench,
) -> None:
    lab, station = bench.lab, bench.station
    run = bench.make_run(MORE_THAN_AT_A_TIME)
    station.open(up_limit=bench.slowly(MORE_THAN_AT_A_TIME))
    said = station.add_location(lab, ACCOUNT)
    assert "Key accepted" in said
    station.drop(run)
    enough = lab.part_size if lab.resumes else 1
    station.wait(lambda: station.arrived() >= enough)
    station.close()
    run_killed(station, lab, ACCOUNT)
    station.open()
    sent = station.wait_for_end()
    assert {file.state for file in sent} == {State.VERIFIED}
    assert all(file.proof in {Proof.WHOLE_FILE, Proof.EVERY_PART} for file in sent)
    (large,) = [file for file in sent if file.name.endswith(LARGE)]
    assert (large.reused_parts > 0) is lab.resumes
    fetch_back(bench, run)


def fetch_back(bench: Bench, run: Path) -> None:
    """By the browser, and byte for byte."""
    station, back = bench.station, bench.folder / "back"
    station.fetch(run.name, back)
    got = station.wait_for_end(Tab.DOWNLOADS)
    assert {file.state for file in got} <= {State.VERIFIED, State.SIZE_MATCHED}
    assert tree(back / run.name) == tree(run)
    now = 0.0
    for file in got:
        assert ("Verified" in words.state_words(file, now)) is (file.state is State.VERIFIED)


# Keys.


def start_sending(bench: Bench) -> None:
    bench.station.open(up_limit=bench.slowly(2))
    bench.station.add_location(bench.lab, ACCOUNT)
    bench.station.drop(bench.make_run(2))
    bench.station.wait(lambda: bench.station.arrived() > 0)


def wait_until_held(station: Station) -> None:
    station.wait(lambda: [b for b in station.batches() if b.state is State.NEEDS_SIGN_IN])
    station.wait(station.window.banners.notices)


def press_banner(station: Station, qtbot: QtBot) -> SignIn:
    (notice,) = station.window.banners.notices()
    banner = station.window.banners.banner(notice.key)
    assert banner is not None
    qtbot.mouseClick(banner.button, Qt.MouseButton.LeftButton)
    return station.dialog(SignIn)


def test_with_a_new_key_the_same_rows_go_on(bench: Bench, qtbot: QtBot) -> None:
    station = bench.station
    start_sending(bench)
    (batch,) = station.batches()
    key = bench.lab.renew()
    wait_until_held(station)
    assert (
        station.window.sidebar.model.data(
            station.window.sidebar.model.index_of_account(ACCOUNT),
            Qt.ItemDataRole.AccessibleTextRole,
        )
        == f"{ACCOUNT}, Key expired – sign in"
    )
    assert QApplication.activeModalWidget() is None
    dialog = press_banner(station, qtbot)
    dialog.fields.paste(key)
    dialog.go_button.click()
    station.wait(lambda: QApplication.activeModalWidget() is None)
    station.window._set_limit(None)
    sent = station.wait_for_end()
    assert {file.state for file in sent} == {State.VERIFIED}
    assert [one.id for one in station.batches()] == [batch.id]
    station.wait(lambda: not station.window.banners.notices())
    assert station.keychain.get(ACCOUNT) == Secret(key)


def test_a_key_of_somebody_else_is_noticed(bench: Bench, qtbot: QtBot) -> None:
    station = bench.station
    start_sending(bench)
    bench.lab.renew()
    wait_until_held(station)
    who = station.accounts.get(ACCOUNT).who_id
    assert who
    dialog = press_banner(station, qtbot)
    dialog.fields.paste(bench.lab.stranger())
    dialog.go_button.click()
    question = station.dialog(SomeoneElse)
    assert "belongs to" in question.accessibleDescription()
    question.reject()
    station.settle()
    assert station.keychain.get(ACCOUNT) == Secret(bench.lab.key)
    assert station.accounts.get(ACCOUNT).who_id == who


def test_other_locations_go_on_while_one_needs_a_key(bench: Bench, qtbot: QtBot) -> None:
    station = bench.station
    start_sending(bench)
    bench.lab.renew()
    wait_until_held(station)
    with S3Server(bench.folder / "other") as other:
        other.create_bucket("reads")
        station.put_location(Account("Other", "s3", url=other.url), PRACTICE)
        station.window.browser.open(Location("Other", "reads"))
        station.settle()
        station.drop(bench.folder / "run_7" / SMALL)
        station.wait(lambda: any(b.finished_at for b in station.batches()))
        held, done = sorted(station.batches(), key=lambda b: b.finished_at or 0.0)
        assert (held.state, done.state) == (State.NEEDS_SIGN_IN, State.VERIFIED)
        assert len(station.window.banners.notices()) == 1
