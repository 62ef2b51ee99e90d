"""The services the tests know, as a process of their own shows them to a client that is measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.fakes import basespace as bs
from tests.fakes import ica
from tests.fakes import onecodex as oc
from tests.fakes import sevenbridges as sb
from tests.fakes.ica_shelf import BUCKET as ICA_BUCKET
from tests.fakes.sevenbridges_state import Manners as SevenBridgesManners

from pipette.practice.manners import LIKE_RADOSGW
from pipette.practice.server import PRACTICE_KEY, S3Server

S3 = "s3"
PROJECT = "Oncology 2026"
_BUCKET = "reads"
_S3_ENDPOINT = "AWS_ENDPOINT_URL_S3"
_NO_LIMIT = 1_000_000_000
_STORED_AT_SEVEN_BRIDGES = ("put", "get")
_ID = re.compile(r"\d+|(fil|fol)\.[0-9a-f]+|up-[0-9a-f]+|[0-9a-f-]{16,}")

Calls = Counter[str]
Arrived = tuple[int, int]
"""Number and bytes of the files that are whole."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service with one person and one place to send to."""

    kind: str
    """As in ``pipette account add``."""
    url: str
    key: str
    container: str
    api: Callable[[], Calls]
    """Requests that the platform itself got, by method and path without ids."""
    storage: Callable[[], Calls]
    arrived: Callable[[], Arrived]
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def s3(folder: Path) -> Iterator[Service]:
    """Checks MD5 and knows no other checksum: so do the platforms, or we cannot tell that they do."""
    with S3Server(folder, manners=LIKE_RADOSGW) as server:
        server.create_bucket(_BUCKET)
        key = f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}"
        yield Service(
            "s3",
            server.url,
            key,
            _BUCKET,
            api=Counter,
            storage=lambda: _operations(server),
            arrived=lambda: _objects(server, _BUCKET),
        )


@contextmanager
def illumina_ica(folder: Path) -> Iterator[Service]:
    with ica.ica_server(folder) as server:
        (user,) = server.shelf.users.values()
        server.shelf.add_project(PROJECT, user)
        yield Service(
            "ica",
            server.url,
            ica.KEY,
            PROJECT,
            api=lambda: Counter(_shape(one.method, one.path) for one in list(server.door.seen)),
            storage=lambda: _operations(server.storage),
            arrived=lambda: _objects(server.storage, ICA_BUCKET),
            environment={_S3_ENDPOINT: server.storage.url},
        )


@contextmanager
def basespace(folder: Path) -> Iterator[Service]:
    with bs.basespace(folder) as server:
        server.world.add_project(PROJECT)

        def calls(*, to_storage: bool) -> Calls:
            return Counter(
                _shape(one.method, one.target)
                for one in server.script.seen()
                if one.route.startswith("storage.") == to_storage
            )

        def arrived() -> Arrived:
            whole = [file for file in server.world.files.values() if file.status == "complete"]
            return len(whole), sum(file.size for file in whole)

        yield Service(
            "basespace",
            server.url,
            bs.TOKEN,
            PROJECT,
            api=partial(calls, to_storage=False),
            storage=partial(calls, to_storage=True),
            arrived=arrived,
        )


@contextmanager
def seven_bridges(folder: Path) -> Iterator[Service]:
    """Takes the part size that is wished for. In memory: nothing goes into the folder."""
    with sb.SevenBridgesServer(SevenBridgesManners(calls=_NO_LIMIT)) as server:

        def calls(*, to_storage: bool) -> Calls:
            return Counter(
                _shape(one.method, one.path)
                for one in server.script.entries()
                if (one.operation in _STORED_AT_SEVEN_BRIDGES) == to_storage
            )

        def arrived() -> Arrived:
            files = [node for node in server.state.nodes.values() if not node.is_folder]
            return len(files), sum(file.size for file in files)

        yield Service(
            "sevenbridges",
            server.url,
            sb.TOKEN,
            sb.PROJECT,
            api=partial(calls, to_storage=False),
            storage=partial(calls, to_storage=True),
            arrived=arrived,
        )


@contextmanager
def one_codex(folder: Path) -> Iterator[Service]:
    with oc.OneCodexServer(folder) as server:

        def storage() -> Calls:
            forms = Counter(_shape(one.method, one.path) for one in list(server.storage_log))
            return forms + _operations(server.s3)

        def arrived() -> Arrived:
            size_of = server.calls.openings.size
            sizes = [size_of(one, file) or 0 for one in server.samples() for file in one.files]
            return len(sizes), sum(sizes)

        yield Service(
            "onecodex",
            server.url,
            oc.KEY,
            "Lab",
            api=lambda: Counter(_shape(one.method, one.path) for one in list(server.log)),
            storage=storage,
            arrived=arrived,
            environment={_S3_ENDPOINT: server.s3_url},
        )


Start = Callable[[Path], AbstractContextManager[Service]]
SERVICES: dict[str, Start] = {
    S3: s3,
    "ica": illumina_ica,
    "basespace": basespace,
    "sevenbridges": seven_bridges,
    "onecodex": one_codex,
}


def _operations(server: S3Server) -> Calls:
    return Counter(entry.operation for entry in server.log.entries())


def _objects(server: S3Server, bucket: str) -> Arrived:
    stored = [server.stored(bucket, key) for key in server.keys(bucket)]
    sizes = [one.size for one in stored if one is not None]
    return len(sizes), sum(sizes)


def _shape(method: str, target: str) -> str:
    """``GET /files/{}/parts`` for every file; of a query only what decides what is done."""
    path, _, query = target.partition("?")
    flags = [one for one in query.split("&") if one.startswith(("uploadstatus=", "multipart="))]
    shaped = "/".join(_without_id(segment) for segment in path.split("/"))
    return f"{method} {shaped}{'?' if flags else ''}{'&'.join(flags)}"


def _without_id(segment: str) -> str:
    """ICA has a verb behind the id: ``fil.0123:createUploadUrl``."""
    id, colon, verb = segment.partition(":")
    return f"{{}}{colon}{verb}" if _ID.fullmatch(id) else segment
