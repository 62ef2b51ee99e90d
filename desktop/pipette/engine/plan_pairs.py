"""Planning pairs: files of one folder that arrive as one thing stand side by side in the queue.

A folder's files are held back until the folder has been seen to its end, since a file's mate may come
last. Where a service knows no pairs nothing is held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipette.engine.scan import Found, LeftOut
from pipette.providers.protocol import PairsFiles

Finding = Found | LeftOut
Pair = tuple[Found, Found]
"""The one that leads, and its mate."""


class Pairing:
    """One plan's findings, with mates found for each other."""

    def __init__(self, provider: object) -> None:
        self._provider = provider if isinstance(provider, PairsFiles) else None
        self._held: dict[str, list[Found]] = {}

    def of(self, findings: Iterable[Finding]) -> Iterator[Finding | Pair]:
        """What can be told so far."""
        for finding in findings:
            folder = finding.name.rpartition("/")[0]
            yield from self._left(folder)
            if isinstance(finding, LeftOut) or self._provider is None:
                yield finding
            else:
                self._held.setdefault(folder, []).append(finding)

    def rest(self) -> Iterator[Found | Pair]:
        """After the last finding."""
        for folder in list(self._held):
            yield from self._settled(folder)

    def _left(self, folder: str) -> Iterator[Found | Pair]:
        """Folders that the walk is out of will get no more files."""
        for held in list(self._held):
            if held and held != folder and not folder.startswith(f"{held}/"):
                yield from self._settled(held)

    def _settled(self, folder: str) -> Iterator[Found | Pair]:
        files = {found.name.rpartition("/")[2]: found for found in self._held.pop(folder)}
        pairs = self._provider.pairs(list(files)) if self._provider else ()
        mates = {leads: (files[leads], files[follows]) for leads, follows in pairs}
        followers = {follows for _, follows in pairs}
        for name, found in files.items():
            if name in mates:
                yield mates[name]
            elif name not in followers:
                yield found
