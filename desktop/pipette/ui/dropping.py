"""Files dragged onto the window: where they would go, what is said meanwhile, and the drop itself.

Every area that tells places apart is a ``DropZone``. One ``Dropping`` watches all of them and the
window itself, so that a drag means the same everywhere; areas without a zone count as the window.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from pipette.model.files import Location
from pipette.ui import figures, words
from pipette.ui.background import Background, Errand

SPRING_MS = 700
_COUNT_AT_MOST = 100_000
_EDGE_PIXELS = 24
_SCROLL_MS = 40
_FORGET_MS = 1000


@dataclass(frozen=True, slots=True)
class DropTarget:
    """What lies under the pointer. Files may go there unless ``refusal`` says why not."""

    location: Location | None
    """None while there is no location at all; with an empty container a project is asked for."""
    name: str
    refusal: str = ""
    springs: bool = False
    """Opens by itself when the pointer rests on it."""


class DropZone(Protocol):
    """An area of the window that tells drop targets apart. Called on the GUI thread only."""

    def drop_target_at(self, position: QPoint) -> DropTarget | None:
        """The target at a point of ``surface``; None leaves it to the window."""
        ...

    def outline(self, target: DropTarget | None) -> None:
        """Show, or stop showing, that files would go there."""
        ...

    def spring_open(self, target: DropTarget) -> None: ...


class PaintsLabel(Protocol):
    """The painted words under the pointer."""

    def show_words(self, words: str, refused: bool, at: QPoint) -> None: ...

    def hide(self) -> None: ...


def paths_in(data: QMimeData) -> list[str]:
    """The local files and folders of a drag or of the clipboard, in their order."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile() and url.toLocalFile()]


def count_files(paths: Sequence[str], stopped: Callable[[], bool]) -> int:
    """How many files these paths hold, at most ``_COUNT_AT_MOST``. Blocks: call it on a worker.

    Folders that cannot be read count as nothing; the scan before sending names them.
    """
    found = 0
    for path in paths:
        if not Path(path).is_dir():
            found += 1
            continue
        for _, _, names in os.walk(path):
            found += len(names)
            if found >= _COUNT_AT_MOST or stopped():
                return min(found, _COUNT_AT_MOST)
    return found


def drop_words(target: DropTarget, count: int | None) -> str:
    """``Upload 42 items to controls``."""
    if target.refusal:
        return target.refusal
    if count is not None and count >= _COUNT_AT_MOST:
        return f"Upload over {figures.plural(_COUNT_AT_MOST, 'item')} to {target.name}"
    return words.drop_words(count, target.name)


