"""Renders every painted part, light and dark, to look at beside the design.

By hand: ``python -m tests.gui.gallery FOLDER`` (``QT_SCALE_FACTOR=2`` for double density).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QTabBar,
    QToolBar,
    QVBoxLayout,
    QWidget,
)
from tests.fakes.scenes import a_batch, first_parts, part_bits, the_run_files, the_sending_file

from pipette.model.transfer import BatchSnapshot, FileSnapshot, PartMap, State
from pipette.ui.aliquot import cell_count, cells_of, paint_aliquot
from pipette.ui.chips import Chip, Chips
from pipette.ui.delegates import (
    ActionsDelegate,
    NameDelegate,
    ProgressDelegate,
    StateDelegate,
    TextDelegate,
)
from pipette.ui.delegates_side import SideDelegate
from pipette.ui.drop_label import DropLabel
from pipette.ui.icons import icon_names
from pipette.ui.plate import PlateLegend, PlateWidget
from pipette.ui.roles import (
    ActionsCell,
    CellRole,
    Expander,
    NameCell,
    ProgressCell,
    RowAction,
    SideKind,
    SideRow,
    StateCell,
)
from pipette.ui.row_views import RowTable, RowTree
from pipette.ui.sheet import Kind, mark
from pipette.ui.start_page import StartPage, TipsStrip
from pipette.ui.state_looks import state_look
from pipette.ui.theme import Theme, ThemeChoice
from pipette.ui.tokens import Tone, Type

GB = 1_000_000_000
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def item(role: int, value: object) -> QStandardItem:
    cell = QStandardItem()
    cell.setEditable(False)
    cell.setData(value, role)
    return cell


def text_item(words: str, right: bool = False) -> QStandardItem:
    cell = item(Qt.ItemDataRole.DisplayRole, words)
    if right:
        cell.setTextAlignment(_RIGHT)
    return cell


def transfer_row(
    snapshot: BatchSnapshot | FileSnapshot,
    to: str,
    size: str,
    words: str,
    actions: tuple[RowAction, ...] = (RowAction.PAUSE, RowAction.CANCEL),
    expander: Expander | None = None,
    figures: tuple[str, str] = ("", ""),
) -> list[QStandardItem]:
    is_batch = isinstance(snapshot, BatchSnapshot)
    name = snapshot.name.rsplit("/", 1)[-1]
    icon = "fastq" if name.endswith(".gz") else "folder" if is_batch else "file"
    look = state_look(snapshot.state, snapshot.direction)
    cell = NameCell(name, icon, 0 if is_batch else 1, expander, bold=is_batch)
    row = [
        item(CellRole.NAME, cell),
        text_item(to),
        text_item(size, right=True),
        item(CellRole.PROGRESS, ProgressCell.of(snapshot)),
        text_item(figures[0], right=True),
        text_item(figures[1], right=True),
        item(CellRole.STATE, StateCell(look.icon, words, look.tone)),
        item(CellRole.ACTIONS, ActionsCell(actions)),
    ]
    for each in row:
        each.setData(is_batch, CellRole.BAND)
    return row


def transfer_rows() -> list[list[QStandardItem]]:
    files = list(the_run_files())
    said = (
        ("38.6 GB", "Sending", ("31.0 MB/s", "6 min")),
        ("41.1 GB", "1 part retrying in 8 s", ("28.4 MB/s", "10 min")),
        ("35.2 GB", "Sending", ("24.8 MB/s", "19 min")),
        ("36.9 GB", "Verifying", ("", "")),
        ("37.7 GB", "Verified, every part", ("", "")),
        ("14.2 KB", "Changed on disk", ("", "")),
    )
    counts = {State.MOVING: 3, State.RETRYING: 1, State.VERIFIED: 1384, State.WAITING: 1998}
    run = a_batch("a", "260611_A01234_0187_BHJ7KLDRX5", counts=counts, size=978, arrived=401)
    swabs = a_batch("b", "Swab-isolates (18 files)", counts={State.PAUSED: 12}, arrived=33_000_000)
    trio = a_batch("c", "Trio-114 reanalysis (6 files)")
    bad = a_batch("d", "Controls May (11 files)", counts={State.FAILED: 2}, arrived=50_000_000)
    rows = [
        transfer_row(
            run,
            "ICA › Oncology-Panel-2026",
            "978 GB",
            "1,388 of 3,386",
            expander=Expander.OPEN,
            figures=("84.2 MB/s", "1 h 54 min"),
        )
    ]
    for file, (size, words, figures) in zip(files, said, strict=True):
        rows.append(transfer_row(file, "Data/fastq", size, words, figures=figures))
    first = (RowAction.FIRST_IN_LINE, RowAction.PAUSE, RowAction.CANCEL)
    closed = Expander.CLOSED
    rows += [
        transfer_row(
            swabs, "One Codex › Clinical", "74.2 GB", "Paused after file 6", expander=closed
        ),
        transfer_row(trio, "BaseSpace › Exome", "112 GB", "Waiting, 3rd in line", first, closed),
        transfer_row(bad, "s3://seq-archive/2026", "52.8 GB", "2 files failed", expander=closed),
    ]
    return rows


def transfers(theme: Theme) -> QWidget:
    model = QStandardItemModel()
    titles = ["Name", "To", "Size", "Progress", "Speed", "Time left", "State", ""]
    model.setHorizontalHeaderLabels(titles)
    for row in transfer_rows():
        model.appendRow(row)
    for column in (2, 4, 5):
        model.setHeaderData(
            column, Qt.Orientation.Horizontal, _RIGHT, Qt.ItemDataRole.TextAlignmentRole
        )
    table = RowTable(theme)
    model.setParent(table)
    table.setModel(model)
    plain = TextDelegate(theme, table)
    table.setItemDelegate(plain)
    table.setItemDelegateForColumn(0, NameDelegate(theme, table))
    table.setItemDelegateForColumn(3, ProgressDelegate(theme, table))
    table.setItemDelegateForColumn(6, StateDelegate(theme, table))
    table.setItemDelegateForColumn(7, ActionsDelegate(theme, lambda action: action.name, table))
    for column, width in enumerate((297, 130, 80, 180, 80, 88, 168, 93)):
        table.setColumnWidth(column, width)
    table.horizontalHeader().setSectionResizeMode(6, QHeaderView.ResizeMode.Stretch)
    table.selectRow(1)
    table.resize(1116, 350)
    return table


def browser(theme: Theme) -> QWidget:
    proofs = ("3,412 verified", "3,397 verified", "Uploading 41%", "Every part", "Not checked yet")
    shield = ("shield", Tone.OK)
    looks = (shield, shield, ("upload", Tone.ACCENT), shield, ("info", Tone.TEXT2))
    names = (
        "260518_A01234_0179_AHJ5TTDRX5",
        "references",
        "controls",
        "HG002_S1_L001_R1_001.fastq.gz",
        "panel_v3_targets.bed",
    )
    model = QStandardItemModel()
    model.setHorizontalHeaderLabels(["Name", "Size", "Changed", "Proof of arrival"])
    for number, (name, words, (icon, tone)) in enumerate(zip(names, proofs, looks, strict=True)):
        is_folder = number < 3
        icon_name = "folder" if is_folder else ("fastq", "file")[number - 3]
        icon_tone = Tone.ACCENT if is_folder else Tone.TEXT2
        cell = NameCell(name, icon_name, bold=is_folder, icon_tone=icon_tone, has_gutter=False)
        proof = StateCell(icon, words, tone, Tone.TEXT2, strong=False)
        model.appendRow(
            [
                item(CellRole.NAME, cell),
                text_item("1.02 TB", right=True),
                text_item("19 May, 03:12"),
                item(CellRole.STATE, proof),
            ]
        )
    tree = RowTree(theme)
    model.setParent(tree)
    tree.setModel(model)
    tree.setItemDelegate(TextDelegate(theme, tree))
    tree.setItemDelegateForColumn(0, NameDelegate(theme, tree))
    tree.setItemDelegateForColumn(3, StateDelegate(theme, tree))
    for column, width in enumerate((400, 90, 120)):
        tree.setColumnWidth(column, width)
    tree.show_drop_target(model.index(2, 0))
    tree.resize(770, 190)
    return tree


SIDE_ROWS = (
    SideRow(SideKind.HEADING, "Locations", adds=True),
    SideRow(
        SideKind.ACCOUNT,
        "Illumina ICA",
        "Core lab · Frankfurt",
        monogram="ICA",
        expander=Expander.OPEN,
    ),
    SideRow(SideKind.PLACE, "Oncology-Panel-2026", icon="folder", level=1),
    SideRow(SideKind.PLACE, "Exome-Trios", icon="folder", level=1),
    SideRow(SideKind.PLACE, "Microbiome-Pilot", icon="folder", level=1),
    SideRow(
        SideKind.ACCOUNT,
        "BaseSpace",
        "dana.whitfield · US",
        monogram="BS",
        tile=1,
        expander=Expander.CLOSED,
    ),
    SideRow(
        SideKind.ACCOUNT,
        "CGC (Seven Bridges)",
        "Key expired – sign in",
        Tone.WARN,
        monogram="SB",
        tile=2,
        badge="key",
        expander=Expander.CLOSED,
    ),
    SideRow(
        SideKind.ACCOUNT,
        "One Codex",
        "Clinical micro team",
        monogram="1C",
        tile=3,
        expander=Expander.CLOSED,
    ),
    SideRow(
        SideKind.ACCOUNT,
        "s3://seq-archive",
        "eu-central-1 · keys: 22 h left",
        monogram="S3",
        tile=4,
        expander=Expander.CLOSED,
    ),
    SideRow(SideKind.HEADING, "Favourites"),
    SideRow(SideKind.PLACE, "Oncology › runs", icon="star"),
    SideRow(SideKind.PLACE, "seq-archive › 2026", icon="star"),
    SideRow(SideKind.HEADING, "Watch folders", adds=True),
    SideRow(
        SideKind.PLACE,
        "NextSeq 2000 (D:\\Runs)",
        icon="watch",
        trailing="1 run",
        trailing_tone=Tone.ACCENT,
    ),
    SideRow(SideKind.HEADING, "Tools"),
    SideRow(SideKind.PLACE, "Receipts", icon="receipt", trailing="128"),
)


def sidebar(theme: Theme) -> QWidget:
    model = QStandardItemModel()
    for row in SIDE_ROWS:
        model.appendRow(item(CellRole.SIDE, row))
    tree = RowTree(theme)
    model.setParent(tree)
    mark(tree, Kind.SIDE)
    tree.setHeaderHidden(True)
    tree.setModel(model)
    tree.setItemDelegate(SideDelegate(theme, tree))
    tree.setCurrentIndex(model.index(2, 0))
    tree.resize(244, 600)
    return tree


def plate(theme: Theme) -> QWidget:
    page = QWidget()
    mark(page, Kind.PAGE)
    column = QVBoxLayout(page)
    parts = the_sending_file().parts
    parts = (
        PartMap(
            1160,
            33_300_000,
            first_parts(840) & ~part_bits(726),
            part_bits(837, 841, 842, 843),
            part_bits(726),
        )
        if parts is None
        else parts
    )
    wide, legend, narrow = PlateWidget(theme), PlateLegend(theme), PlateWidget(theme)
    wide.show_parts(parts)
    wide.select_well(181)
    legend.show_parts(parts)
    narrow.show_parts(
        PartMap(90, 1, first_parts(40), part_bits(41, 42), part_bits(43), part_bits(5))
    )
    for widget in (wide, legend, narrow):
        column.addWidget(widget)
    page.resize(424, 680)
    return page


def start(theme: Theme) -> QWidget:
    page = QWidget()
    mark(page, Kind.PAGE)
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(StartPage(theme), stretch=1)
    column.addWidget(TipsStrip(theme))
    page.resize(1116, 720)
    return page


class Bars(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.resize(480, 220)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.tokens.surface))
        file = replace(the_sending_file(), size=100, arrived=60)
        maps: Sequence[tuple[PartMap, State]] = (
            (PartMap(28, 1, first_parts(17), part_bits(18, 19)), State.MOVING),
            (PartMap(28, 1, first_parts(14), part_bits(17, 18), part_bits(15, 16)), State.RETRYING),
            (PartMap(28, 1, first_parts(14), failed=part_bits(15, 16)), State.FAILED),
            (PartMap(28, 1, first_parts(11)), State.PAUSED),
            (PartMap(28, 1, first_parts(28)), State.VERIFIED),
        )
        top = 10.0
        for parts, state in maps:
            for left, width, most in ((10, 200, 28), (230, 240, 20)):
                rect = QRectF(left, top, width, 20)
                cells = cells_of(replace(file, parts=parts, state=state), cell_count(width, most))
                paint_aliquot(painter, rect, cells, self._theme.tokens, state)
            top += 27
        painter.end()


class IconSheet(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.resize(QSize(12 * 80, 5 * 56))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.tokens.surface))
        painter.setFont(self._theme.font(Type.CAPTION))
        painter.setPen(self._theme.colour(Tone.TEXT2))
        for number, name in enumerate(sorted(icon_names())):
            left, top = number % 12 * 80, number // 12 * 56
            drawing = self._theme.pixmap(name, Tone.TEXT, 18, self.devicePixelRatioF())
            painter.drawPixmap(left + 31, top + 8, drawing)
            painter.drawText(left, top + 30, 80, 18, int(Qt.AlignmentFlag.AlignCenter), name)
        painter.end()


def _buttons() -> QHBoxLayout:
    row = QHBoxLayout()
    for words, kind in (
        ("Cancel", None),
        ("Upload 42 files", Kind.PRIMARY),
        ("Delete 12 files", Kind.DANGER),
        ("Where do I find it?", Kind.LINK),
    ):
        button = QPushButton(words)
        if kind is not None:
            mark(button, kind)
        row.addWidget(button)
    grey = QPushButton("Back")
    grey.setEnabled(False)
    row.addWidget(grey)
    return row


def _tool_bar(theme: Theme) -> QToolBar:
    bar = QToolBar()
    bar.setMovable(False)
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    bar.addAction(theme.icon("upload", Tone.ACCENT), "Upload files…")
    bar.addAction(theme.icon("folder", Tone.ACCENT), "Upload folder…")
    bar.addSeparator()
    bar.addAction(theme.icon("download", Tone.TEXT), "Download")
    bar.addAction(theme.icon("trash", Tone.TEXT), "Delete").setEnabled(False)
    return bar


def _tabs_and_chips() -> QHBoxLayout:
    tabs = QTabBar()
    for words in ("Uploads  4", "Downloads  1", "History"):
        tabs.addTab(words)
    chips = Chips([Chip("all", "All"), Chip("active", "Active"), Chip("needs", "Needs you")])
    chips.set_counts({"active": 2, "needs": 1})
    row = QHBoxLayout()
    row.addWidget(tabs)
    row.addStretch(1)
    row.addWidget(chips)
    return row


def _fields() -> QHBoxLayout:
    row = QHBoxLayout()
    for number, box in enumerate((QCheckBox("Skip it"), QRadioButton("Replace it"))):
        box.setChecked(True)
        row.addWidget(box)
        other = type(box)()
        other.setText(f"Off {number}")
        other.setAutoExclusive(False)
        row.addWidget(other)
    spin, combo, progress = QSpinBox(), QComboBox(), QProgressBar()
    spin.setSuffix(" MB/s")
    spin.setMaximum(1000)
    spin.setValue(100)
    combo.addItems(["Send it anyway", "Leave it out"])
    progress.setValue(40)
    for widget in (spin, combo, progress):
        row.addWidget(widget)
    return row


def _search(theme: Theme) -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText("Search this project")
    field.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
    return field


def controls(theme: Theme) -> QWidget:
    window = QMainWindow()
    window.menuBar().addMenu("&File")
    window.menuBar().addMenu("&Edit")
    window.addToolBar(_tool_bar(theme))
    page = QWidget()
    mark(page, Kind.PAGE)
    column = QVBoxLayout(page)
    column.addLayout(_tabs_and_chips())
    for words, kind in (
        ("Check before sending", Kind.TITLE),
        ("Sign in to CGC again", Kind.HEAD),
        ("Kept in the keychain. Pipette never writes it to a file or a log.", Kind.SECONDARY),
    ):
        label = QLabel(words)
        mark(label, kind)
        column.addWidget(label)
    column.addWidget(_search(theme))
    column.addLayout(_fields())
    column.addLayout(_buttons())
    column.addStretch(1)
    window.setCentralWidget(page)
    window.statusBar().addWidget(QLabel("Online"))
    window.resize(860, 420)
    return window


def labels(theme: Theme) -> QWidget:
    page = QWidget()
    mark(page, Kind.PAGE)
    page.resize(560, 130)
    here, there = DropLabel(theme, page), DropLabel(theme, page)
    here.show_words("Upload 42 items to controls", False, QPoint(0, 0))
    there.show_words("You can only read this project", True, QPoint(0, 50))
    return page


PARTS: Mapping[str, Callable[[Theme], QWidget]] = {
    "transfers": transfers,
    "browser": browser,
    "sidebar": sidebar,
    "plate": plate,
    "start": start,
    "bars": Bars,
    "icons": IconSheet,
    "controls": controls,
    "labels": labels,
}


def main(folder: Path) -> None:
    app = QApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    theme = Theme(app)
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice)
        for name, make in PARTS.items():
            widget = make(theme)
            widget.show()
            widget.activateWindow()
            app.processEvents()
            widget.grab().save(str(folder / f"{name}-{choice.value}.png"))
            widget.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
