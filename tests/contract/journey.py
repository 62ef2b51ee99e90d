"""Sends and fetches files through a provider step by step, as the engine does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from awscrt.checksums import combine_crc64nvme
from tests.contract.mover import digest_for, fetch, send

from pipette.model.files import Location, RemoteFile, SourceFile
from pipette.model.parts import Handle, Part, Receipt, count_parts, part_at
from pipette.providers.protocol import Downloads, Provider, Sent, Verdict


@dataclass(slots=True)
class Upload:
    """One file on its way."""

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
        meant = self.data[part.offset : part.offset + part.length]
        going = bytes([meant[0] ^ 1]) + meant[1:] if damaged else meant
        digest = digest_for(self.handle, meant)
        request = self.provider.part_request(self.to, self.handle, part, digest)
        return self.provider.receipt(self.handle, part, send(request, going, meant))

    def send_all(self) -> list[Receipt]:
        return [self.send(part) for part in self.parts()]

    def close(self, receipts: Sequence[Receipt]) -> RemoteFile:
        return self.provider.close(self.to, self.handle, receipts, len(self.data))

    def check(self, remote: RemoteFile | None, receipts: Sequence[Receipt]) -> Verdict:
        return self.provider.check(self.to, self.handle, remote, sent_of(self.data, receipts))

    def through(self) -> Verdict:
        """From opening to the last check."""
        self.open()
        receipts = self.send_all()
        return self.check(self.close(receipts), receipts)


def sent_of(data: bytes, receipts: Sequence[Receipt]) -> Sent:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return Sent(len(data), receipts, md5, _whole_crc(receipts))


def _whole_crc(receipts: Sequence[Receipt]) -> int | None:
    whole = 0
    for receipt in receipts:
        if receipt.crc64nvme is None:
            return None
        whole = combine_crc64nvme(whole, receipt.crc64nvme, receipt.length)
    return whole


def download(provider: Provider, remote: RemoteFile, part_size: int) -> tuple[bytes, Verdict]:
    """Fetch in ranges and verify."""
    assert isinstance(provider, Downloads)
    size = remote.size or 0
    pieces = []
    receipts = []
    for number in range(1, count_parts(size, part_size) + 1):
        part = part_at(number, size, part_size)
        reply, content = fetch(provider.range_request(remote, part))
        remote = provider.range_receipt(remote, part, reply)
        pieces.append(content)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        receipts.append(Receipt(number, len(content), md5=md5))
    data = b"".join(pieces)
    return data, provider.verify(remote, replace(sent_of(data, receipts), crc64nvme=None))
