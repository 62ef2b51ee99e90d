"""One Codex: samples in projects.

A file becomes a sample, two reads one sample. Files of up to 1 GiB go in one piece, which costs few
calls; larger ones in parts. The service replaces nothing and tells no checksum of a sample, so a
delivery is proven by the checksums of its parts as its storage told them, by the size, and by the
service having taken the sample in.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import Digest, Handle, Limits, Part, PartRequest, Receipt, Reply
from pipette.model.transfer import IfExists
from pipette.providers.memory import EndpointMemory
from pipette.providers.onecodex_api import Calls
from pipette.providers.onecodex_downloads import Fetching, verify
from pipette.providers.onecodex_labels import PAIRS, Labels
from pipette.providers.onecodex_names import expect_sendable, paired_reads
from pipette.providers.onecodex_opening import Opening, Order, Sizes
from pipette.providers.onecodex_places import Places
from pipette.providers.onecodex_samples import id_of
from pipette.providers.onecodex_storage import (
    LARGEST_FILE,
    LARGEST_PART,
    MOST_PARTS,
    PART_STEP,
    Storages,
)
from pipette.providers.onecodex_trial import try_out
from pipette.providers.onecodex_uploads import Uploads
from pipette.providers.onecodex_watch import Watch, verdict
from pipette.providers.protocol import AccountTest, Features, Mate, NotYet, Page, Sent, Verdict, Who
from pipette.providers.s3_client import clients_for

LIMITS = Limits(
    largest_file=LARGEST_FILE,
    most_parts=MOST_PARTS,
    smallest_part=PART_STEP,
    largest_part=LARGEST_PART,
    preferred_part=PART_STEP,
    whole=0,
)
FEATURES = Features(
    rules=frozenset({IfExists.SKIP, IfExists.KEEP_BOTH}),
    files_outside=True,
    one_piece=Sizes().by_form,
    parts_outlive_us=False,
    real_folders=True,
    folder_levels=0,
)
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_S3"


class OneCodex:
    """One account at One Codex. Any thread; makes no request before it is asked something."""

    def __init__(
        self,
        account: Account,
        secret: Secret,
        network: Network,
        memory: EndpointMemory,
        clock: Callable[[], float] = time.time,
        ticking: Callable[[], float] = time.monotonic,
        sizes: Sizes | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """``ticking`` counts calls a second; ``sizes`` decide the way a file goes."""
        self._account = account
        self._clock = clock
        self._calls = Calls(account, secret, network, ticking)
        self._places = Places(self._calls)
        self._watch = Watch(self._calls, clock)
        self._fetching = Fetching(self._calls, self._id_of, clock)
        endpoint = environment.get(ENDPOINT_VARIABLE, "")
        storages = Storages(account.name, endpoint, clients_for(network), clock)
        sizes = sizes or Sizes()
        opening = Opening(self._calls, lambda: Labels.of(account), clock, sizes)
        self._uploads = Uploads(self._calls, opening, storages, clock, sizes)

    @property
    def limits(self) -> Limits:
        return LIMITS

    @property
    def features(self) -> Features:
        return FEATURES

    def open(
        self, source: SourceFile, to: Location, key: str, *, may_replace: bool, again: bool = False
    ) -> Handle:
        expect_sendable(source, to, LARGEST_FILE)
        order = Order(to, source.size, key, self._places.target(to))
        return self._uploads.open(order, again=again)

    def part_request(
        self, to: Location, handle: Handle, part: Part, digest: Digest | None
    ) -> PartRequest:
        return self._uploads.request(handle, part)

    def receipt(self, handle: Handle, part: Part, reply: Reply) -> Receipt:
        return self._uploads.receipt(handle, part, reply)

    def close(
        self, to: Location, handle: Handle, receipts: Sequence[Receipt], size: int
    ) -> RemoteFile:
        return self._uploads.close(to, handle, receipts, size)

    def check(self, to: Location, handle: Handle, remote: RemoteFile | None, sent: Sent) -> Verdict:
        early = self._uploads.pending(handle)
        if early is not None:
            return early
        sample = self._watch.see(handle)
        waited = self._watch.waited(handle)
        told = verdict(to, handle, remote, sample, sent, waited)
        if not isinstance(told, NotYet):
            self._watch.forget(handle)
            self._uploads.forget(handle)
        return told

    def abort(self, to: Location, handle: Handle) -> None:
        self._uploads.abort(handle)

    def find(self, at: Location) -> RemoteFile | None:
        return self._places.find(at)

    def parts(self, to: Location, handle: Handle, known: Sequence[Receipt]) -> Sequence[Receipt]:
        return self._uploads.parts(handle, known)

    def list(self, folder: Location, cursor: str | None = None, *, recursive: bool = False) -> Page:
        return self._places.list(folder, cursor, recursive=recursive)

    def range_request(self, remote: RemoteFile, part: Part) -> PartRequest:
        return self._fetching.request(remote, part)

    def range_receipt(self, remote: RemoteFile, part: Part, reply: Reply) -> RemoteFile:
        return self._fetching.receipt(remote, part, reply)

    def verify(self, remote: RemoteFile, received: Sent) -> Verdict:
        return verify(remote, received)

    def make_folder(self, folder: Location) -> None:
        """Folders come with the first file in them and stand nowhere before."""
        self._places.target(folder)

    def delete(self, at: Location) -> None:
        """A folder goes with the last file in it."""
        if at.is_folder_marker:
            return
        sample = self._id_of(at)
        if sample is None:
            raise errors.RemoteMissing(str(at))
        self._calls.delete(sample)

    def link(self, at: Location, hours: float) -> str:
        return self._fetching.link(at, hours)

    def pairs(self, names: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Paired reads: the service wants the second file before the first."""
        apart = dict(self._account.extra).get(PAIRS) == "no"
        return () if apart else paired_reads(names)

    def open_paired(
        self, source: SourceFile, to: Location, key: str, mate: Mate, *, again: bool = False
    ) -> Handle:
        expect_sendable(source, to, LARGEST_FILE)
        if mate.leads and mate.handle is not None:
            return self._uploads.join(mate.handle, to, source.size)
        first = mate.location
        expect_sendable(SourceFile("", mate.size, 0), first, LARGEST_FILE)
        project = self._places.target(to)
        order = Order(first, mate.size, key, project, second=to, second_size=source.size)
        return self._uploads.open(order, again=again)

    def test(self) -> Sequence[AccountTest]:
        return try_out(self._calls, self._account, self._clock)

    def who(self) -> Who:
        data = self._calls.account().data
        told = data if isinstance(data, dict) else {}
        email = str(told.get("email") or "")
        return Who(id_of(told.get("user")) or email, email)

    def _id_of(self, at: Location) -> str | None:
        sample = self._places.sample(at)
        return sample.id if sample else None
