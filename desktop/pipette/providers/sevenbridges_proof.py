"""Whether what was sent to Seven Bridges is there, and how well that is proven.

The platform vouches for no checksum of its own. What proves an upload is that the storage answered
each part with its MD5, that the platform put together exactly the parts listed, and the size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Handle, Proof, count_parts
from pipette.providers.protocol import Differs, Sent, Stored, Verdict
from pipette.providers.sevenbridges_api import Api
from pipette.providers.sevenbridges_folders import (
    Folders,
    Place,
    entry,
    is_folder,
    page_of,
    remote_of,
    seconds_of,
)
from pipette.providers.sevenbridges_uploads import BEGUN


def arrived(
    api: Api, folders: Folders, to: Location, handle: Handle, size: int
) -> RemoteFile | None:
    """The file that a completion whose answer was lost has made, if it did.

    A file that was there before this upload began is another one. Where the name was taken the
    platform may have put a number before it.
    """

    def look(place: Place) -> Mapping[str, Any] | None:
        exact = entry(api, place, to.name)
        if exact is not None and _is_it(exact, handle, size):
            return exact
        return _renamed(api, place, to.name, handle, size) if exact is not None else None

    item = folders.using(to.parent, look)
    return None if item is None else named_as_there(item, to)


def named_as_there(item: Mapping[str, Any], to: Location) -> RemoteFile:
    """The file as the platform describes it, at the place and name it really has."""
    name = str(item.get("name") or to.name)
    return remote_of(item, replace(to, path=to.path[: len(to.path) - len(to.name)] + name))


def _renamed(
    api: Api, place: Place, name: str, handle: Handle, size: int
) -> Mapping[str, Any] | None:
    numbered = re.compile(rf"_?\d+_{re.escape(name)}")
    found: list[Mapping[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        items, offset = page_of(api, place, offset)
        found += [
            item
            for item in items
            if numbered.fullmatch(str(item["name"])) and _is_it(item, handle, size)
        ]
    return found[0] if len(found) == 1 else None


def _is_it(item: Mapping[str, Any], handle: Handle, size: int) -> bool:
    if is_folder(item) or item.get("size") != size:
        return False
    made = seconds_of(item.get("created_on"))
    # The handle has whole seconds; a file that old to the second is from just before.
    return made is None or int(made) >= int(handle.details[BEGUN])


def verdict_of(handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
    if remote is None:
        return Differs("nothing is there")
    if remote.size is None:
        return Stored(remote, Proof.NONE)
    if remote.size != sent.size:
        return Differs(f"{sent.size} bytes here, {remote.size} there")
    return Stored(remote, Proof.EVERY_PART if _all_proven(handle, sent) else Proof.SIZE_ONLY)


def all_sent(handle: Handle, sent: Sent) -> bool:
    """Without every part sent nothing can have been put together."""
    return _numbers(sent) == list(range(1, count_parts(sent.size, handle.part_size) + 1))


def _all_proven(handle: Handle, sent: Sent) -> bool:
    return all_sent(handle, sent) and all(receipt.proven for receipt in sent.receipts)


def _numbers(sent: Sent) -> Sequence[int]:
    return [receipt.number for receipt in sent.receipts]