class Dropping(QObject):
    """Watches the window and its zones for dragged files.

    ``default`` names the target where no zone has one: the folder shown.
    """

    dropped = Signal(object, object)
    """list of paths, DropTarget; never for a refused target."""

    def __init__(
        self,
        window: QWidget,
        background: Background,
        label: PaintsLabel,
        default: Callable[[], DropTarget],
        spring_ms: int = SPRING_MS,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._background = background
        self._label = label
        self._default = default
        self._zones: dict[QObject, DropZone] = {}
        self._paths: list[str] = []
        self._count: int | None = None
        self._counting: Errand[int] | None = None
        self._target: DropTarget | None = None
        self._zone: DropZone | None = None
        self._at = QPoint()
        self._spring = QTimer(self, singleShot=True, interval=spring_ms)
        self._spring.timeout.connect(self._spring_open)
        self._scroller = EdgeScroller(self)
        # Crossing from one area into the next is a leave and an enter; the count survives that.
        self._forgetting = QTimer(self, singleShot=True, interval=_FORGET_MS)
        self._forgetting.timeout.connect(self._forget)
        self._watch(window)

    @property
    def target(self) -> DropTarget | None:
        """What is under the pointer now; None when nothing is being dragged."""
        return self._target

    def add_zone(self, surface: QWidget, zone: DropZone) -> None:
        """``surface`` receives the drag events: a widget, or the viewport of a view."""
        self._zones[surface] = zone
        self._watch(surface)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.DragEnter if isinstance(event, QDragEnterEvent):
                return self._enter(watched, event)
            case QEvent.Type.DragMove if isinstance(event, QDragMoveEvent):
                return self._move(watched, event)
            case QEvent.Type.DragLeave if self._target is not None:
                self._leave()
                return True
            case QEvent.Type.Drop if isinstance(event, QDropEvent):
                return self._drop(watched, event)
        return False

    def _watch(self, surface: QWidget) -> None:
        surface.setAcceptDrops(True)
        surface.installEventFilter(self)

    def _enter(self, surface: QObject, event: QDragEnterEvent) -> bool:
        paths = paths_in(event.mimeData())
        if not paths:
            return False
        self._forgetting.stop()
        if paths != self._paths:
            self._paths = paths
            self._start_counting()
        self._aim(surface, event)
        # Always entered, also over a refusing target, so that the reason can be shown.
        _as_copy(event)
        return True

    def _move(self, surface: QObject, event: QDragMoveEvent) -> bool:
        if not self._paths:
            return False
        target = self._aim(surface, event)
        self._scroller.point_at(surface, event.position().toPoint())
        if target.refusal:
            event.ignore()
        else:
            _as_copy(event)
        return True

    def _drop(self, surface: QObject, event: QDropEvent) -> bool:
        paths = paths_in(event.mimeData())
        if not paths:
            return False
        target, _ = self._target_under(surface, event.position().toPoint())
        self._leave()
        self._forget()
        if target.refusal:
            event.ignore()
            return True
        _as_copy(event)
        self.dropped.emit(paths, target)
        return True

    def _leave(self) -> None:
        if self._zone is not None:
            self._zone.outline(None)
        self._spring.stop()
        self._scroller.stop()
        self._label.hide()
        self._target, self._zone = None, None
        self._forgetting.start()

    def _forget(self) -> None:
        self._forgetting.stop()
        if self._counting is not None:
            self._counting.drop()
        self._paths, self._count, self._counting = [], None, None

    def _aim(self, surface: QObject, event: QDropEvent) -> DropTarget:
        position = event.position().toPoint()
        target, zone = self._target_under(surface, position)
        if isinstance(surface, QWidget):
            self._at = surface.mapTo(self._window, position)
        if (target, zone) != (self._target, self._zone):
            self._change_target(target, zone)
        self._say()
        return target

    def _change_target(self, target: DropTarget, zone: DropZone | None) -> None:
        if self._zone is not None and self._zone is not zone:
            self._zone.outline(None)
        self._target, self._zone = target, zone
        if zone is not None:
            zone.outline(target)
        self._spring.stop()
        if target.springs:
            self._spring.start()

    def _target_under(
        self, surface: QObject, position: QPoint
    ) -> tuple[DropTarget, DropZone | None]:
        zone = self._zones.get(surface)
        target = zone.drop_target_at(position) if zone is not None else None
        return (self._default(), None) if target is None else (target, zone)

    def _spring_open(self) -> None:
        if self._zone is not None and self._target is not None:
            self._zone.spring_open(self._target)

    def _start_counting(self) -> None:
        if self._counting is not None:
            self._counting.drop()
        self._count = None
        paths = list(self._paths)
        errand: list[Errand[int]] = []
        self._counting = self._background.run(
            lambda: count_files(paths, lambda: bool(errand) and errand[0].dropped), self._counted
        )
        errand.append(self._counting)

    def _counted(self, count: int) -> None:
        self._count = count
        self._say()

    def _say(self) -> None:
        if self._target is not None:
            said = drop_words(self._target, self._count)
            self._label.show_words(said, bool(self._target.refusal), self._at)


class EdgeScroller(QObject):
    """Scrolls a list while something dragged is held near its upper or lower edge."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._view: QAbstractItemView | None = None
        self._step = 0
        self._timer = QTimer(self, interval=_SCROLL_MS)
        self._timer.timeout.connect(self._scroll)

    def point_at(self, surface: QObject, position: QPoint) -> None:
        view = surface.parent()
        if not isinstance(view, QAbstractItemView) or view.viewport() is not surface:
            self.stop()
            return
        self._step = _edge_step(position.y(), view.viewport().height())
        if not self._step:
            self.stop()
            return
        self._view = view
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self._view = None

    def _scroll(self) -> None:
        if self._view is not None:
            bar = self._view.verticalScrollBar()
            per_row = self._view.verticalScrollMode() is QAbstractItemView.ScrollMode.ScrollPerItem
            bar.setValue(bar.value() + self._step * (1 if per_row else _EDGE_PIXELS // 2))


def _edge_step(y: int, height: int) -> int:
    if y < _EDGE_PIXELS:
        return -1
    return 1 if y > height - _EDGE_PIXELS else 0


def _as_copy(event: QDropEvent) -> None:
    # Never a move: some file managers would delete the originals after a drop taken as one.
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
