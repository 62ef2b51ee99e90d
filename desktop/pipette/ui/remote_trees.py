"""Walks what was selected at a service: to weigh it before a question, and to delete it after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pipette.model.errors import RemoteMissing, TransferError
from pipette.model.files import Kind, Location, RemoteFile
from pipette.providers.protocol import Page

_MOST_WEIGHED = 50_000


class Tree(Protocol):
    """The part of ``engine.desk.Desk`` used here; every call blocks."""

    def list(self, folder: Location, cursor: str | None = None) -> Page: ...

    def delete(self, at: Location) -> None: ...


@dataclass(frozen=True, slots=True)
class Weight:
    files: int = 0
    size: int = 0
    folders: int = 0
    complete: bool = True
    """False when there is more than was counted."""


@dataclass(frozen=True, slots=True)
class Deleted:
    files: int
    failures: tuple[tuple[str, str], ...] = ()
    """(name, error kind) of what stayed."""


def weigh(tree: Tree, items: Sequence[RemoteFile], stopped: Callable[[], bool]) -> Weight:
    """How many files and bytes these rows hold with everything below them. Blocks."""
    files = size = 0
    for file in _everything_below(tree, items):
        if files >= _MOST_WEIGHED or stopped():
            return Weight(files, size, _folders(items), complete=False)
        if file.kind is not Kind.FILE:
            continue
        files += 1
        size += file.size or 0
    return Weight(files, size, _folders(items))


def delete_all(
    tree: Tree,
    items: Sequence[RemoteFile],
    stopped: Callable[[], bool],
    tell: Callable[[int], object] = lambda count: None,
) -> Deleted:
    """Delete these rows and everything below them, deepest first. Blocks.

    One file that cannot be deleted does not keep the others. ``tell`` hears the count so far.
    """
    deleted, failures = 0, list[tuple[str, str]]()
    for item in _everything_below(tree, items):
        if stopped():
            break
        kind = _delete(tree, _what_to_delete(item))
        if kind:
            failures.append((item.location.name, kind))
        elif item.kind is Kind.FILE:
            deleted += 1
            tell(deleted)
    return Deleted(deleted, tuple(failures))


def _folders(items: Sequence[RemoteFile]) -> int:
    return sum(1 for item in items if item.kind is not Kind.FILE)


def _everything_below(tree: Tree, items: Sequence[RemoteFile]) -> Iterator[RemoteFile]:
    """Each row after everything that is in it."""
    for item in items:
        if item.kind is not Kind.FILE:
            yield from _everything_below(tree, _children(tree, item.location))
        yield item


def _children(tree: Tree, folder: Location) -> list[RemoteFile]:
    # All pages before the first is acted on: deleting may shift what a cursor points at.
    page = tree.list(folder)
    found = list(page.items)
    while page.cursor is not None:
        page = tree.list(folder, page.cursor)
        found.extend(page.items)
    return found


def _what_to_delete(item: RemoteFile) -> Location:
    """A folder goes by its stand-in, which may exist or not."""
    if item.kind is Kind.FILE:
        return item.location
    return replace(item.location, path=item.location.path.rstrip("/") + "/")


def _delete(tree: Tree, at: Location) -> str:
    try:
        tree.delete(at)
    except RemoteMissing:
        return ""
    except TransferError as error:
        return error.kind
    return ""
