"""Empty folders on S3, which knows none.

The custom is an object of zero bytes whose key ends in a slash. Some services (``rclone serve s3``)
drop the slash and keep a *file* of that name, in which then nothing can be put. Whether a service
does so is tried out once; there an empty file inside the folder stands for it instead. That file is
never shown: it reads as the folder it stands for.
"""

from __future__ import annotations

import logging
import threading
import uuid
from typing import Any

from pipette.model.errors import TransferError
from pipette.model.files import Location
from pipette.providers.memory import EndpointMemory, Trial
from pipette.providers.s3_client import Control
from pipette.providers.s3_errors import control_errors

log = logging.getLogger(__name__)

STAND_IN = ".pipette-folder"
_KEPT = "kept"
_MANGLED = "mangled"


def folder_of(key: str) -> str | None:
    """The folder (with its slash) that this key stands for, or None when it is a file."""
    if key.endswith("/"):
        return key
    return key.removesuffix(STAND_IN) if key.endswith(f"/{STAND_IN}") else None


class Folders:
    """Chooses the key that stands for an empty folder at this endpoint."""

    def __init__(self, control: Control, memory: EndpointMemory) -> None:
        self._control = control
        self._memory = memory
        self._probing = threading.Lock()

    def key_of(self, to: Location) -> str:
        """The key to write: the path itself, except for folders where a slash does not last."""
        if not to.is_folder_marker or self._control.endpoint.is_aws:
            return to.path
        with self._probing:
            known = self._memory.recall(self._name) or self._find_out(to)
        return to.path if known == _KEPT else f"{to.path}{STAND_IN}"

    def keys_at(self, at: Location) -> list[str]:
        """The keys that really stand for this folder now; asks the service's own list."""
        client = self._control.client_for(at.container)
        wanted = {at.path, f"{at.path}{STAND_IN}"}
        found: list[str] = []
        for key in sorted(wanted):
            with control_errors():
                page = client.list_objects_v2(Bucket=at.container, Prefix=key, MaxKeys=1)
            found += [row["Key"] for row in page.get("Contents", []) if row["Key"] == key]
        return found

    @property
    def _name(self) -> str:
        return f"{self._control.endpoint.name} folders"

    def _find_out(self, to: Location) -> str:
        bucket = to.container
        trial = f"{to.parent.child(f'.pipette-{uuid.uuid4().hex}').path}"
        client = self._control.client_for(bucket)
        note = Trial(self._memory, self._control.endpoint.name, "folders")
        left = note.left_behind()
        if left:
            _remove(self._control.client_for(left[0]), left[0], [left[1], f"{left[1]}/"])
        note.begin(bucket, trial)
        with control_errors():
            client.put_object(Bucket=bucket, Key=f"{trial}/", Body=b"")
            page = client.list_objects_v2(Bucket=bucket, Prefix=trial)
        kept = [row["Key"] for row in page.get("Contents", [])]
        _remove(client, bucket, kept or [f"{trial}/"])
        note.ended()
        answer = _KEPT if kept == [f"{trial}/"] else _MANGLED
        self._memory.remember(self._name, answer)
        log.info("Folder markers at %s are %s", self._control.endpoint.name, answer)
        return answer


def _remove(client: Any, bucket: str, keys: list[str]) -> None:
    try:
        with control_errors():
            for key in keys:
                client.delete_object(Bucket=bucket, Key=key)
    except TransferError as error:
        log.warning("The trial folder could not be removed: %s", error.detail)
