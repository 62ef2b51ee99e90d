"""Turning what was dropped, or asked for, into rows of the queue. Runs on a worker.

The name rule is decided here where one listing answers for many files; where it cannot be, the row
says ``look`` and the question is asked when the file's turn comes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pipette.engine.clock import Clock
from pipette.engine.interrupt import Interrupt
from pipette.engine.plan_pairs import Finding, Pair, Pairing
from pipette.engine.retry import LONGEST_ASKED_WAIT
from pipette.engine.scan import Found, LeftOut, scan
from pipette.model.errors import (
    ContainerGone,
    MateFailed,
    NotAllowed,
    RemoteMissing,
    SlowDown,
    TooLarge,
    Unavailable,
)
from pipette.model.files import Kind, Location, RemoteFile
from pipette.model.names import LocalNames, first_free, numbered
from pipette.model.transfer import IfExists, Problem, State
from pipette.providers.protocol import Browses, Downloads, Page, Provider

CHUNK = 1000
SLOW_SECONDS = 5.0
MOST_NUMBERED_NAMES = 10_000
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
    mate: int = 0
    """Where the other file of a pair stands: 1 is the next row, -1 the one before, 0 there is none."""


Emit = Callable[[Sequence[Row]], None]
Told = TypeVar("Told")


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
    if _is_missing(container, provider):
        raise ContainerGone(str(container))
    there = _There(provider, order, interrupt)
    pairing = Pairing(provider)

    def settle(findings: Iterable[Finding | Pair]) -> None:
        # What is known is looked at too: names it was given must not be given out again.
        rows = [row for one in findings for row in _upload_rows(one, order, there, clock)]
        for some in _chunks([row for row in rows if row.name not in order.known]):
            emit(some)

    for chunk in scan(order.given, interrupt, clock):
        there.learn([finding.name for finding in chunk])
        settle(pairing.of(chunk))
    settle(pairing.rest())


def _is_missing(container: Location, provider: Provider) -> bool:
    """Some keys may write and not look: then the first file will tell."""
    try:
        return provider.find(container) is None
    except NotAllowed:
        return False


def _upload_rows(
    finding: Finding | Pair, order: PlanOrder, there: _There, clock: Clock
) -> Sequence[Row]:
    if isinstance(finding, LeftOut):
        return [_left_out_row(finding, order, clock)]
    if isinstance(finding, Found):
        return [there.ruled(_found_row(finding, order, there, clock))]
    leader, mate = (_found_row(found, order, there, clock) for found in finding)
    # The service shows a pair under the name of the mate.
    return _together(leader, there.looked(there.ruled(mate)))


def _found_row(found: Found, order: PlanOrder, there: _There, clock: Clock) -> Row:
    source = found.source
    row = Row(found.name, order.place.child(found.name), source.path, source.size, source.mtime_ns)
    largest = there.provider.limits.largest_file
    if source.size <= largest:
        return row
    problem = Problem(TooLarge.__name__, f"{source.size} bytes, at most {largest}", clock.time())
    return replace(row, state=State.FAILED, problem=problem)


def _together(leader: Row, mate: Row) -> Sequence[Row]:
    """Both rows with one fate."""
    problem = leader.problem or mate.problem
    if problem is not None:
        other = Problem(MateFailed.__name__, problem.detail, problem.since)
        return [
            replace(row, state=State.FAILED, problem=row.problem or other) for row in (leader, mate)
        ]
    if mate.state is State.SKIPPED:
        leader = replace(leader, state=State.SKIPPED)
    elif mate.renamed_to:
        leader = _renamed_alike(leader, mate)
    return [replace(leader, mate=1), replace(mate, mate=-1)]


def _renamed_alike(leader: Row, mate: Row) -> Row:
    """With the number that was given to the mate."""
    was = mate.name.rpartition("/")[2]
    for number, at in enumerate(_numbered_places(leader.at_service), 1):
        if numbered(was, number) == mate.renamed_to:
            return replace(leader, at_service=at, renamed_to=at.name)
    return leader


def _numbered_places(at: Location) -> Iterator[Location]:
    for number in range(1, MOST_NUMBERED_NAMES):
        name = numbered(at.name, number)
        yield replace(at, path=at.path[: -len(at.name)] + name)


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Pieces that part no pair."""
    start = 0
    while start < len(rows):
        end = start + CHUNK
        while end < len(rows) and rows[end].mate < 0:
            end += 1
        yield rows[start:end]
        start = end


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
    _names: dict[str, dict[str, RemoteFile | None]] = field(default_factory=dict)
    """By folder: what is in it, and (None) names given out by us."""
    _unknown: set[str] = field(default_factory=set)
    """Top names whose listing was too long, or could not be had."""

    def learn(self, names: Sequence[str]) -> None:
        for top in {name.partition("/")[0] for name in names if "/" in name} - self._tops:
            self._tops.add(top)
            if not self._list(self.order.place.child(top)):
                self._unknown.add(top)

    def ruled(self, row: Row) -> Row:
        """The row with the name rule applied."""
        rule = self.order.if_exists
        if row.problem is not None:
            return row
        top, slash, _ = row.name.partition("/")
        if rule is IfExists.REPLACE:
            return replace(row, may_replace=True)
        if not slash or top in self._unknown:
            return replace(row, look=True)
        folder, _, last = row.at_service.path.rpartition("/")
        names = self._names.setdefault(folder, {})
        if last not in names:
            return row
        if rule is IfExists.SKIP or row.at_service.is_folder_marker:
            remote = names[last]
            return replace(row, state=State.SKIPPED, etag=remote.etag if remote else None)
        return self._numbered(row, folder, last, names)

    def looked(self, row: Row) -> Row:
        """The question that would be asked when the file's turn comes, asked now."""
        if not row.look:
            return row
        row = replace(row, look=False)
        if self._find(row.at_service) is None:
            return row
        if self.order.if_exists is IfExists.SKIP:
            return replace(row, state=State.SKIPPED)
        for at in _numbered_places(row.at_service):
            if self._find(at) is None:
                return replace(row, at_service=at, renamed_to=at.name)
        return row

    def _find(self, at: Location) -> RemoteFile | None:
        return _patiently(lambda: self.provider.find(at), self.interrupt)

    def _numbered(
        self, row: Row, folder: str, last: str, names: dict[str, RemoteFile | None]
    ) -> Row:
        free = first_free(last, names)
        names[free] = None
        at = Location(row.at_service.account, row.at_service.container, f"{folder}/{free}")
        return replace(row, at_service=at, renamed_to=free)

    def _list(self, folder: Location) -> bool:
        if not isinstance(self.provider, Browses):
            return False
        try:
            return self._take(listed(self.provider, folder, self.interrupt))
        except NotAllowed:
            return False

    def _take(self, remotes: Iterator[RemoteFile]) -> bool:
        for number, remote in enumerate(remotes):
            if number >= MOST_LISTED:
                return False
            if not remote.takes_name:
                continue
            folder_path, _, last = remote.location.path.rpartition("/")
            self._names.setdefault(folder_path, {})[last] = remote
        return True


