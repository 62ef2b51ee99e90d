"""Pictures of the import window beside the design's: ``python -m tests.gui.drs_screenshots DIR``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "2")

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication
from tests.gui.drs_scene import PLACE, DrsScene, drs_scene, put_import

from pipette.ui.background import Background
from pipette.ui.theme import Theme, ThemeChoice

_SETTLE_MS = 1000
_BAD_ROWS = (
    "https://example.org/1,bad.bam,,,1,4",
    "drs://nci-crdc.datacommons.io/00000001-ae77,twice.bam,,,1,4",
    "drs://nci-crdc.datacommons.io/x,c.bam,u/p,5f00,1,4",
)


def settle(background: Background) -> None:
    """Let everything under way arrive, and what waits for somebody who types."""
    deadline = QDeadlineTimer(_SETTLE_MS)
    loop = QEventLoop()
    while background.is_busy or not deadline.hasExpired():
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def a_list(folder: Path) -> Path:
    rows = [
        f"drs://nci-crdc.datacommons.io/{number:08x}-ae77,ICDC_C04_{number}.bam,,,1,4"
        for number in range(1, 1161)
    ]
    rows[3:3] = _BAD_ROWS
    path = folder / "icdc_manifest.csv"
    path.write_text("\n".join(["DRS URI,name,project,parent,study_id,cohort", *rows]))
    return path


def shoot(scene: DrsScene, background: Background, path: Path) -> None:
    settle(background)
    scene.window.grab().save(str(path))
    sys.stdout.write(f"{path}\n")


def main(folder: Path) -> None:
    app = QApplication.instance() or QApplication([])
    if not isinstance(app, QApplication):
        raise TypeError(app)
    theme = Theme(app)
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice)
        background = Background()
        scene = drs_scene(theme, background)
        window = scene.window
        window.open_new(PLACE)
        shoot(scene, background, folder / f"import-open-{choice.value}.png")
        with tempfile.TemporaryDirectory() as made:
            window.open_file(str(a_list(Path(made))), PLACE)
            shoot(scene, background, folder / f"import-check-{choice.value}.png")
        window.open_import(put_import(scene.queue))
        settle(background)
        table = window.running.table
        table.scrollTo(table.model().index(493, 0), table.ScrollHint.PositionAtTop)
        shoot(scene, background, folder / f"import-run-{choice.value}.png")
        window.close()
        background.close()


if __name__ == "__main__":
    wanted = Path(sys.argv[1])
    wanted.mkdir(parents=True, exist_ok=True)
    main(wanted)
