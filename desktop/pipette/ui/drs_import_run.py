"""The third page of an import: one cell for each request, a countdown, and every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from pipette.engine.drs_rows import JobState, JobView
from pipette.model.transfer import BatchSnapshot, State, TransferId
from pipette.providers.protocol_drs import DrsLimits
from pipette.ui import figures, words, words_drs
from pipette.ui.chips import Chip, Chips
from pipette.ui.drs_import_bar import RequestBar
from pipette.ui.drs_import_lines import Group, Line, count_groups
from pipette.ui.drs_import_tables import Column, ImportTable, ResultRows
from pipette.ui.drs_pace import Pace, pace_of
from pipette.ui.sheet import Kind, mark
from pipette.ui.theme import Theme
from pipette.ui.tokens import Size, Space, Tone


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything the page shows of an import at one moment."""

    batch: BatchSnapshot
    jobs: Sequence[JobView]
    lines: Sequence[Line]


class RunPage(QWidget):
    results_wanted = Signal()
    """Save the list of all rows with what became of them."""
    refused_wanted = Signal()
    """Save the refused rows as a list that can be run again."""
    pause_wanted = Signal(bool)
    """True: pause, False: go on."""
    again_wanted = Signal(object)
    """TransferIds of refused rows to be tried again."""
    new_wanted = Signal()
    close_wanted = Signal()

    def __init__(
        self, theme: Theme, now: Callable[[], float], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        mark(self, Kind.PAGE)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._now = now
        self._limits: DrsLimits | None = None
        self._place = ""
        self.progress: Progress | None = None
        self.bar = RequestBar(theme)
        self.chips = Chips([Chip(group.value, self.tr(group.value)) for group in Group])
        self.rows = ResultRows(now, self)
        self.table = ImportTable(self.rows, theme)
        self.table.setColumnHidden(Column.TARGET, True)
        self.table.setColumnWidth(Column.NAME, 152)
        self.table.setColumnWidth(Column.FIELDS, 146)
        self.save_results = QPushButton(self.tr("Save the result list…"))
        self.save_refused = QPushButton(self.tr("Save the refused rows…"))
        self.again = QPushButton(self.tr("Try the refused again"))
        self.pause = QPushButton(self.tr("Pause"))
        self.new = QPushButton(self.tr("New import…"))
        self.close_button = QPushButton(self.tr("Close"))
        self.show_aside = QPushButton()
        self._labels = {
            name: QLabel()
            for name in ("file", "name", "read", "to", "handed", "requests", "pace", "rule", "said")
        }
        self._clock_icon = QLabel()
        self._lay_out()
        self._connect()
        self._renew()
        theme.changed.connect(self._renew)

    def take_focus(self) -> None:
        self.close_button.setFocus()

    def show_limits(self, place: str, limits: DrsLimits | None) -> None:
        """``place`` is what people call the platform; None: what it takes is not known."""
        self._place, self._limits = place, limits
        self._show_requests()
        self.tick()

    def show_progress(self, progress: Progress) -> None:
        self.progress = progress
        batch = progress.batch
        counts = count_groups(progress.lines)
        self._say("name", batch.name)
        self._say("read", self._read_words(progress))
        self._say("to", words.place_words(batch.place))
        self._say("rule", words_drs.rule_words(batch.options.if_exists))
        fine = sum(not line.content.fault for line in progress.lines)
        rows_handed = sum(self._was_handed(line) for line in progress.lines)
        of = self.tr("of {all} handed over").format(all=figures.number(fine))
        self._say("handed", f"<b>{figures.number(rows_handed)}</b> {of}")
        self._show_requests()
        self.bar.show_jobs(progress.jobs)
        self.chips.set_counts({group.value: counts[group] for group in Group})
        self._show_buttons(batch, counts[Group.REFUSED] + counts[Group.ASIDE])
        self._filter()
        self.tick()

    def _show_requests(self) -> None:
        if self.progress is None or self._limits is None:
            return
        jobs = self.progress.jobs
        handed = sum(job.state is not JobState.NEW for job in jobs)
        self._say("requests", words_drs.handed_words(handed, len(jobs), self._limits))

    def tick(self) -> None:
        """A second has passed."""
        if self.progress is None or self._limits is None:
            return
        batch = self.progress.batch
        pace = pace_of(self.progress.jobs, self._limits, self._now())
        told = self._pace_words(batch, pace)
        self._say("pace", told)
        self._clock_icon.setVisible(bool(told))

    def text(self, label: str) -> str:
        """What one of the lines says, for tests and screen readers."""
        return self._labels[label].text()

    @staticmethod
    def _was_handed(line: Line) -> bool:
        waits = {State.WAITING, State.CANCELLED}
        return line.content.fault is None and line.file.state not in waits

    def _pace_words(self, batch: BatchSnapshot, pace: Pace) -> str:
        if batch.paused or pace.next_at is None or pace.done_at is None or self._limits is None:
            return ""
        limit = words_drs.limit_words(self._limits).removeprefix("it ")
        wait = pace.next_at - self._now()
        following = figures.countdown(wait) if wait > 0 else self.tr("a moment")
        return self.tr(
            "{place} {takes}. Next request in <b>{wait}</b>, all done about {time}."
        ).format(place=self._place, takes=limit, wait=following, time=figures.clock(pace.done_at))

    def _read_words(self, progress: Progress) -> str:
        aside = sum(line.content.fault is not None for line in progress.lines)
        total = len(progress.lines)
        self.show_aside.setVisible(aside > 0)
        self.show_aside.setText(self.tr("Show the {count}").format(count=figures.number(aside)))
        told = f"{figures.plural(total, 'row')} read, {figures.number(total - aside)} fine"
        return f"{told}, {figures.number(aside)} set aside" if aside else told

    def _show_buttons(self, batch: BatchSnapshot, refused: int) -> None:
        is_over = batch.finished_at is not None
        self.save_refused.setVisible(refused > 0)
        self.again.setVisible(any(line.may_go_again for line in self._all_lines()))
        self.pause.setVisible(not is_over)
        self.pause.setText(self.tr("Go on") if batch.paused else self.tr("Pause"))
        said = words_drs.FOREVER if batch.paused else words_drs.MAY_CLOSE
        said = words_drs.FINISHED if is_over else said.format(place=self._place)
        self._say("said", said)

    def _all_lines(self) -> Sequence[Line]:
        return self.progress.lines if self.progress else ()

    def _filter(self) -> None:
        group = Group(self.chips.current)
        lines = self._all_lines()
        shown = lines if group is Group.ALL else [line for line in lines if line.group is group]
        self.rows.show_lines(shown)

    def _connect(self) -> None:
        self.chips.chosen.connect(lambda _key: self._filter())
        self.show_aside.clicked.connect(lambda: self.chips.choose(Group.ASIDE.value))
        self.save_results.clicked.connect(self.results_wanted)
        self.save_refused.clicked.connect(self.refused_wanted)
        self.again.clicked.connect(self._try_again)
        self.pause.clicked.connect(self._pause_or_go_on)
        self.new.clicked.connect(self.new_wanted)
        self.close_button.clicked.connect(self.close_wanted)

    def _pause_or_go_on(self) -> None:
        if self.progress:
            self.pause_wanted.emit(not self.progress.batch.paused)

    def _try_again(self) -> None:
        ids = {TransferId(line.file.id) for line in self._all_lines() if line.may_go_again}
        self.again_wanted.emit(ids)

    def _say(self, label: str, text: str) -> None:
        self._labels[label].setText(text)

    def _renew(self) -> None:
        self._labels["file"].setPixmap(self._theme.pixmap("file", Tone.ACCENT, Size.ICON_LARGE))
        self._clock_icon.setPixmap(self._theme.pixmap("clock", Tone.INFO, Size.ICON))

    def _lay_out(self) -> None:
        title = QLabel(words_drs.TITLE)
        mark(title, Kind.TITLE)
        top = QVBoxLayout()
        top.setContentsMargins(Space.WIDE, Space.LARGE, Space.WIDE, Space.MEDIUM)
        top.setSpacing(Space.SMALL)
        top.addWidget(title)
        top.addLayout(self._list_line())
        top.addLayout(self._pace_line())
        top.addWidget(self.bar)
        filters = QHBoxLayout()
        filters.addWidget(self.chips)
        filters.addStretch(1)
        filters.addWidget(self._labels["rule"])
        top.addLayout(filters)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self._footer())

    def _list_line(self) -> QHBoxLayout:
        mark(self._labels["name"], Kind.STRONG)
        mark(self._labels["read"], Kind.LEAD)
        mark(self.show_aside, Kind.LINK)
        line = QHBoxLayout()
        line.setSpacing(Space.SMALL)
        arrow = QLabel("›")
        for widget in (
            self._labels["file"],
            self._labels["name"],
            self._labels["read"],
            self.show_aside,
            arrow,
            self._labels["to"],
        ):
            line.addWidget(widget)
        line.addStretch(1)
        mark(self.new, Kind.LINK)
        line.addWidget(self.new)
        return line

    def _pace_line(self) -> QHBoxLayout:
        mark(self._labels["requests"], Kind.LEAD)
        mark(self._labels["rule"], Kind.SECONDARY)
        line = QHBoxLayout()
        line.setSpacing(Space.SMALL)
        line.addWidget(self._labels["handed"])
        line.addSpacing(Space.SMALL)
        line.addWidget(self._labels["requests"])
        line.addStretch(1)
        line.addWidget(self._clock_icon)
        line.addWidget(self._labels["pace"])
        return line

    def _footer(self) -> QWidget:
        footer = QWidget()
        mark(footer, Kind.FOOTER)
        footer.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark(self._labels["said"], Kind.SECONDARY)
        self._labels["said"].setWordWrap(True)
        mark(self.close_button, Kind.PRIMARY)
        self.close_button.setDefault(True)
        row = QHBoxLayout(footer)
        row.setContentsMargins(Space.LARGE, Space.MEDIUM, Space.LARGE, Space.MEDIUM)
        row.setSpacing(Space.SMALL)
        row.addWidget(self._labels["said"], 1)
        for button in (
            self.save_results,
            self.save_refused,
            self.again,
            self.pause,
            self.close_button,
        ):
            row.addWidget(button)
        return footer