def listed(provider: Browses, folder: Location, interrupt: Interrupt) -> Iterator[RemoteFile]:
    """Everything below a folder, page by page."""
    cursor: str | None = None
    while True:
        interrupt.check()
        page = _page(provider, folder, cursor, interrupt)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def _page(provider: Browses, folder: Location, cursor: str | None, interrupt: Interrupt) -> Page:
    return _patiently(lambda: provider.list(folder, cursor, recursive=True), interrupt)


def _patiently(ask: Callable[[], Told], interrupt: Interrupt) -> Told:
    """Waits where a service counts calls: to begin again would spend them all over again."""
    while True:
        try:
            return ask()
        except SlowDown as slow:
            interrupt.sleep(min(slow.wait_seconds or SLOW_SECONDS, LONGEST_ASKED_WAIT))


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
    fetch = _Fetch(order, provider, emit, interrupt)
    for place in places:
        fetch.plan(place)


@dataclass(slots=True)
class _Fetch:
    order: PlanOrder
    provider: Provider
    emit: Emit
    interrupt: Interrupt
    _names: LocalNames = field(default_factory=LocalNames)
    _tops: set[str] = field(default_factory=set)
    """First segments given out: two places of one name get folders, or names, of their own."""

    def plan(self, place: Location) -> None:
        may_be_file = bool(place.path) or self.provider.features.files_outside
        is_folder = place.path.endswith("/") or not may_be_file
        single = None if is_folder else self.provider.find(place)
        if single is not None and single.kind is Kind.FILE:
            self._emit([(self._top(place.name), single)])
        else:
            self._plan_folder(place)

    def _plan_folder(self, place: Location) -> None:
        if not isinstance(self.provider, Browses):
            raise RemoteMissing(str(place))
        folder = Location(place.account, place.container, place.path.removesuffix("/"))
        direct = place.path.endswith("/")
        prefix = "" if direct else f"{self._top(folder.name)}/"
        tops: dict[str, str] = {}
        found: list[tuple[str, RemoteFile]] = []
        is_empty = True
        for remote in listed(self.provider, folder, self.interrupt):
            is_empty = False
            relative = remote.location.path[len(folder.path) :]
            relative = relative.removeprefix("/") if folder.path else relative
            if relative:
                name = self._under_own_top(relative, tops) if direct else prefix + relative
                found.append((name, remote))
            if len(found) >= CHUNK:
                self._emit(found)
                found = []
        self._emit(found)
        if is_empty and folder.path and not _exists(self.provider, folder):
            raise RemoteMissing(str(place))

    def _under_own_top(self, relative: str, tops: dict[str, str]) -> str:
        """``tops``: what the first segments of this place are called here."""
        first, slash, rest = relative.partition("/")
        if first not in tops:
            tops[first] = self._top(first)
        return tops[first] + slash + rest

    def _top(self, name: str) -> str:
        top = first_free(name, self._tops)
        self._tops.add(top)
        return top

    def _emit(self, found: Sequence[tuple[str, RemoteFile]]) -> None:
        rows = [_download_row(name, remote, self.order, self._names) for name, remote in found]
        self.emit([row for row in rows if row.name not in self.order.known])


def _exists(provider: Provider, folder: Location) -> bool:
    marker = Location(folder.account, folder.container, f"{folder.path}/")
    return provider.find(marker) is not None


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
