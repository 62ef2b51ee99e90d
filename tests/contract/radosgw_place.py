"""Ceph's own gateway joins the contract suite; it takes long to start, so it is marked slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.joined import Lacks
from tests.contract.s3_places import BUCKET, S3Place, plain_client, s3_joined
from tests.fakes import radosgw


@contextmanager
def radosgw_place(folder: Path) -> Iterator[S3Place]:
    with radosgw.serve_s3(folder) as server:
        client = plain_client(server.url, server.access, server.secret)
        client.create_bucket(Bucket=BUCKET)
        yield S3Place(server.url, client)


RADOSGW_JOINED = s3_joined(
    "s3-on-radosgw",
    radosgw_place,
    f"{radosgw.ACCESS}:{radosgw.SECRET}",
    frozenset(
        {
            Lacks.REFUSING_TO_REPLACE_WHEN_CLOSING,
            Lacks.REFUSING_TO_CLOSE_AGAIN,
            Lacks.PART_SIZES,
        }
    ),
)
