"""Illumina Connected Analytics (Platform Core).

ICA keeps records of files; the bytes lie in S3. A small file goes to an address that ICA signs, a
large file or a folder full of files goes to the storage itself with temporary keys. In both cases
ICA notices by itself what has arrived, some time later.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import GiB, Kind, Location, MiB, RemoteFile, SourceFile, TiB
from pipette.model.parts import Digest, Handle, Limits, Part, PartRequest, Receipt, Reply
from pipette.providers import ica_proof
from pipette.providers.ica_api import Api
from pipette.providers.ica_arrivals import WAITS, Arrivals, Patience
from pipette.providers.ica_checks import Checks
from pipette.providers.ica_crawl import Crawls
from pipette.providers.ica_create import Creator, data_path
from pipette.providers.ica_downloads import Fetching
from pipette.providers.ica_glance import Glances
from pipette.providers.ica_grants import Grants
from pipette.providers.ica_pace import Pace
from pipette.providers.ica_projects import Projects
from pipette.providers.ica_records import Project, Record, remote_of
from pipette.providers.ica_routes import FEW, SMALL, Routes
from pipette.providers.ica_storage import PROJECT, Storage
from pipette.providers.ica_tree import Tree, checked_path
from pipette.providers.ica_trial import Trial
from pipette.providers.ica_uploads import Uploads
from pipette.providers.memory import EndpointMemory
from pipette.providers.protocol import AccountTest, Features, Page, Sent, Verdict, Who
from pipette.providers.web import Clock

LIMITS = Limits(
    largest_file=5 * TiB,
    most_parts=10_000,
    smallest_part=5 * MiB,
    largest_part=5 * GiB,
    preferred_part=8 * MiB,
    whole=0,
)
STORAGE_VARIABLE = "AWS_ENDPOINT_URL_S3"
"""Where the storage is, should it not be AWS."""


class Ica:
    """One account at ICA. Any thread; makes no request before it is asked something."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        memory: EndpointMemory,
        *,
        clock: Clock = time.time,
        pace: Pace | None = None,
        waits: Sequence[float] = WAITS,
        small: int = SMALL,
        few: int = FEW,
        storage_url: str | None = None,
    ) -> None:
        """``waits`` are the first pauses between questions whether a file was noticed. Files of up
        to ``small`` bytes go by address, as long as there are no more than ``few`` of them. The
        storage is AWS's unless ``storage_url``, or else the standard variable, names another.

        Raises Untrusted for an address that is not https.
        """
        api = Api(account, secret, network, clock, pace)
        creator = Creator(api)
        if storage_url is None:
            storage_url = os.environ.get(STORAGE_VARIABLE, "")
        self._api = api
        self._projects = Projects(api)
        self._tree = Tree(api, creator)
        self._crawls = Crawls(self._tree)
        self._grants = Grants(api, network, storage_url)
        storage = Storage(self._grants)
        routes = Routes(self._tree, self._grants, small, few)
        self._glances = Glances(self._tree, clock)
        self._uploads = Uploads(
            api, self._tree, self._glances, creator, routes, self._grants, storage
        )
        arrivals = Arrivals(self._tree, clock)
        self._checks = Checks(self._tree, arrivals, Patience(clock, waits), storage)
        self._fetching = Fetching(api, self._tree)
        self._trial = Trial(api, account, self._projects, self._tree, self._grants)

    @property
    def limits(self) -> Limits:
        return LIMITS

    @property
    def features(self) -> Features:
        return Features(real_folders=True)

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        if source.size > LIMITS.largest_file:
            raise errors.TooLarge(f"{source.size} bytes, at most {LIMITS.largest_file}")
        project, path = self._place(to)
        return self._uploads.open(source, project, path, key, may_replace=may_replace, again=again)

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        return self._uploads.part_request(handle, part, digest)

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        return self._uploads.receipt(handle, part, reply)

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        return self._uploads.close(to, handle, receipts, size)

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        path = checked_path(to.path)
        project = self._project(to)
        self._glances.forget(project, path)
        if PROJECT in handle.details:
            return self._checks.check(to, handle, path, remote, sent)
        return self._checks.of_record(to, self._tree.file(project, path), sent)

    def abort(self, to: Location, handle: Handle) -> None:
        self._uploads.abort(handle)

    def find(self, at: Location) -> RemoteFile | None:
        """What was begun and never finished, or is being deleted, is not there."""
        try:
            project = self._project(at)
        except errors.ContainerGone:
            return None
        if not at.path:
            return RemoteFile(at, Kind.PROJECT, id=project.id)
        path = checked_path(at.path)
        if at.is_folder_marker:
            folder = self._tree.folder(project, path)
            return remote_of(folder, at, marker=True) if folder else None
        record = self._glances.file(project, path)
        return remote_of(record, at) if record and record.is_taken else None

    def parts(self, to: Location, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        return self._uploads.parts(handle, known)

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        if not folder.container:
            return Page(self._projects.listed(folder.account))
        project = self._project(folder)
        path = checked_path(folder.path) if folder.path else ""
        if recursive:
            return self._everything(folder, project, path, cursor)
        found, more = self._tree.level(project, path, cursor)
        return Page([remote_of(record, folder) for record in found], more or None)

    def prepare(self, remotes: Sequence[RemoteFile]) -> None:
        containers = sorted({remote.location.container for remote in remotes})
        for container in containers:
            ids = [one.id for one in remotes if one.id and one.location.container == container]
            self._fetching.prepare(self._projects.named(container), ids)

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        data = remote.id or self._found(remote.location).id
        url = self._fetching.address(self._project(remote.location), data)
        return self._fetching.request(url, remote, part)

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        return self._fetching.receipt(remote.id, remote, part, reply)

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        return ica_proof.fetched(remote, received)

    def make_folder(self, folder: Location) -> None:
        self._tree.make_folder(*self._place(folder))

    def delete(self, at: Location) -> None:
        """A folder only when nothing is in it: ICA itself would take everything below along."""
        project, path = self._place(at)
        if at.is_folder_marker:
            record = self._tree.folder(project, path)
            self._expect_empty(project, path)
        else:
            record = self._tree.file(project, path)
        if record is None:
            raise errors.RemoteMissing(str(at))
        if record.is_linked(project.id):
            raise errors.NotAllowed("linked from another project: it can be unlinked, not deleted")
        self._api.call("POST", f"{data_path(project)}/{record.id}:delete")
        self._tree.forget_folder(project, path)
        self._glances.forget(project, path)

    def link(self, at: Location, hours: float) -> str:
        """ICA alone decides how long an address lasts; Unavailable when that is too short."""
        record = self._found(at)
        address = self._fetching.fresh(self._project(at), record.id)
        lasts = address.ends_at - address.minted_at
        if not 0 < hours * 3600 <= lasts:
            raise errors.Unavailable(f"links last {lasts / 3600:g} hours here")
        return address.url.reveal()

    def page_of(self, at: Location) -> str:
        """ICA shows folders by address, not files: for a file it is the folder that it is in."""
        project = self._project(at)
        base = f"{self._api.base.rpartition('/rest')[0]}/link/project/{project.id}"
        folder = at if at.is_folder_marker else at.parent
        record = self._tree.folder(project, checked_path(folder.path)) if folder.path else None
        return f"{base}/data/{record.id}" if record else base

    def test(self) -> Sequence[AccountTest]:
        return self._trial.lines()

    def who(self) -> Who:
        return self._trial.who()

    def _project(self, at: Location) -> Project:
        return self._projects.named(at.container)

    def _place(self, at: Location) -> tuple[Project, str]:
        path = checked_path(at.path)
        return self._project(at), path

    def _found(self, at: Location) -> Record:
        project, path = self._place(at)
        record = self._tree.file(project, path)
        if record is None or not record.is_taken:
            raise errors.RemoteMissing(str(at))
        return record

    def _expect_empty(self, project: Project, path: str) -> None:
        cursor: str | None = None
        while cursor is None or cursor:
            found, cursor = self._tree.level(project, path, cursor)
            if any(record.is_taken for record in found):
                raise errors.Refused("the folder is not empty")

    def _everything(
        self, folder: Location, project: Project, path: str, cursor: str | None
    ) -> Page:
        found = self._crawls.page(project, path, cursor)
        files = [remote_of(record, folder) for record in found.files]
        markers = [remote_of(record, folder, marker=True) for record in found.empty_folders]
        return Page(files + markers, found.cursor)
