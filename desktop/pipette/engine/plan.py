"""Turning what was dropped, or asked for, into rows of the queue. Runs on a worker.

The name rule is decided here where one listing answers for many files; where it cannot be, the row
says ``look`` and the question is asked when the file's turn comes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipette.engine.clock import Clock
from pipette.engine.interrupt import Interrupt
from pipette.engine.scan import Found, LeftOut, scan
from pipette.model.errors import ContainerGone, RemoteMissing, Unavailable
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.names import LocalNames, first_free
from pipette.model.transfer import IfExists, Problem, State
from pipette.providers.protocol import Browses, Downloads, Provider

MOST_LISTED = 200_000
"""Names kept of one folder at the service; beyond it each file is asked about on its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """A file on its way into the queue."""

    name: str
    at_service: Location
    local: str
    size: int
    mtime_ns: int = 0
    state: State = State.WAITING
    may_replace: bool = False
    look: bool = False
    problem: Problem | None = None
    etag: str | None = None
    remote_id: str | None = None
    renamed_to: str | None = None


Emit = Callable[[Sequence[Row]], None]


@dataclass(frozen=True, slots=True)
class PlanOrder:
    given: Sequence[str]
    """Local paths, or written places."""
    place: Location
    local: str
    if_exists: IfExists
    known: frozenset[str] = frozenset()
    """Names an interrupted plan had found already."""


def plan_upload(
    order: PlanOrder, provider: Provider, emit: Emit, interrupt: Interrupt, clock: Clock
) -> None:
    """Raises TransferError when nothing can be sent at all, Interrupted."""
    container = Location(order.place.account, order.place.container)
    if provider.find(container) is None:
        raise ContainerGone(str(container))
    there = _There(provider, order, interrupt)
    for chunk in scan(order.given, interrupt, clock):
        fresh = [finding for finding in chunk if finding.name not in order.known]
        there.learn([finding.name for finding in fresh])
        emit([_upload_row(finding, order, there, clock) for finding in fresh])


def _upload_row(finding: Found | LeftOut, order: PlanOrder, there: _There, clock: Clock) -> Row:
    if isinstance(finding, LeftOut):
        return _left_out_row(finding, order, clock)
    source = finding.source
    row = Row(
        finding.name, order.place.child(finding.name), source.path, source.size, source.mtime_ns
    )
    return there.ruled(row)


def _left_out_row(finding: LeftOut, order: PlanOrder, clock: Clock) -> Row:
    error = finding.reason.error_kind
    return Row(
        finding.name,
        order.place.child(finding.name),
        finding.path,
        0,
        state=State.FAILED if error else State.LEFT_OUT,
        problem=Problem(error or finding.reason.value, finding.detail, clock.time()),
    )


@dataclass(slots=True)
class _There:
    """What is at the target already, learned folder by folder."""

    provider: Provider
    order: PlanOrder
    interrupt: Interrupt
    _tops: set[str] = field(default_factory=set)
    _names: dict[str, RemoteFile] = field(default_factory=dict)
    _unknown: set[str] = field(default_factory=set)
    """Top names whose listing was too long, or could not be had."""
    _taken: set[str] = field(default_factory=set)

    def learn(self, names: Sequence[str]) -> None:
        for top in {name.partition("/")[0] for name in names if "/" in name} - self._tops:
            self._tops.add(top)
            if not self._list(self.order.place.child(top)):
                self._unknown.add(top)

    def ruled(self, row: Row) -> Row:
        """The row with the name rule applied."""
        rule = self.order.if_exists
        top, slash, _ = row.name.partition("/")
        if rule is IfExists.REPLACE:
            return replace(row, may_replace=True)
        if not slash or top in self._unknown:
            return replace(row, look=True)
        path = row.at_service.path
        if path not in self._names and path not in self._taken:
            return row
        if rule is IfExists.SKIP or row.at_service.is_folder_marker:
            remote = self._names.get(path)
            return replace(row, state=State.SKIPPED, etag=remote.etag if remote else None)
        return self._numbered(row)

    def _numbered(self, row: Row) -> Row:
        folder, _, last = row.at_service.path.rpartition("/")
        names = {
            path.rpartition("/")[2]
            for path in (*self._names, *self._taken)
            if path.rpartition("/")[0] == folder
        }
        free = first_free(last, names)
        at = Location(row.at_service.account, row.at_service.container, f"{folder}/{free}")
        self._taken.add(at.path)
        return replace(row, at_service=at, renamed_to=free)

    def _list(self, folder: Location) -> bool:
        if not isinstance(self.provider, Browses):
            return False
        for count, remote in enumerate(listed(self.provider, folder, self.interrupt)):
            if count >= MOST_LISTED:
                return False
            self._names[remote.location.path] = remote
        return True


def listed(provider: Browses, folder: Location, interrupt: Interrupt) -> Iterator[RemoteFile]:
    """Everything below a folder, page by page."""
    cursor: str | None = None
    while True:
        interrupt.check()
        page = provider.list(folder, cursor, recursive=True)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def plan_download(
    order: PlanOrder,
    places: Sequence[Location],
    provider: Provider,
    emit: Emit,
    interrupt: Interrupt,
) -> None:
    """Raises TransferError when nothing can be fetched at all, Interrupted."""
    if not isinstance(provider, Downloads):
        raise Unavailable(f"{order.place.account} gives nothing back")
    names = LocalNames()
    for place in places:
        _plan_place(place, order, names, provider, emit, interrupt)


def _plan_place(
    place: Location,
    order: PlanOrder,
    names: LocalNames,
    provider: Provider,
    emit: Emit,
    interrupt: Interrupt,
) -> None:
    single = None if place.path.endswith("/") or not place.path else provider.find(place)
    if single is not None and single.kind is Kind.FILE:
        emit(_download_rows([(place.name, single)], order, names))
        return
    if not isinstance(provider, Browses):
        raise RemoteMissing(str(place))
    folder = Location(place.account, place.container, place.path.rstrip("/"))
    direct = place.path.endswith("/") or not place.path
    prefix = "" if direct else f"{folder.name}/"
    found: list[tuple[str, RemoteFile]] = []
    count = 0
    for remote in listed(provider, folder, interrupt):
        relative = remote.location.path[len(folder.path) :].lstrip("/")
        if relative:
            found.append((prefix + relative, remote))
            count += 1
        if len(found) >= 1000:
            emit(_download_rows(found, order, names))
            found.clear()
    emit(_download_rows(found, order, names))
    if not count and folder.path and not _exists(provider, folder):
        raise RemoteMissing(str(place))


def _exists(provider: Provider, folder: Location) -> bool:
    marker = Location(folder.account, folder.container, f"{folder.path}/")
    return provider.find(marker) is not None


def _download_rows(
    found: Sequence[tuple[str, RemoteFile]], order: PlanOrder, names: LocalNames
) -> list[Row]:
    return [
        _download_row(name, remote, order, names)
        for name, remote in found
        if name not in order.known
    ]


def _download_row(name: str, remote: RemoteFile, order: PlanOrder, names: LocalNames) -> Row:
    relative = names.place(name)
    local = os.path.join(order.local, *relative.split("/"))  # noqa: PTH118 - local paths are text
    changed = relative.rstrip("/") != name.rstrip("/")
    return Row(
        name,
        remote.location,
        local,
        remote.size or 0,
        etag=remote.etag,
        remote_id=remote.id,
        renamed_to=relative.rpartition("/")[2] if changed else None,
    )
