"""Making records at ICA: each of these calls is done once, however often it is sent."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pipette.model.errors import RemoteMissing, Temporary, Unavailable
from pipette.providers.ica_api import Api, Row
from pipette.providers.ica_records import Project, Record, record_of

WITH_URL = "createFileWithUploadUrl"
WITH_KEYS = "createFileWithTemporaryCredentials"
FOLDER = "createFolder"


def data_path(project: Project) -> str:
    return f"api/projects/{project.id}/data"


class Creator:
    """Any thread. Servers from before these calls get the one call they know instead."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._is_old = False

    def folder(self, project: Project, parent: str, name: str, key: str) -> Record:
        """Raises NameTaken where ICA says so, be it for a name or for a passing lock."""
        answer = self._create(FOLDER, project, parent, name, key, {})
        return _record(answer)

    def file_with_url(
        self, project: Project, parent: str, name: str, key: str
    ) -> tuple[Record, str]:
        """The record of a file to be and where to send it, "" where that must be asked for."""
        answer = self._create(WITH_URL, project, parent, name, key, {})
        return _record(answer), str(answer.get("uploadUrl") or "")

    def file_with_keys(
        self, project: Project, parent: str, name: str, key: str
    ) -> tuple[Record, Row]:
        """The record of a file to be and keys for its one object, {} if they must be asked for."""
        extra = {"temporaryCredentials": {"readOnlyCredentials": False}}
        answer = self._create(WITH_KEYS, project, parent, name, key, extra)
        return _record(answer), answer.get("tempCredentials") or {}

    def _create(
        self, verb: str, project: Project, parent: str, name: str, key: str, extra: dict[str, Any]
    ) -> Row:
        asked = {"name": name, "folderPath": f"{parent}/"}
        old = {**asked, "dataType": "FOLDER" if verb == FOLDER else "FILE"}
        if self._is_old:
            return self._post(data_path(project), old, key)
        try:
            return self._post(f"{data_path(project)}:{verb}", {**asked, **extra}, key)
        except (Unavailable, RemoteMissing):
            # Either the server does not know the call or the project is not there.
            answer = self._post(data_path(project), old, key)
        self._is_old = True
        return answer

    def _post(self, path: str, body: dict[str, Any], key: str) -> Row:
        return self._api.post(path, body, key=_key_for(key, path, body))


def _key_for(key: str, path: str, body: dict[str, Any]) -> str:
    """One key for one body: with another body ICA would refuse a key it knows."""
    text = f"{key} {path} {json.dumps(body, sort_keys=True)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _record(answer: Row) -> Record:
    record = record_of(answer)
    if record is None:
        raise Temporary("a creation that was not described")
    return record
