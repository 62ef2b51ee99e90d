"""Takes the pictures of the window that stand beside the design: ``python -m tests.gui.screenshots DIR``.

Offscreen, twice the density, light and dark, at the first and the least size, on scripted parts.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "2")

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent
from PySide6.QtWidgets import QApplication, QWidget
from tests.gui.picture_scene import ACCOUNTS, the_desk, the_picture
from tests.gui.window_scene import Scene, make_scene, make_theme

from pipette.store.settings import Settings
from pipette.store.settings import Theme as ThemeSetting
from pipette.ui.main_window import MainWindow
from pipette.ui.theme import ThemeChoice

_MOST_SECONDS = 20


def settle(window: MainWindow) -> None:
    """Let everything under way arrive and be painted."""
    deadline = QDeadlineTimer(_MOST_SECONDS * 1000)
    loop = QEventLoop()
    while window.background.is_busy and not deadline.hasExpired():
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
    for _ in range(4):
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def open_run(scene: Scene) -> None:
    """The first batch is opened and its first file chosen, as in the picture."""
    table = scene.window.transfers.page.table
    table.choose(0)
    model = scene.window.transfers.page.model
    model.open_batch(model.row_at(0))
    settle(scene.window)
    scene.window.transfers.refresh()
    table.choose(2)


def drag_over_controls(scene: Scene) -> None:
    """42 files held over the folder ``controls``."""
    listing = scene.window.browser.list
    row = scene.window.browser.model.row_of("controls") or 0
    point = listing.visualRect(listing.model().index(row, 0)).center() + QPoint(330, 0)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(f"/data/controls/{n}.fastq.gz") for n in range(42)])
    given = (data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(
        listing.viewport(), QDragEnterEvent(point, Qt.DropAction.CopyAction, *given)
    )
    QApplication.sendEvent(
        listing.viewport(), QDragMoveEvent(point, Qt.DropAction.CopyAction, *given)
    )
    # Qt deletes nothing here, but the event refers to the data until it was handled.
    settle(scene.window)


def shoot(widget: QWidget, path: Path) -> None:
    widget.grab().save(str(path))
    sys.stdout.write(f"{path}\n")


class Shooting:
    """One theme's pictures."""

    def __init__(self, folder: Path, choice: ThemeChoice) -> None:
        self._folder = folder
        self._choice = choice
        self._theme = make_theme(choice)
        self._settings = Settings(theme=ThemeSetting(choice.value))
        self._homes = 0

    def _home(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="pipette-shots-"))

    def _show(self, scene: Scene, width: int, height: int) -> None:
        scene.window.resize(width, height)
        scene.window.show()
        scene.window.start()
        settle(scene.window)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}-{self._choice.value}.png"

    def main(self, width: int = 1360, height: int = 880, name: str = "main") -> None:
        scene = the_picture(self._home(), self._theme, self._settings)
        self._show(scene, width, height)
        scene.window.locations.load_projects("seq-archive")
        scene.window.sidebar.open_account("seq-archive")
        settle(scene.window)
        open_run(scene)
        scene.window.browser.list.select_names({"260611_A01234_0187_BHJ7KLDRX5"})
        settle(scene.window)
        shoot(scene.window, self._path(name))
        self._more(scene, name)
        self._end(scene)

    def _more(self, scene: Scene, name: str) -> None:
        if name != "main":
            return
        self._with(scene, "drop", lambda: drag_over_controls(scene))
        scene.window.dropping._leave()
        self._with(scene, "details", scene.window.areas.to_details)
        scene.window.details.hide()
        scene.queue.tell(up_rate=84.2e6, accounts_waiting=[("core-lab", "SignInNeeded")])
        self._with(scene, "banner", scene.window.transfers.refresh)

    def _with(self, scene: Scene, name: str, change: Callable[[], object]) -> None:
        change()
        settle(scene.window)
        shoot(scene.window, self._path(name))

    def empty(self) -> None:
        scene = make_scene(self._home(), settings=self._settings, theme=self._theme)
        self._show(scene, 1360, 880)
        shoot(scene.window, self._path("empty"))
        self._end(scene)

    def dialogs(self) -> None:
        scene = make_scene(
            self._home(), ACCOUNTS, desk=the_desk(), settings=self._settings, theme=self._theme
        )
        self._show(scene, 1360, 880)
        window = scene.window
        window.locations.add()
        self._top("add-1")
        dialog = _top_dialog()
        dialog.platform.choose("s3")
        dialog.next()
        self._top("add-2")
        dialog.next()
        dialog.key.fields.access.setText("AKIAEXAMPLE:c2VjcmV0LXNlY3JldA")
        dialog.key.test()
        settle(window)
        self._top("add-3")
        dialog.reject()
        settle(window)
        window.locations.sign_in("core-lab")
        self._top("sign-in")
        _close_top(window)
        window.uploads.start(["/data/run/controls"], window.browser.drop_target())
        settle(window)
        self._top("upload")
        _close_top(window)
        window.remote.download(window.browser.model.shown_files()[:2])
        settle(window)
        self._top("download")
        _close_top(window)
        window.remote.delete(window.browser.model.shown_files()[-3:])
        settle(window)
        self._top("delete")
        _close_top(window)
        self._end(scene)

    def _top(self, name: str) -> None:
        dialog = _top_dialog()
        QApplication.processEvents()
        shoot(dialog, self._path(name))

    def _end(self, scene: Scene) -> None:
        scene.window.close()
        scene.window.deleteLater()
        QApplication.processEvents()


def _top_dialog() -> QWidget:
    widget = QApplication.activeModalWidget()
    if widget is None:
        raise LookupError("no dialog is open")
    return widget


def _close_top(window: MainWindow) -> None:
    _top_dialog().close()
    settle(window)


def main(folder: Path) -> None:
    app = QApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        shooting = Shooting(folder, choice)
        shooting.main()
        shooting.main(960, 600, "least")
        shooting.empty()
        shooting.dialogs()
    app.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
