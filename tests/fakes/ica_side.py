"""What stands beside the data at the fake of ICA: regions, formats, connectors and their transfers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.ica_rules import Problem
from tests.fakes.ica_shelf import REGION_FACTS, Project, Right, Shelf, project_data_json
from tests.fakes.ica_wire import Answer

FORMATS = ("FASTQ", "BAM", "BCL", "VCF")
COURSE = ("REQUESTED", "SCHEDULED", "ONGOING", "SUCCEEDED")


@dataclass(slots=True)
class Connector:
    code: str
    mode: str = "DOWNLOAD"
    os: str = "LINUX"
    active: bool = True
    connected: bool = True
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True)
class Transfer:
    project: str
    data: str
    connector: Connector
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    stage: int = 0
    ended: str = ""


class Side:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.connectors: list[Connector] = []
        self.transfers: list[Transfer] = []

    def regions(self) -> Answer:
        return Answer(200, {"items": [REGION_FACTS]})

    def formats(self) -> list[dict[str, str]]:
        return [{"id": str(number), "code": code} for number, code in enumerate(FORMATS)]

    def system(self) -> Answer:
        return Answer(200, {"name": "ICA", "version": "2.40.0" if not self._old else "2.20.0"})

    def permissions(self, project: Project) -> Answer:
        rows = [
            {
                "membershipType": "USER",
                "user": {"id": user},
                "roleProject": right.role,
                "uploadAllowed": right.upload,
                "downloadAllowed": right.download,
            }
            for user, right in project.rights.items()
        ]
        return Answer(200, {"items": rows})

    def list_connectors(self, only_active: bool) -> Answer:
        found = [one for one in self.connectors if one.active or not only_active]
        return Answer(200, {"items": [_connector_json(one) for one in found]})

    def schedule(
        self, project: Project, right: Right, data: str, body: Mapping[str, Any]
    ) -> Answer:
        if not right.download:
            raise Problem(403, "ICA_SEC_003", "you may not download here")
        record, _ = self._shelf.get(project, data)
        chosen = [one for one in self.connectors if one.id == body.get("connectorId")]
        if not chosen or not chosen[0].active or chosen[0].mode not in ("DOWNLOAD", "BOTH"):
            raise Problem(400, "ICA_CONN_001", "no connector that downloads")
        transfer = Transfer(project.id, record.id, chosen[0])
        self.transfers.append(transfer)
        status = self._shelf.rules.schedule_status
        return Answer(status, self._json(transfer), {"ETag": f'"{transfer.id}"'})

    def list_transfers(self, project: Project, status: str | None) -> list[dict[str, Any]]:
        """A connector that is connected takes each one step on with every look."""
        for transfer in self.transfers:
            if transfer.connector.connected and not transfer.ended:
                transfer.stage = min(transfer.stage + 1, len(COURSE) - 1)
        mine = [self._json(one) for one in self.transfers if one.project == project.id]
        return [one for one in mine if status in (None, one["status"])]

    def transfer(self, project: Project, id: str) -> Answer:
        return Answer(200, self._json(self._of(project, id)))

    def abort(self, project: Project, id: str) -> Answer:
        transfer = self._of(project, id)
        if COURSE[transfer.stage] == "SUCCEEDED" or transfer.ended:
            raise Problem(409, "ICA_CONN_002", "over already")
        transfer.ended = "ABORTED"
        return Answer(204)

    @property
    def _old(self) -> bool:
        return self._shelf.rules.old

    def _of(self, project: Project, id: str) -> Transfer:
        found = [one for one in self.transfers if (one.id, one.project) == (id, project.id)]
        if not found:
            raise Problem(404, "ICA_CONN_404", "no such transfer")
        return found[0]

    def _json(self, transfer: Transfer) -> dict[str, Any]:
        project = self._shelf.projects[transfer.project]
        record, path = self._shelf.get(project, transfer.data)
        return {
            "id": transfer.id,
            "reference": transfer.id[:8],
            "direction": "DOWNLOAD",
            "connector": _connector_json(transfer.connector),
            "dataTransferred": record.size if COURSE[transfer.stage] == "SUCCEEDED" else 0,
            "status": transfer.ended or COURSE[transfer.stage],
            "data": project_data_json(project, record, path, self._shelf.rules),
        }


def _connector_json(connector: Connector) -> dict[str, Any]:
    return {
        "id": connector.id,
        "code": connector.code,
        "active": connector.active,
        "connected": connector.connected,
        "mode": connector.mode,
        "os": connector.os,
        "installationStatus": "INSTALLED",
        "newConnectorVersionAvailable": False,
        "technicalCode": connector.code.upper(),
        "initializationKey": "an-initialization-key",
    }
