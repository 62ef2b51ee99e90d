"""Trying an ICA account out before it is kept: reach, key, projects, upload right, clock."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from pipette.model import errors
from pipette.model.account import Account
from pipette.providers.ica_api import Api
from pipette.providers.ica_grants import Grants
from pipette.providers.ica_projects import PATH, Projects
from pipette.providers.ica_records import Project
from pipette.providers.ica_tree import Tree, checked_path
from pipette.providers.protocol import AccountTest, Who

_REACH = (errors.NetworkDown, errors.Stalled, errors.Untrusted, errors.ProxyRefused)
_LARGEST_CLOCK_ERROR = 300.0
_USER_CLAIMS = ("uid", "userId", "sub", "email")
_LABEL_CLAIMS = ("email", "preferred_username", "name")


class Trial:
    """Leaves nothing at ICA."""

    def __init__(
        self, api: Api, account: Account, projects: Projects, tree: Tree, grants: Grants
    ) -> None:
        self._api = api
        self._account = account
        self._projects = projects
        self._tree = tree
        self._grants = grants

    def lines(self) -> Sequence[AccountTest]:
        """The five lines of the connection test."""
        try:
            answer = self._api.call("GET", PATH, params={"pageSize": 1})
        except _REACH as error:
            return [_failed("reach", error), *_unknown("key", "projects", "upload", "clock")]
        except errors.SignInNeeded as error:
            failed = _failed("key", error)
            return [AccountTest("reach", True), failed, *_unknown("projects", "upload", "clock")]
        except errors.TransferError as error:
            failed = _failed("projects", error)
            return [
                *(AccountTest("reach", True), AccountTest("key", None), failed),
                *_unknown("upload", "clock"),
            ]
        return [
            AccountTest("reach", True, self._version()),
            AccountTest("key", True),
            self._try_projects(),
            self._try_upload(),
            self._compare_clocks(answer.headers.get("date", "")),
        ]

    def who(self) -> Who:
        """ICA has no call for it; the token tells. An unknown id is ""."""
        claims = self._api.claims()
        ids = [str(claims[name]) for name in _USER_CLAIMS if claims.get(name)]
        labels = [str(claims[name]) for name in _LABEL_CLAIMS if claims.get(name)]
        return Who(ids[0] if ids else "", (labels + ids + [""])[0])

    def _version(self) -> str:
        try:
            told = self._api.get("api/system/info")
        except errors.TransferError:
            return ""
        return f"{told.get('name', '')} {told.get('version', '')}".strip()

    def _try_projects(self) -> AccountTest:
        try:
            return AccountTest("projects", True, str(len(self._projects.listed(""))))
        except errors.TransferError as error:
            return _failed("projects", error)

    def _try_upload(self) -> AccountTest:
        if not self._account.container:
            return AccountTest("upload", None)
        try:
            project = self._projects.named(self._account.container)
            return AccountTest("upload", self._may_upload(project))
        except errors.TransferError as error:
            return _failed("upload", error)

    def _may_upload(self, project: Project) -> bool | None:
        """Keys of the folder need the same right as a file; without a folder the list of rights."""
        path = self._account.path
        folder = self._tree.folder(project, checked_path(path)) if path else None
        if folder is None:
            return self._listed_right(project)
        self._grants.of(project, folder.id)
        return True

    def _listed_right(self, project: Project) -> bool | None:
        """Who may read the list of rights is told nowhere: a refusal says nothing."""
        me = self.who().id
        try:
            listed = self._api.get(f"{PATH}/{project.id}/permissions").get("items") or []
        except errors.Refused:
            return None
        own = [row for row in listed if _user_of(row) == me and me]
        return bool(own[0].get("uploadAllowed")) if own else None

    def _compare_clocks(self, date: str) -> AccountTest:
        there = _seconds(date)
        if there is None:
            return AccountTest("clock", None)
        apart = round(self._api.clock() - there)
        if abs(apart) <= _LARGEST_CLOCK_ERROR:
            return AccountTest("clock", True, str(apart))
        return AccountTest("clock", False, str(apart), errors.ClockWrong.__name__)


def _user_of(row: object) -> str:
    user = row.get("user") if isinstance(row, dict) else None
    return str(user.get("id") or "") if isinstance(user, dict) else ""


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def _failed(name: str, error: errors.TransferError) -> AccountTest:
    return AccountTest(name, False, error.detail, error.kind)


def _unknown(*names: str) -> list[AccountTest]:
    return [AccountTest(name, None) for name in names]
