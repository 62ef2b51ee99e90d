"""What workers do for imports: ask the service, and answer with plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipette.engine.desk import Providers
from pipette.engine.drs_pairing import Named, Outcomes, paired
from pipette.engine.drs_rows import Asked
from pipette.model.errors import RemoteMissing, Unavailable
from pipette.model.transfer import IfExists
from pipette.providers.protocol_drs import (
    DrsFile,
    DrsJob,
    DrsLimits,
    DrsResult,
    DrsState,
    DrsTarget,
    ImportsDrs,
)

MOST_TARGETS = 5
"""Rows of more targets are not looked for before they are handed over: it would be a call for each."""


@dataclass(frozen=True, slots=True)
class Polled:
    job: DrsJob
    outcomes: Outcomes | None = None
    """Of each row, once the job is finished."""


class Errands:
    """Any worker. All raise ``model.errors.TransferError``."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def limits(self, account: str) -> DrsLimits:
        """Raises Unavailable where nothing can be imported."""
        return self._service(account).drs_limits

    def look_first(self, account: str, rows: Sequence[Asked]) -> Named | None:
        """What has the names of these rows; None where that would take too many questions."""
        if len({row.item.into for row in rows}) > MOST_TARGETS:
            return None
        return self.look(account, rows)

    def look(self, account: str, rows: Sequence[Asked]) -> Named:
        return _look(self._service(account), rows)

    def submit(
        self, account: str, rows: Sequence[Asked], rule: IfExists, tags: Sequence[str]
    ) -> str:
        return self._service(account).submit_drs([row.item for row in rows], rule, tags)

    def poll(self, account: str, job_id: str, rows: Sequence[Asked], rule: IfExists) -> Polled:
        service = self._service(account)
        job = service.poll_drs(job_id)
        if job.state is not DrsState.FINISHED:
            return Polled(job)
        files = _files(service, job.results)
        outcomes = paired(rows, job.results, files, rule, lambda some: _look(service, some))
        return Polled(job, outcomes)

    def _service(self, account: str) -> ImportsDrs:
        provider = self._providers.provider(account)
        if not isinstance(provider, ImportsDrs):
            raise Unavailable(f"{account} imports nothing by DRS")
        return provider


def _look(service: ImportsDrs, rows: Sequence[Asked]) -> Named:
    names: dict[DrsTarget, list[str]] = {}
    for row in rows:
        if row.name:
            names.setdefault(row.item.into, []).append(row.name)
    return {
        (target, file.name): file
        for target, wanted in names.items()
        for file in _named(service, target, wanted)
    }


def _named(service: ImportsDrs, target: DrsTarget, names: Sequence[str]) -> Sequence[DrsFile]:
    try:
        return service.drs_named(target, names)
    except RemoteMissing:
        # The folder is made by the import itself.
        return ()


def _files(service: ImportsDrs, results: Sequence[DrsResult]) -> dict[str, DrsFile]:
    ids = list(dict.fromkeys(result.file_id for result in results if result.file_id))
    return {
        file.id: file
        for chunk in _chunks(ids, service.drs_limits.items)
        for file in service.drs_files(chunk)
    }


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
