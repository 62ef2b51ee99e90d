"""What the import window reads from the journal, and the lists it saves."""

from __future__ import annotations

from collections.abc import Sequence

from pipette.engine.queue import Queue
from pipette.model.drs_manifest import refused_text, result_text
from pipette.model.transfer import BatchSnapshot, FileSnapshot
from pipette.ui import words
from pipette.ui.drs_import_lines import Line, lines_of
from pipette.ui.drs_import_run import Progress

PAGE = 5000


def read_progress(queue: Queue, batch: BatchSnapshot) -> Progress:
    """How far an import is. Reads the journal: call it on a worker."""
    files: list[FileSnapshot] = []
    while page := queue.files(batch.id, files[-1].position if files else -1, PAGE):
        files.extend(page)
    rows = [
        row
        for start in range(0, len(files), PAGE)
        for row in queue.import_rows(batch.id, start - 1, PAGE)
    ]
    return Progress(batch, queue.import_jobs(batch.id), lines_of(rows, files))


def results_text(lines: Sequence[Line]) -> str:
    return result_text([line.result() for line in lines])


def refused_list(lines: Sequence[Line]) -> str:
    told = ((line.content, line.file.problem) for line in lines)
    return refused_text(
        (row, words.short_words(problem.kind) if problem else "", problem.detail if problem else "")
        for row, problem in told
    )
