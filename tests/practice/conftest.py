from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.practice.raw import Raw, ShiftedClock

from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.practice.signing import KeyPair

BUCKET = "lab"

Connect = Callable[..., Any]
Serve = Callable[..., S3Server]


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """Loading the description of S3 takes long; clients made from one session share it."""
    return boto3.Session()


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def serve(tmp_path: Path, clock: ShiftedClock) -> Iterator[Serve]:
    """Start a server with an empty bucket ``lab``; it goes on from where one before it stopped."""
    servers: list[S3Server] = []

    def start(**settings: Any) -> S3Server:
        server = S3Server(tmp_path / "place", clock=clock, **settings)
        server.start()
        servers.append(server)
        if BUCKET not in server.buckets():
            server.create_bucket(BUCKET)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(serve: Serve) -> S3Server:
    return serve()


@pytest.fixture
def connect(session: boto3.Session) -> Iterator[Connect]:
    """The official client, as it comes, for a server."""
    clients: list[Any] = []

    def client(
        server: S3Server,
        key: KeyPair = PRACTICE_KEY,
        *,
        url: str | None = None,
        region: str = "us-east-1",
        attempts: int = 1,
        **more: Any,
    ) -> Any:
        config = {"s3": {"addressing_style": "path"}, "retries": {"total_max_attempts": attempts}}
        made = session.client(
            "s3",
            endpoint_url=url or server.url,
            region_name=region,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            aws_session_token=key.session_token,
            config=Config(**(config | more.pop("config", {}))),
            **more,
        )
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.close()


@pytest.fixture
def s3(server: S3Server, connect: Connect) -> Any:
    return connect(server)


@pytest.fixture
def raw(server: S3Server) -> Iterator[Raw]:
    with Raw(server) as connection:
        yield connection
