"""Files dragged over the window, as Qt's own events."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from tests.gui.window_scene import Scene

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
COPY = Qt.DropAction.CopyAction
BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


class Drag:
    """Files under the pointer; the mime data lives as long as the drag does."""

    def __init__(self, *paths: str) -> None:
        self.data = QMimeData()
        self.data.setUrls([QUrl.fromLocalFile(path) for path in paths])

    def enter(self, surface: QWidget, point: QPoint) -> QDragEnterEvent:
        event = QDragEnterEvent(point, BOTH, self.data, LEFT, PLAIN)
        QApplication.sendEvent(surface, event)
        return event

    def over(self, surface: QWidget, point: QPoint) -> QDragMoveEvent:
        self.enter(surface, point)
        event = QDragMoveEvent(point, BOTH, self.data, LEFT, PLAIN)
        QApplication.sendEvent(surface, event)
        return event

    def drop(self, surface: QWidget, point: QPoint) -> QDropEvent:
        self.over(surface, point)
        event = QDropEvent(QPointF(point), BOTH, self.data, LEFT, PLAIN)
        QApplication.sendEvent(surface, event)
        return event


def row_point(scene: Scene, name: str) -> QPoint:
    listing = scene.window.browser.list
    row = scene.window.browser.model.row_of(name)
    assert row is not None
    return listing.visualRect(listing.model().index(row, 0)).center()


def empty_point(scene: Scene) -> QPoint:
    viewport = scene.window.browser.list.viewport()
    return QPoint(60, viewport.height() - 4)
