"""The other side: our draining sink, and real servers that a client can be held to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.session import Session
from tests.fakes import radosgw, rclone

from benchmarks.work import BUCKET, Files

CERTIFICATES = Path(__file__).resolve().parents[1] / "tests" / "fakes" / "certs"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server with the bucket ``bench``. ``ca`` is "" for plain http."""

    url: str
    access: str
    secret: str
    process: int | None = None
    ca: str = ""

    def arrived(self, prefix: str) -> tuple[int, int]:
        """Number and size of what lies below."""
        pages = self._client().get_paginator("list_objects_v2")
        sizes = [
            row["Size"]
            for page in pages.paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
            for row in page.get("Contents", [])
        ]
        return len(sizes), sum(sizes)

    def put(self, files: Files) -> None:
        """Have the files there, for downloads."""
        client = self._client()
        for path in sorted(files.folder.iterdir()):
            with path.open("rb") as body:
                client.put_object(Bucket=BUCKET, Key=f"{files.work.name}/{path.name}", Body=body)

    def remove(self, prefix: str) -> None:
        client = self._client()
        pages = client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=BUCKET, Prefix=f"{prefix}/"):
            rows = [{"Key": row["Key"]} for row in page.get("Contents", [])]
            if rows:
                client.delete_objects(Bucket=BUCKET, Delete={"Objects": rows})

    def make_bucket(self) -> None:
        self._client().create_bucket(Bucket=BUCKET)

    def _client(self) -> Any:
        return Session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            verify=self.ca or None,
            aws_access_key_id=self.access,
            aws_secret_access_key=self.secret,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )


@dataclass(frozen=True, slots=True)
class Sink:
    """How to start the sink. It forgets what is sent to it, so nothing need be removed."""

    program: Path
    tls: bool = False
    md5_only: bool = False
    address: str = "127.0.0.1"
    prefix: Sequence[str] = field(default_factory=tuple)
    """Words in front of the command, to run it elsewhere on the network."""

    @contextmanager
    def serve(self, files: Files) -> Iterator[Server]:
        command = [*self.prefix, str(self.program), "--address", self.address]
        command += ["--files", str(files.manifest), str(files.folder.parent)]
        if self.tls:
            command += ["--tls", str(CERTIFICATES / "server.pem"), str(CERTIFICATES / "server.key")]
        if self.md5_only:
            command += ["--md5-only"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                port = int(process.stdout.readline())
                scheme = "https" if self.tls else "http"
                ca = str(CERTIFICATES / "ca.pem") if self.tls else ""
                url = f"{scheme}://{self.address}:{port}"
                yield Server(url, "AKIATEST", "SKSKSKSK", process.pid, ca)
            finally:
                process.terminate()


@contextmanager
def rclone_server(folder: Path) -> Iterator[Server]:
    """``rclone serve s3`` over a folder."""
    (folder / BUCKET).mkdir(parents=True)
    with rclone.serve_s3(folder) as running:
        yield Server(running.url, running.access, running.secret)


@contextmanager
def radosgw_server(folder: Path) -> Iterator[Server]:
    """A one-node Ceph in memory. Its packages must be installed."""
    with radosgw.serve_s3(folder) as running:
        server = Server(running.url, running.access, running.secret, running.process)
        server.make_bucket()
        yield server
