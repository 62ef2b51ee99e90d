"""S3 joins the contract suite, once for each server that speaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session
from tests.contract.front import Answer
from tests.contract.joined import Faults, Joined, Lacks, Place
from tests.fakes import rclone

from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location
from pipette.practice.manners import LIKE_RADOSGW, STRICT, Manners
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.providers.memory import MemoryInProcess
from pipette.providers.s3 import S3

BUCKET = "lab-data"
FOLDER = Location("lab", BUCKET, "runs")


def error(status: int, code: str, *headers: tuple[str, str]) -> Answer:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said so</Message></Error>"
    return Answer(status, body.encode(), headers)


S3_FAULTS = Faults(
    slow_down=error(503, "SlowDown", ("Retry-After", "7")),
    broken=error(500, "InternalError"),
    expired=error(400, "ExpiredToken"),
)


def s3_at(url: str, secret: str) -> S3:
    account = Account("lab", "s3", url, "us-east-1", container=BUCKET)
    return S3(account, Secret(secret), Network(), MemoryInProcess())


def plain_client(url: str, access: str, secret: str) -> Any:
    """botocore as it comes, to look behind the provider's back."""
    return Session().create_client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


@dataclass(slots=True)
class S3Place:
    """A running S3 server, seen through botocore."""

    url: str
    client: Any

    def read(self, at: Location) -> bytes | None:
        try:
            answer = self.client.get_object(Bucket=at.container, Key=at.path)
        except ClientError as missing:
            if missing.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        with answer["Body"] as body:
            content: bytes = body.read()
        return content

    def write(self, at: Location, content: bytes) -> None:
        self.client.put_object(
            Bucket=at.container, Key=at.path, Body=content, ChecksumAlgorithm="CRC64NVME"
        )

    def unfinished(self, below: Location) -> int:
        try:
            answer = self.client.list_multipart_uploads(Bucket=below.container)
        except self.client.exceptions.NoSuchUpload:  # so rclone says that there is none
            return 0
        keys = [row["Key"] for row in answer.get("Uploads", [])]
        return len([key for key in keys if key.startswith(below.path)])


@contextmanager
def rclone_place(folder: Path) -> Iterator[S3Place]:
    (folder / BUCKET).mkdir(parents=True)
    with rclone.serve_s3(folder) as server:
        yield S3Place(server.url, plain_client(server.url, server.access, server.secret))


def s3_joined(
    name: str,
    start: Callable[[Path], AbstractContextManager[Place]],
    secret: str,
    lacks: frozenset[Lacks] = frozenset(),
) -> Joined:
    return Joined(
        name=name,
        start=start,
        provider=lambda url: s3_at(url, secret),
        stranger=lambda url: s3_at(url, f"{secret.partition(':')[0]}:wrong-secret"),
        folder=FOLDER,
        faults=S3_FAULTS,
        lacks=lacks,
    )


def strict_place(manners: Manners) -> Callable[[Path], AbstractContextManager[Place]]:
    """Our own S3 server, which refuses what AWS refuses, with the gaps that others have."""

    @contextmanager
    def start(folder: Path) -> Iterator[S3Place]:
        with S3Server(folder, manners=manners) as server:
            server.create_bucket(BUCKET)
            client = plain_client(server.url, PRACTICE_KEY.id, PRACTICE_KEY.secret)
            yield S3Place(server.url, client)

    return start


_PRACTICE = f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}"

S3_JOINED = (
    s3_joined(
        "s3-on-rclone",
        rclone_place,
        f"{rclone.ACCESS}:{rclone.SECRET}",
        frozenset({Lacks.REFUSING_TO_REPLACE, Lacks.PART_CHECK_SURVIVES}),
    ),
    s3_joined("s3-strict", strict_place(STRICT), _PRACTICE),
    s3_joined("s3-without-trailers", strict_place(Manners(takes_trailers=False)), _PRACTICE),
    s3_joined("s3-like-radosgw", strict_place(LIKE_RADOSGW), _PRACTICE),
    s3_joined("s3-with-kms", strict_place(Manners(kms=True)), _PRACTICE),
)
