"""What every test gets: no screen, a home of its own, no proxy, and a quiet log."""

from __future__ import annotations

import gc
import io
import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import coverage
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

FOREIGN_SETTINGS = ("AWS_", "PIPETTE_")
DECIDING = ["*/pipette/model/*", "*/pipette/engine/*"]
MUCH_GARBAGE = 200_000
"""Objects made since the last search."""
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person's who runs the tests: no home, no keys, no proxies."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_SETTINGS) or name.lower() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIPETTE_HOME", str(tmp_path / "home"))


def pytest_sessionstart() -> None:
    """As in the window's process: on a worker the search for cycles would take widgets down, those
    of earlier tests too, outside their thread, which ends the process."""
    gc.disable()


def pytest_runtest_teardown() -> None:
    if gc.get_count()[0] > MUCH_GARBAGE:
        gc.collect()


class LogWatch(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def quiet_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning in the log fails the test, unless it asks for ``caplog`` and looks for itself."""
    watch = LogWatch()
    logging.getLogger().addHandler(watch)
    yield
    logging.getLogger().removeHandler(watch)
    if watch.lines and "caplog" not in request.fixturenames:
        pytest.fail("Unexpected in the log:\n" + "\n".join(watch.lines))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Coverage of the parts that decide, before pytest's closing line."""
    measured = coverage.Coverage.current()
    if measured is None:
        return
    measured.stop()
    terminalreporter.section("coverage of model and engine")
    table = io.StringIO()
    measured.report(include=DECIDING, file=table, skip_covered=True)
    terminalreporter.write(table.getvalue())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A report passes between processes; file names that are no text must not stop it there."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report
