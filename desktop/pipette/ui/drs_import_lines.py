"""The lines of an import under way, and which of them a filter lets through. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pipette.engine.drs_rows import RowView
from pipette.model.drs_manifest import ManifestRow, RowResult
from pipette.model.transfer import FileSnapshot, State
from pipette.ui import words, words_drs
from pipette.ui.roles import StateCell
from pipette.ui.state_looks import state_look
from pipette.ui.tokens import Tone


class Group(Enum):
    """The filter above the rows; the value is what it says."""

    ALL = "All"
    IMPORTED = "Imported"
    SKIPPED = "Skipped"
    REFUSED = "Refused"
    ASIDE = "Set aside"
    WAITING = "Waiting"


GROUP_OF: Mapping[State, Group] = {
    State.IMPORTED: Group.IMPORTED,
    State.SKIPPED: Group.SKIPPED,
    State.FAILED: Group.REFUSED,
    State.NEEDS_YOU: Group.REFUSED,
    State.CANCELLED: Group.REFUSED,
}
"""What is in no other group waits, here or at the platform."""


@dataclass(frozen=True, slots=True)
class Line:
    row: RowView
    file: FileSnapshot

    @property
    def content(self) -> ManifestRow:
        return self.row.content

    @property
    def group(self) -> Group:
        if self.content.fault is not None:
            return Group.ASIDE
        return GROUP_OF.get(self.file.state, Group.WAITING)

    @property
    def is_refused(self) -> bool:
        """By the platform or by ourselves: it may be saved to be run again."""
        return self.group in {Group.REFUSED, Group.ASIDE}

    @property
    def name(self) -> str:
        """As it is in the project, once that is known; a bundle ends in a slash."""
        name = self.file.renamed_to or self.content.name or self.content.label
        return f"{name}/" if self.row.files > 1 else name

    @property
    def may_go_again(self) -> bool:
        """Not what is at fault by itself: that needs a mended row."""
        return self.group is Group.REFUSED

    def state_cell(self, now: float) -> StateCell:
        look = state_look(self.file.state, self.file.direction)
        said = words.state_words(self.file, now)
        if self.file.state is State.IMPORTED:
            said = words_drs.imported_words(self.row.files)
        return StateCell(look.icon, said, look.tone, Tone.TEXT)

    def result(self) -> RowResult:
        problem = self.file.problem
        return RowResult(
            row=self.content,
            state=self.file.state.value,
            reason=problem.kind if problem else "",
            detail=problem.detail if problem else "",
            place=self.file.target,
            file_id=self.file.remote_id or "",
            size=self.file.remote_size,
            files=self.row.files,
        )


def lines_of(rows: Sequence[RowView], files: Sequence[FileSnapshot]) -> list[Line]:
    """In the order of the manifest; a row just being written down comes with the next look."""
    by_id = {int(file.id): file for file in files}
    return [Line(row, by_id[row.transfer]) for row in rows if row.transfer in by_id]


def count_groups(lines: Sequence[Line]) -> Counter[Group]:
    counts = Counter(line.group for line in lines)
    counts[Group.ALL] = len(lines)
    return counts
