"""One Codex's control calls: one method a route, answers read into values, refusals into errors."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.providers.onecodex_samples import Sample, id_of, is_id, sample_of
from pipette.providers.web import (
    LONGEST_DETAIL,
    Answer,
    Budget,
    Web,
    judge_by_status,
    without_secrets,
)

log = logging.getLogger(__name__)

HOST = "https://app.onecodex.com"
ROOT = "/api/v1"
CALLS_PER_SECOND = 8
"""The service takes ten."""
PAGE = 100

Query = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    title: str
    handle: str = ""
    permissions: frozenset[str] | None = None
    """None when the service does not say."""

    @property
    def takes_files(self) -> bool:
        return self.permissions is None or "can_add_files" in self.permissions

    @property
    def name(self) -> str:
        return self.title or self.handle or self.id


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of samples; ``cursor`` None was the last."""

    samples: list[Sample]
    cursor: str | None


class Calls:
    """One account. Any thread; neither waits nor repeats."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secret = secret
        self._network = network
        self._budget = Budget(CALLS_PER_SECOND, 1.0, ticking)
        base = account.url or HOST
        self._web = Web(base, network, self._sign_in, judged, self._budget)
        self._reserved = Web(base, network, self._sign_in, judged)

    @property
    def base(self) -> str:
        return self._web.base

    def reserve(self, calls: int) -> None:
        """Make room for calls that must follow each other. Raises SlowDown, and none is made."""
        self._budget.take(calls)

    def _sign_in(self) -> Mapping[str, str]:
        key = self._secret.reveal().strip()
        if not key:
            raise errors.SignInNeeded("no key")
        if key.startswith("eyJ") and key.count(".") == 2:
            return {"Authorization": f"Bearer {key}"}
        return {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}

    # Whose key it is

    def account(self) -> Answer:
        """Without a key the service shows empty lists; only this call tells whether one is good."""
        return self._web.get(f"{ROOT}/account")

    # Samples

    def sample(self, sample: str, *, reserved: bool = False) -> Sample | None:
        """None when there is none, or it is hidden."""
        web = self._reserved if reserved else self._web
        try:
            return sample_of(web.get(f"{ROOT}/samples/{sample}").data)
        except errors.RemoteMissing:
            return None

    def samples(self, where: Query, cursor: str | None = None, **sort: bool) -> Listed:
        """``sort`` names a field; True is descending."""
        params: dict[str, str | int] = {
            "where": _json(where),
            "sort": _json(sort),
            "per_page": PAGE,
            "expand": "all",
        }
        if cursor:
            params["cursor"] = cursor
        style = {"X-Pagination-Style": "cursor"}
        answer = self._web.get(f"{ROOT}/samples", params, headers=style)
        found = [self._with_custom(sample_of(row)) for row in _rows(answer)]
        return Listed(found, answer.headers.get("x-next-cursor") or None)

    def _with_custom(self, sample: Sample) -> Sample:
        """Where the metadata was not sent along it is asked for: the folder stands in it."""
        if sample.custom is not None or not sample.metadata:
            return sample
        data = self._web.get(sample.metadata).data
        custom = data.get("custom") if isinstance(data, dict) else None
        return replace(sample, custom=custom if isinstance(custom, dict) else {})

    def delete(self, sample: str) -> None:
        self._web.call("DELETE", f"{ROOT}/samples/{sample}")

    # Uploads

    def begin(self, route: str, body: Mapping[str, object]) -> dict[str, Any]:
        """``route`` is ``init_upload`` or ``init_multipart_upload``. Room for it was reserved."""
        answer = self._reserved.post(f"{ROOT}/samples/{route}", body)
        if not isinstance(answer.data, dict) or not answer.data.get("sample_id"):
            raise errors.Temporary("an opened upload without a sample id")
        return answer.data

    def confirm(self, sample: str) -> None:
        """An answer that cannot be read counts: older servers sent an empty one."""
        body = {"sample_id": sample, "upload_type": "standard"}
        answer = self._web.post(f"{ROOT}/samples/confirm_upload", body)
        if isinstance(answer.data, dict) and answer.data.get("success") is False:
            raise errors.Refused(f"{answer.status} {_said(answer)}")

    def call_back(self, path: str, s3_path: str, filename: str) -> None:
        """Only 200 means yes here."""
        answer = self._web.post(path, {"s3_path": s3_path, "filename": filename})
        if answer.status != 200:
            raise errors.Refused(f"{answer.status} {_said(answer)}")

    def cancel(self, sample: str) -> None:
        """Raises Refused when the service does not cancel it."""
        answer = self._web.post(f"{ROOT}/samples/cancel_upload", {"sample_id": sample})
        if isinstance(answer.data, dict) and answer.data.get("success") is False:
            raise errors.Refused(f"{answer.status} {_said(answer)}")

    def ask_elsewhere(self, url: str, body: Mapping[str, object]) -> Mapping[str, Any]:
        """Ask an address that the service named, on whatever host, without our key."""
        host = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        web = Web(host, self._network, dict, judge_by_status)
        answer = web.post(url, body, signed=False)
        return answer.data if isinstance(answer.data, dict) else {}

    # Downloads

    def download_uri(self, sample: str) -> tuple[str, float]:
        """A signed address and the hours it lasts. May cost the account something."""
        answer = self._web.post(f"{ROOT}/samples/{sample}/download_uri")
        data = answer.data if isinstance(answer.data, dict) else {}
        address, hours = data.get("download_uri"), data.get("expires_in_hours")
        if not isinstance(address, str):
            raise errors.Temporary("no address to download from")
        return address, float(hours) if isinstance(hours, int | float) else 1.0

    # Projects

    def projects(self, where: Query, page: int = 1) -> tuple[list[Project], int | None]:
        """One page, and the number of the next one."""
        params: dict[str, str | int] = {"where": _json(where), "per_page": PAGE, "page": page}
        answer = self._web.get(f"{ROOT}/projects", params)
        found = [_project(row) for row in _rows(answer)]
        total = answer.headers.get("x-total-count", "")
        more = page * PAGE < int(total) if total.isdigit() else 'rel="next"' in _links(answer)
        return found, page + 1 if more and found else None

    def project(self, name: str) -> Project | None:
        """By id, name or handle. Raises Refused when the name is that of several."""
        by_id = self._project_by_id(name) if is_id(name) else None
        if by_id is not None:
            return by_id
        for field in ("name", "project_name"):
            found, _ = self.projects({field: name})
            if len(found) > 1:
                ids = ", ".join(project.id for project in found)
                raise errors.Refused(f"several projects are called {name!r}; their ids: {ids}")
            if found:
                return found[0]
        return None

    def _project_by_id(self, name: str) -> Project | None:
        try:
            return _project(self._web.get(f"{ROOT}/projects/{name}").data)
        except errors.RemoteMissing:
            return None


def judged(answer: Answer) -> errors.TransferError | None:
    """What One Codex's answers mean."""
    detail = without_secrets(f"{answer.status} {_said(answer)}".strip())
    if answer.status == 402:
        return errors.PlanNeeded(detail)
    if answer.status in (405, 501):
        return errors.Unavailable(detail)
    return judge_by_status(answer, _said(answer))


def _said(answer: Answer) -> str:
    """One page of the service's own book says ``msg``, another ``message``."""
    data = answer.data if isinstance(answer.data, dict) else {}
    told = data.get("msg") or data.get("message") or answer.text
    return str(told)[:LONGEST_DETAIL]


def _rows(answer: Answer) -> list[Any]:
    if not isinstance(answer.data, list):
        raise errors.Temporary("the answer is no list")
    return answer.data


def _links(answer: Answer) -> str:
    return answer.headers.get("link", "")


def _project(data: Any) -> Project:
    if not isinstance(data, dict) or not id_of(data):
        raise errors.Temporary("the answer is no project")
    told = data.get("permissions")
    return Project(
        id_of(data),
        str(data.get("name") or ""),
        str(data.get("project_name") or ""),
        frozenset(map(str, told)) if isinstance(told, list) else None,
    )


def _json(value: Query) -> str:
    return json.dumps(value, separators=(",", ":"))
