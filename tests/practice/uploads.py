"""An upload in the hands of the official client, and what its parts should add up to."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

from awscrt import checksums

from pipette.practice.manners import KiB, Manners

SMALL_PARTS = Manners(smallest_part=64 * KiB)
ONE, TWO = (random.Random(seed).randbytes(96 * KiB) for seed in (1, 2))
LAST = b"the end"
UNCHECKED = {"request_checksum_calculation": "when_required"}


def crc(data: bytes) -> str:
    return base64.b64encode(checksums.crc64nvme(data).to_bytes(8, "big")).decode()


def multipart_etag(*parts: bytes) -> str:
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(parts)}"'


@dataclass
class Upload:
    """An open upload, and what was said of its parts."""

    s3: Any
    key: str = "a"
    how: dict[str, Any] = field(default_factory=dict)
    sent: dict[int, dict[str, Any]] = field(default_factory=dict)
    id: str = ""

    def __post_init__(self) -> None:
        answer = self.s3.create_multipart_upload(Bucket="lab", Key=self.key, **self.how)
        self.id = answer["UploadId"]

    @property
    def which(self) -> dict[str, str]:
        return {"Bucket": "lab", "Key": self.key, "UploadId": self.id}

    def send(self, number: int, data: bytes, **how: Any) -> dict[str, Any]:
        algorithm = {name: self.how[name] for name in ("ChecksumAlgorithm",) if name in self.how}
        how = algorithm | how
        answer = self.s3.upload_part(**self.which, PartNumber=number, Body=data, **how)
        named = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        self.sent[number] = {"PartNumber": number, "ETag": answer["ETag"]} | named
        return dict(answer)

    def complete(self, *numbers: int, **how: Any) -> dict[str, Any]:
        parts = [self.sent[number] for number in numbers or sorted(self.sent)]
        return self.complete_with(parts, **how)

    def complete_with(self, parts: list[dict[str, Any]], **how: Any) -> dict[str, Any]:
        named = {"Parts": parts}
        return dict(self.s3.complete_multipart_upload(**self.which, MultipartUpload=named, **how))
