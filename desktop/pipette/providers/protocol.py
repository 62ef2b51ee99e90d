"""What the engine asks of a service.

``Provider`` is what every service must do to take an upload. Each further ability is a small
protocol of its own; the engine asks ``isinstance(provider, Browses)``, never for a service's name.

Rules for adapters. They are called on worker threads, many at once, and hold no changing state but a
locked credential cache. They never open the local file, sleep, retry, hash, start a thread or log a
secret. Every failure leaves as a ``model.errors.TransferError``, raised ``from`` the foreign one.
``part_request`` and ``range_request`` are called anew for each attempt, so that an expired address
or key heals itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeGuard, TypeVar, runtime_checkable

from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import (
    Digest,
    Handle,
    Limits,
    Part,
    PartRequest,
    Proof,
    Receipt,
    Reply,
)
from pipette.model.transfer import IfExists


@dataclass(frozen=True, slots=True)
class Features:
    """What this service can do; the window greys out the rest with a reason."""

    rules: frozenset[IfExists] = frozenset(IfExists)
    container_segments: int = 1
    """How many path segments name a project."""
    case_sensitive: bool = True
    files_outside: bool = False
    """Files may stand outside of all projects; then the first segment may be a file's name."""
    one_piece: int = 0
    """Files of up to so many bytes travel in one piece: one that is stopped begins anew."""
    parts_outlive_us: bool = True
    """Parts that arrived are still of use after a restart of this program."""
    real_folders: bool = False
    """Empty folders are made by ``MakesFolders``; elsewhere a marker of no bytes is sent."""
    folder_levels: int | None = None
    """So deep in a project an empty folder stands by itself; None anywhere, 0 nowhere."""
    file_level: int = 0
    """So many folders must stand above a file in its project."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What we know of the bytes that were sent or received, for the last check."""

    size: int
    receipts: Sequence[Receipt]
    md5: str | None = None
    crc64nvme: int | None = None
    """Of the whole file, combined from the parts; None unless every part has one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The service has it, and this is how well that is proven."""

    remote: RemoteFile
    proof: Proof


@dataclass(frozen=True, slots=True)
class NotYet:
    """The service has not finished looking at it; ask again after so many seconds."""

    after_seconds: float


@dataclass(frozen=True, slots=True)
class Differs:
    """What is there is not what was sent."""

    why: str


Verdict = Stored | NotYet | Differs


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; ``cursor`` asks for the next one, None means it was the last."""

    items: Sequence[RemoteFile]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload somebody began and never finished, as the service lists it."""

    location: Location
    handle: Handle
    begun_at: float | None = None


@dataclass(frozen=True, slots=True)
class AccountTest:
    """One line of the connection test: what was tried, whether it went well, and why not.

    ``name`` is one of ``reach``, ``key``, ``projects``, ``upload``, ``clock``.
    """

    name: str
    passed: bool | None
    """None: could not be found out."""
    detail: str = ""
    kind: str = ""
    """Name of the error class when it failed."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose key it is, as far as the service tells. ``id`` is compared when a new key is pasted."""

    id: str
    label: str


Ability = TypeVar("Ability")
_is_subclass: Callable[[type, type], bool] = cache(issubclass)


def offers(provider: object, ability: type[Ability]) -> TypeGuard[Ability]:
    """``isinstance`` for where it is asked for each file: of a protocol it takes its time."""
    return _is_subclass(type(provider), ability)


class Provider(Protocol):
    """One account at one service."""

    @property
    def limits(self) -> Limits: ...

    @property
    def features(self) -> Features: ...

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        """Begin an upload to ``to`` (the full path of the file to be).

        ``key`` is the same for every try of this opening (an idempotency key). ``again`` is True
        when an earlier try may have reached the service and its answer was lost: what it left is
        used or removed, so that no file has two uploads. With ``may_replace`` False the service is
        asked, where it can be, not to overwrite.
        Raises NameTaken, TooLarge, Refused …
        """
        ...

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        """How to send this part now.

        ``digest`` is given when the engine knows it already; it must be given when
        ``handle.check`` is one of the header forms.
        """
        ...

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        """Read the answer to a part. Raises BadPart, UploadGone, SignInNeeded, SlowDown, Temporary …

        The sender hands over *every* reply, also those whose status is not in ``success``.
        """
        ...

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        """Put the parts together. Receipts come in part order, one for each part.

        The location in the answer is where the file really is, should the service have renamed it.
        Raises UploadGone when the service no longer knows the upload; that may mean that an
        earlier close succeeded and its answer was lost, which ``check`` then settles.
        """
        ...

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        """Compare what is there with what was sent. ``remote`` is what ``close`` returned, if it did.

        ``Differs`` when nothing is there.
        """
        ...

    def abort(self, to: Location, handle: Handle) -> None:
        """Remove what was opened. An upload that is gone already is no error."""
        ...

    def find(self, at: Location) -> RemoteFile | None:
        """What is at exactly this place, or None. Used by the name rule and before a download."""
        ...


