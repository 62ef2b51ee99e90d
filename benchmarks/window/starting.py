"""From the start of the program to its first paint, and what was imported by then.

The real ``main`` runs in a process of its own; only the moment is watched at which the window has
been painted, and then the process ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.clients import ROOT
from benchmarks.figures import Spread
from benchmarks.setting import Setting, say

_LATE = ("boto3", "botocore", "requests", "awscrt")
_WATCH = """
import json, os, sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from pipette import app
from pipette.ui.main_window import MainWindow

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched, MainWindow):
            QTimer.singleShot(0, self.tell)
        return False

    def tell(self):
        told = {"at": time.monotonic(), "modules": sorted(sys.modules)}
        sys.stdout.write(json.dumps(told) + "\\n")
        sys.stdout.flush()
        os._exit(0)

watch = Watch()
show = app.show

def watched(application, window, paths):
    window.installEventFilter(watch)
    return show(application, window, paths)

app.show = watched
app.main([])
"""


@dataclass(frozen=True, slots=True)
class Start:
    seconds: float
    modules: Sequence[str]

    @property
    def early(self) -> list[str]:
        """What should have come later."""
        return [name for name in _LATE if name in self.modules]


def run(setting: Setting) -> None:
    say("Start to first paint")
    starts = {
        "cold": [_start(setting, at, cold=True) for at in range(setting.pairs)],
        "warm": [_start(setting, at, cold=False) for at in range(setting.pairs)],
    }
    say(write(setting, starts))


def _start(setting: Setting, at: int, *, cold: bool) -> Start:
    if cold:
        forget_files()
    home = setting.scratch / f"start-{at}-{cold}"
    return start(home)


def start(home: Path) -> Start:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _WATCH],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "desktop"),
            "PIPETTE_HOME": str(home),
            "QT_QPA_PLATFORM": "offscreen",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return Start(told["at"] - began, told["modules"])


def forget_files() -> None:
    """Ask the system to drop our files from memory, as after a restart of the machine.

    Files that another process has mapped stay, so with Pipette or its tests running elsewhere from
    the same folder this is not quite cold.
    """
    for folder in (Path(sys.prefix), Path(os.__file__).parent, ROOT / "desktop"):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                _forget(path)


def _forget(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def write(setting: Setting, starts: Mapping[str, Sequence[Start]]) -> str:
    values = {
        "machine": machine.facts(),
        **{
            name: {"seconds": [one.seconds for one in ones], "early": ones[0].early}
            for name, ones in starts.items()
        },
    }
    setting.file("start", "json").write_text(json.dumps(values, indent=1) + "\n")
    lines = ["| start | s to first paint | imported before it |", "|---|---|---|"]
    for name, ones in starts.items():
        early = ", ".join(ones[0].early) or "none of " + ", ".join(_LATE)
        lines.append(f"| {name} | {Spread.of([one.seconds for one in ones]).text()} | {early} |")
    page = "\n".join(["# Start to first paint\n", machine.table(machine.facts()), *lines]) + "\n"
    setting.file("start", "md").write_text(page)
    return page
