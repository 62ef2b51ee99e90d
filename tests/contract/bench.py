"""One test's set-up, and files sent and fetched on it step by step, as the engine does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from awscrt.checksums import crc64nvme
from tests.contract.front import Damage, Front
from tests.contract.joined import Joined, Lacks, Place
from tests.contract.mover import Mover, digest_for

from pipette.model.files import Kind, Location, RemoteFile, SourceFile
from pipette.model.parts import Handle, Part, Proof, Receipt, Reply, count_parts, part_at
from pipette.providers.protocol import Downloads, MakesFolders, Provider, Sent, Stored, Verdict


@dataclass(slots=True)
class Upload:
    """One file on its way."""

    bench: Bench
    provider: Provider
    to: Location
    data: bytes
    may_replace: bool = True
    handle: Handle = field(default_factory=lambda: Handle(1))

    def open(self, *, again: bool = False) -> Upload:
        source = SourceFile("/made/up", len(self.data), 0)
        self.handle = self.provider.open(
            source, self.to, "key-of-this-opening", may_replace=self.may_replace, again=again
        )
        return self

    def parts(self) -> list[Part]:
        size = self.handle.part_size
        count = count_parts(len(self.data), size)
        return [part_at(number, len(self.data), size) for number in range(1, count + 1)]

    def send(self, part: Part, *, damaged: bool = False) -> Receipt:
        """``damaged``: one bit of it turns over on the way."""
        data = self.data[part.offset : part.offset + part.length]
        request = self.provider.part_request(
            self.to, self.handle, part, digest_for(self.handle, data)
        )
        if damaged:
            self.bench.front.fail(Damage(), lambda seen: seen.method == request.method)
        return self.provider.receipt(self.handle, part, self.bench.mover.send(request, data))

    def send_all(self) -> list[Receipt]:
        return [self.send(part) for part in self.parts()]

    def close(self, receipts: Sequence[Receipt]) -> RemoteFile:
        return self.provider.close(self.to, self.handle, receipts, len(self.data))

    def check(self, remote: RemoteFile | None, receipts: Sequence[Receipt]) -> Verdict:
        return self.provider.check(self.to, self.handle, remote, sent_of(self.data, receipts))

    def abort(self) -> None:
        self.provider.abort(self.to, self.handle)

    def through(self) -> Verdict:
        """From opening to the last check."""
        if self.to.is_folder_marker and self.provider.features.real_folders:
            return self.made()
        self.open()
        receipts = self.send_all()
        return self.check(self.close(receipts), receipts)

    def made(self) -> Verdict:
        assert isinstance(self.provider, MakesFolders)
        self.provider.make_folder(replace(self.to, path=self.to.path.rstrip("/")))
        return Stored(RemoteFile(self.to, Kind.FOLDER), Proof.WHOLE_FILE)


@dataclass(frozen=True, slots=True)
class Bench:
    """A fake, a door in front of it, and a provider that goes through it."""

    joined: Joined
    place: Place
    front: Front
    mover: Mover
    provider: Provider

    def at(self, name: str) -> Location:
        return self.joined.folder.child(self.joined.named(name))

    def folder(self, name: str) -> Location:
        """A folder marker."""
        place = self.at(name)
        return replace(place, path=f"{place.path}/")

    def upload(self, to: Location, data: bytes, *, may_replace: bool = True) -> Upload:
        return Upload(self, self.provider, to, data, may_replace)

    def fail(self, fault: str) -> None:
        """The next call meets this fault of the service, until whoever asks must hear of it."""
        for _ in range(self.joined.expired_times if fault == "expired" else 1):
            self.front.fail(getattr(self.joined.faults, fault))

    def lacks(self, what: Lacks) -> bool:
        return what in self.joined.lacks

    def unfinished(self) -> int:
        """Uploads that this test left open."""
        return self.place.unfinished(self.joined.folder)

    def stranger(self) -> Provider:
        """The provider with a wrong key."""
        return self.joined.stranger(self.front.url)

    def fetch(self, remote: RemoteFile, part: Part) -> tuple[RemoteFile, bytes]:
        """One range, and what is known of the file after its answer."""
        provider = self.provider
        assert isinstance(provider, Downloads)
        known = [remote]

        def accept(reply: Reply) -> None:
            known.append(provider.range_receipt(remote, part, reply))

        content = self.mover.fetch(provider.range_request(remote, part), part, accept)
        return known[-1], content

    def download(self, remote: RemoteFile, part_size: int) -> tuple[bytes, Verdict]:
        """Fetch in ranges and verify."""
        assert isinstance(self.provider, Downloads)
        size = remote.size or 0
        pieces = []
        receipts = []
        for number in range(1, count_parts(size, part_size) + 1):
            part = part_at(number, size, part_size)
            remote, content = self.fetch(remote, part)
            pieces.append(content)
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            receipts.append(Receipt(number, len(content), md5=md5))
        data = b"".join(pieces)
        return data, self.provider.verify(remote, sent_of(data, receipts))


def sent_of(data: bytes, receipts: Sequence[Receipt]) -> Sent:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return Sent(len(data), receipts, md5, crc64nvme(data))