@runtime_checkable
class ListsParts(Protocol):
    """The service can say which parts of an open upload it holds."""

    def parts(self, to: Location, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        """What the service holds; it wins over our memory. Raises UploadGone.

        ``known`` are the receipts we remember: where the service has to be told of parts, those it
        was not told of yet are told now and counted in.
        """
        ...


@runtime_checkable
class Browses(Protocol):
    """The service can be looked through."""

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        """One page. An empty container lists projects. Recursive lists files and folder markers only."""
        ...


@runtime_checkable
class Downloads(Protocol):
    """Files can be fetched in ranges."""

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        """How to fetch these bytes now; guarded so that a changed file is refused (If-Match)."""
        ...

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        """Check status and headers of the answer *before* its bytes are kept.

        Returns ``remote`` with the checksums the answer told.
        Raises RemoteChanged, RemoteMissing, SignInNeeded, SlowDown, Temporary …
        """
        ...

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        """Compare what was received with what the service says of it. No request is made."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """Several files can be got ready for fetching with one call."""

    def prepare(self, remotes: Sequence[RemoteFile]) -> None:
        """Called just before these are fetched one after the other."""
        ...


@runtime_checkable
class EndsBatches(Protocol):
    """The service wants to be told when all files of an upload have arrived."""

    def end_batch(self, place: Location, names: Sequence[str], size: int) -> None:
        """Every file of a batch to this place is there. ``names`` are the paths inside the place's
        container of up to some hundred of them, and of each folder right below the container at
        least one. May be called again after a lost answer.
        """
        ...


@runtime_checkable
class MakesFolders(Protocol):
    def make_folder(self, folder: Location) -> None:
        """Make this folder (and those above it) unless it exists."""
        ...


@runtime_checkable
class Deletes(Protocol):
    def delete(self, at: Location) -> None:
        """Delete one file or folder marker for good."""
        ...


@runtime_checkable
class Links(Protocol):
    def link(self, at: Location, hours: float) -> str:
        """An address that lets whoever has it read this file for so many hours. A secret."""
        ...


@runtime_checkable
class ShowsPages(Protocol):
    def page_of(self, at: Location) -> str:
        """The platform's own page of this place, for those who may sign in there. No secret."""
        ...


@runtime_checkable
class ListsUploads(Protocol):
    def unfinished(self, container: str) -> Sequence[OpenUpload]:
        """Uploads of this account that were opened in this container and never finished."""
        ...


@dataclass(frozen=True, slots=True)
class Mate:
    """The other file of a pair. One that leads has a handle: it is open already."""

    location: Location
    size: int
    leads: bool
    handle: Handle | None = None


@runtime_checkable
class PairsFiles(Protocol):
    """Two files can arrive as one thing, such as the two reads of one sample.

    One of them leads: it is opened, sent and closed before its mate is, whose close makes them
    one. Neither is checked before both are closed, and neither counts without the other.
    """

    def pairs(self, names: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Which of the names in one folder belong together: the one that leads, its mate. Pure."""
        ...

    def open_paired(
        self, source: SourceFile, to: Location, key: str, mate: Mate, *, again: bool = False
    ) -> Handle:
        """As ``open``. The one that leads comes first; its mate is given the handle of the leader.

        Both handles have the same id.
        """
        ...


class TestsAccount(Protocol):
    """Every account can be tried out before it is kept."""

    def test(self) -> Sequence[AccountTest]:
        """Reach, key, projects, upload right, clock; never raises a TransferError."""
        ...

    def who(self) -> Who:
        """Raises SignInNeeded."""
        ...
