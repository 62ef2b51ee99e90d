"""The path above the browser: crumbs to go up, menus of siblings, and a field to type a place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from pipette.model.files import Location
from pipette.ui.browser_places import crumbs_of, text_of
from pipette.ui.dropping import DropTarget
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Radius, Size, Tone

_MOST_SIBLINGS = 200
_LONGEST_CRUMB = 32


class Crumbs(QWidget):
    """The crumbs of one place. Crumbs in the middle go into a "…" menu when there is no room."""

    chosen = Signal(object)
    """Location of a crumb or a sibling."""
    siblings_wanted = Signal(object)
    """The folder whose children shall be offered; answered by ``offer``."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._trail: list[Location] = []
        self._crumbs: list[QToolButton] = []
        self._gaps: list[QToolButton] = []
        self._outlined: Location | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._more = self._button("…", self.tr("Folders in between"))
        self._more.clicked.connect(self._show_hidden)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self._renew_icons)

    def show_place(self, place: Location | None) -> None:
        for button in [*self._crumbs, *self._gaps]:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._trail = crumbs_of(place) if place is not None else []
        self._crumbs = [self._crumb(at) for at in self._trail]
        self._gaps = [self._gap(at) for at in self._trail[:-1]]
        self._lay_out()
        self._fit()

    def offer(self, folder: Location, siblings: Sequence[Location]) -> None:
        """Show what is beside the crumb below ``folder``, if that is still shown."""
        if folder not in self._trail[:-1]:
            return
        number = self._trail.index(folder)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place in siblings[:_MOST_SIBLINGS]:
            action = menu.addAction(_escaped(place.name))
            action.setCheckable(True)
            action.setChecked(place == self._trail[number + 1])
            action.triggered.connect(lambda _=False, at=place: self.chosen.emit(at))
        if len(siblings) > _MOST_SIBLINGS:
            menu.addAction(self.tr("More: use the list")).setEnabled(False)
        gap = self._gaps[number]
        menu.popup(gap.mapToGlobal(QPoint(0, gap.height())))

    def place_at(self, position: QPoint) -> Location | None:
        for crumb, place in zip(self._crumbs, self._trail, strict=True):
            if crumb.isVisible() and crumb.geometry().contains(position):
                return place
        return None

    def outline_place(self, place: Location | None) -> None:
        self._outlined = place
        self.update()

    def minimumSizeHint(self) -> QSize:
        last = self._crumbs[-1].sizeHint().width() if self._crumbs else 0
        return QSize(min(last, 120), Size.BUTTON)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._outlined not in self._trail:
            return
        box = self._crumbs[self._trail.index(self._outlined)].geometry()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour(Tone.ACCENT), Size.FOCUS_RING))
        painter.setBrush(QColor(self._theme.tokens.accent_soft))
        painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), Radius.CONTROL, Radius.CONTROL)
        painter.end()

    def _crumb(self, place: Location) -> QToolButton:
        is_here = place == self._trail[-1]
        button = self._button(_shortened(place.name or place.account), str(place))
        mark(button, Kind.CRUMB_HERE if is_here else Kind.CRUMB)
        button.clicked.connect(lambda: self.chosen.emit(place))
        return button

    def _gap(self, folder: Location) -> QToolButton:
        words = self.tr("Choose another folder in {name}").format(
            name=folder.name or folder.account
        )
        button = self._button("", words)
        mark(button, Kind.ICON_BUTTON)
        button.setIcon(self._theme.icon("right", Tone.TEXT2, Size.ICON_SMALL))
        button.setFixedWidth(Size.TARGET)
        button.clicked.connect(lambda: self.siblings_wanted.emit(folder))
        return button

    def _button(self, text: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(_escaped(text))
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setAutoRaise(True)
        return button

    def _lay_out(self) -> None:
        while self._row.count():
            self._row.takeAt(0)
        for number, crumb in enumerate(self._crumbs):
            self._row.addWidget(crumb)
            if number == 0:
                self._row.addWidget(self._more)
            if number < len(self._gaps):
                self._row.addWidget(self._gaps[number])
        self._row.addStretch(1)

    def _fit(self) -> None:
        """Hide crumbs from the second on until the rest has room; the last one always stays."""
        for button in [*self._crumbs, *self._gaps]:
            button.show()
        self._more.setVisible(False)
        needed = sum(button.sizeHint().width() for button in [*self._crumbs, *self._gaps])
        for number in range(1, len(self._crumbs) - 1):
            if needed <= self.width():
                break
            self._more.setVisible(True)
            needed -= self._crumbs[number].sizeHint().width()
            needed -= self._gaps[number].sizeHint().width()
            self._crumbs[number].hide()
            self._gaps[number].hide()

    def _show_hidden(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for crumb, place in zip(self._crumbs, self._trail, strict=True):
            if crumb.isHidden():
                action = menu.addAction(_escaped(place.name))
                action.triggered.connect(lambda _=False, at=place: self.chosen.emit(at))
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _renew_icons(self) -> None:
        for gap in self._gaps:
            gap.setIcon(self._theme.icon("right", Tone.TEXT2, Size.ICON_SMALL))


class PathField(QLineEdit):
    """Where a place is typed or pasted. Escape leaves it."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(False)
        self.setAccessibleName(self.tr("Path"))
        self.setPlaceholderText(self.tr("location:/project/folder, or paste a web address"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)


class Breadcrumb(QStackedWidget):
    """Crumbs, or the path field while a path is typed. A drop zone: each crumb takes files."""

    chosen = Signal(object)
    """Location to go to."""
    typed = Signal(str)
    """Text from the path field; ``accept_path`` or ``refuse_path`` answers."""
    siblings_wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place: Location | None = None
        self._crumbs = Crumbs(theme, self)
        self._field = PathField(self)
        self.addWidget(self._crumbs)
        self.addWidget(self._field)
        self.setAccessibleName(self.tr("Path of the folder shown"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._crumbs.chosen.connect(self.chosen)
        self._crumbs.siblings_wanted.connect(self.siblings_wanted)
        self._field.left.connect(self.show_crumbs)
        self._field.returnPressed.connect(lambda: self.typed.emit(self._field.text()))

    @property
    def field(self) -> QLineEdit:
        return self._field

    def show_place(self, place: Location | None) -> None:
        self._place = place
        self._crumbs.show_place(place)
        self.show_crumbs()

    def edit_path(self) -> None:
        self._field.setText(text_of(self._place) if self._place is not None else "")
        self.setCurrentWidget(self._field)
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_crumbs(self) -> None:
        self.setCurrentWidget(self._crumbs)

    def refuse_path(self, why: str) -> None:
        """The text names no place; it stays for correction."""
        self._field.setToolTip(why)
        self._field.setAccessibleDescription(why)
        self._field.selectAll()

    def offer(self, folder: Location, siblings: Sequence[Location]) -> None:
        self._crumbs.offer(folder, siblings)

    # The drop zone.

    def drop_target_at(self, position: QPoint) -> DropTarget | None:
        place = self._crumbs.place_at(self._crumbs.mapFrom(self, position))
        if place is None or self.currentWidget() is not self._crumbs:
            return None
        return DropTarget(place, place.name or place.account, springs=place != self._place)

    def outline(self, target: DropTarget | None) -> None:
        self._crumbs.outline_place(target.location if target is not None else None)

    def spring_open(self, target: DropTarget) -> None:
        if target.location is not None:
            self.chosen.emit(target.location)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_CRUMB else f"{name[:18]}…{name[-12:]}"


def _escaped(text: str) -> str:
    # Otherwise Qt takes an ampersand in a name as the mark of a shortcut letter.
    return text.replace("&", "&&")
