"""The strict platform proven by the official Python client, unchanged, and both against Pipette."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sevenbridges
from sevenbridges.errors import (
    Conflict,
    NonJSONResponseError,
    ResourceNotModified,
    TooManyRequests,
    Unauthorized,
)
from sevenbridges.http.error_handlers import rate_limit_sleeper
from sevenbridges.models.enums import TransferState
from tests.contract.bench import Bench
from tests.contract.front import front_of
from tests.contract.mover import mover_in
from tests.contract.sevenbridges_places import (
    FOLDER,
    SEVENBRIDGES_JOINED,
    SevenBridgesPlace,
    provider_at,
)
from tests.fakes.sevenbridges import PROJECT, TOKEN, SevenBridgesServer
from tests.fakes.sevenbridges_wire import Alter, Reply, Say, without_header

from pipette.model.files import MiB
from pipette.providers.protocol import Stored

IN_THREAD = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@contextmanager
def client_of(
    server: SevenBridgesServer, token: str | None = TOKEN, **options: Any
) -> Iterator[Any]:
    api = sevenbridges.Api(url=server.url, token=token, debug=True, **options)
    try:
        yield api
    finally:
        api.session.close()
        api.upload_pool.shutdown()
        api.download_pool.shutdown()


@pytest.fixture
def server() -> Iterator[SevenBridgesServer]:
    with SevenBridgesServer() as running:
        yield running
        assert running.leaks == []


@pytest.fixture
def api(server: SevenBridgesServer) -> Iterator[Any]:
    with client_of(server) as client:
        yield client


def made(folder: Path, size: int, name: str = "reads.fastq.gz") -> Path:
    path = folder / name
    path.write_bytes(random.Random(size).randbytes(size))
    return path


def upload(api: Any, path: Path, **options: Any) -> Any:
    """As ``files.upload`` does it, but with the client's connections closed at the end."""
    options = {"project": PROJECT, **options} if "parent" not in options else options
    sent = api.files.upload(str(path), wait=False, **options)
    sent.start()
    sent.wait()
    sent.session.close()
    return sent


@pytest.mark.parametrize(
    ("size", "wish", "forced", "lengths"),
    [
        (0, 5 * MiB, None, [0]),
        (1, 5 * MiB, None, [1]),
        (12 * MiB, 5 * MiB, None, [5 * MiB, 5 * MiB, 2 * MiB]),
        (12 * MiB, 5 * MiB, 8 * MiB, [8 * MiB, 4 * MiB]),
        (10 * MiB + 1, 5 * MiB, None, [5 * MiB, 5 * MiB + 1, 0]),
    ],
    ids=["empty", "one byte", "as wished", "forced", "one byte over"],
)
def test_it_uploads_and_downloads(
    server: SevenBridgesServer,
    api: Any,
    tmp_path: Path,
    size: int,
    wish: int,
    forced: int | None,
    lengths: list[int],
) -> None:
    server.manners.part_size = forced
    path = made(tmp_path, size)
    sent = upload(api, path, part_size=wish)
    assert sent.status == TransferState.COMPLETED
    put = sorted((number, length) for _, number, length in server.state.parts_put)
    assert put == list(enumerate(lengths, 1))
    file = sent.result()
    assert (file.name, file.size) == (path.name, size)
    assert server.state.at_path(PROJECT, path.name).content == path.read_bytes()
    target = tmp_path / "back"
    if size:  # of an empty file the client leaves one under a name of its own
        fetched = file.download(str(target), wait=False)
        fetched.start()
        fetched.wait()
        fetched._session.close()
        assert target.read_bytes() == path.read_bytes()


def test_its_calls_are_those_that_are_known_of_it(
    server: SevenBridgesServer, api: Any, tmp_path: Path
) -> None:
    upload(api, made(tmp_path, 10))
    asked: list[tuple[str, str, Any]] = [
        (entry.operation, entry.method, entry.data) for entry in server.script.entries()
    ]
    init = {"name": "reads.fastq.gz", "size": 10, "part_size": 32 * MiB, "project": PROJECT}
    assert asked[0] == ("init", "POST", init)
    assert [row[0] for row in asked[1:]] == ["part-url", "put", "report", "complete"]
    assert asked[1][2] is None
    assert asked[3][2]["part_number"] == 1
    assert asked[4][2] is None


def test_it_finds_more_files_than_fit_a_page(server: SevenBridgesServer, api: Any) -> None:
    for number in range(120):
        server.state.write(PROJECT, f"{number:03}.txt", b"x")
    found = api.files.query(project=PROJECT, limit=50)
    assert (found.total, len(found)) == (120, 50)
    assert [file.name for file in found.all()] == [f"{number:03}.txt" for number in range(120)]
    only = api.files.query(project=PROJECT, names=["007.txt", "010.txt"])
    assert [file.name for file in only] == ["007.txt", "010.txt"]


def test_it_knows_who_it_is_and_what_it_sees(api: Any) -> None:
    assert api.users.me().username == "rfranklin"
    assert [project.id for project in api.projects.query()] == [PROJECT]
    assert api.projects.get(PROJECT).root_folder
    assert (api.limit, api.remaining) == (1000, 997)


def test_it_makes_folders_and_labels_and_deletes(
    server: SevenBridgesServer, api: Any, tmp_path: Path
) -> None:
    folder = api.files.create_folder("run_7", project=PROJECT)
    assert folder.is_folder()
    file = upload(api, made(tmp_path, 3), parent=folder.id).result()
    file.metadata = {"sample_id": "S12", "paired_end": "1"}
    file.tags = ["wgs"]
    file.name = "renamed.fq"
    file.save()
    node = server.state.at_path(PROJECT, "run_7/renamed.fq")
    assert node is not None
    assert (node.metadata, node.tags) == ({"sample_id": "S12", "paired_end": "1"}, ["wgs"])
    with pytest.raises(ResourceNotModified):
        api.files.get(file.id).save()
    [record] = api.files.bulk_get([file.id])
    assert record.resource.name == "renamed.fq"
    assert [one.name for one in folder.list_files()] == ["renamed.fq"]
    api.files.get(file.id).delete()
    assert folder.list_files() == []


def test_it_edits_and_deletes_many_at_once(server: SevenBridgesServer, api: Any) -> None:
    ids = [server.state.write(PROJECT, name, b"x").id for name in ("a", "b")]
    files = [api.files.get(one) for one in ids]
    for file in files:
        file.tags = ["both"]
    assert all(record.valid for record in api.files.bulk_edit(files))
    assert [server.state.nodes[one].tags for one in ids] == [["both"], ["both"]]
    gone, unknown = api.files.bulk_delete([ids[0], "0" * 24])
    assert (gone.valid, unknown.valid) == (True, False)
    assert unknown.error.code == 5002


def test_it_copies_and_moves_in_jobs(server: SevenBridgesServer, api: Any) -> None:
    file = server.state.write(PROJECT, "a", b"x")
    folder = server.state.make_path(PROJECT, "there")
    now = server.clock()
    server.state.clock = lambda: now
    job = api.async_jobs.file_bulk_copy([{"file": file.id, "parent": folder.id}])
    assert job.state == "SUBMITTED"
    server.state.clock = lambda: now + 2
    done = api.async_jobs.get_file_copy_job(job.id)
    assert (done.state, done.completed_files, done.failed_files) == ("FINISHED", 1, 0)
    assert server.state.at_path(PROJECT, "there/a") is not None


def test_it_imports_by_drs(server: SevenBridgesServer, api: Any) -> None:
    items = [
        {"drs_uri": "drs://dg.4503/one", "project": PROJECT, "metadata": {"cohort": 4}},
        {"drs_uri": "not one", "project": PROJECT},
    ]
    now = server.clock()
    server.state.clock = lambda: now
    job = api.drs_imports.bulk_submit(items, tags=["drs"])
    assert (job.state, job.result) == ("SUBMITTED", [])
    assert int(job.id) > 2**53
    server.state.clock = lambda: now + 60
    job.reload()
    assert job.state == "FINISHED"
    good, bad = job.result
    assert bad.error.code == 10246
    [found] = api.drs_imports.bulk_get(job.id).result_files
    assert (found.resource.id, found.resource.name) == (good.resource.id, "one")
    node = server.state.nodes[good.resource.id]
    assert (node.metadata, node.tags, node.storage) == ({"cohort": "4"}, ["drs"], "VOLUME")


@IN_THREAD
def test_a_name_that_is_taken_fails_unless_it_may_overwrite(
    server: SevenBridgesServer, api: Any, tmp_path: Path
) -> None:
    server.state.write(PROJECT, "reads.fastq.gz", b"first")
    path = made(tmp_path, 10)
    refused = upload(api, path)
    assert (refused.status, refused.result()) == (TransferState.FAILED, None)
    assert upload(api, path, overwrite=True).status == TransferState.COMPLETED
    [node] = [one for one in server.state.nodes.values() if one.name == path.name]
    assert node.content == path.read_bytes()


def test_a_name_that_is_taken_is_numbered_where_the_platform_does_so(
    server: SevenBridgesServer, api: Any, tmp_path: Path
) -> None:
    server.manners.renames = True
    server.state.write(PROJECT, "reads.fastq.gz", b"first")
    assert upload(api, made(tmp_path, 10)).result().name == "1_reads.fastq.gz"


@IN_THREAD
@pytest.mark.parametrize(
    "fault",
    [without_header("ETag"), Say(Reply(500, raw=b"")), Alter(lambda reply: Reply(503, raw=b""))],
    ids=["no ETag", "500", "a status it does not look at"],
)
def test_a_part_that_failed_cannot_be_passed_off_as_sent(
    server: SevenBridgesServer, api: Any, tmp_path: Path, fault: Any
) -> None:
    server.script.fail("put", fault)
    sent = upload(api, made(tmp_path, 10))
    assert sent.status != TransferState.COMPLETED
    assert server.state.at_path(PROJECT, "reads.fastq.gz") is None


def test_stopping_removes_the_upload(server: SevenBridgesServer, api: Any, tmp_path: Path) -> None:
    sent = api.files.upload(str(made(tmp_path, 12 * MiB)), PROJECT, part_size=5 * MiB, wait=False)
    sent.add_progress_callback(lambda progress: sent.pause() if sent.status == "RUNNING" else None)
    sent.start()
    while sent.status != TransferState.PAUSED:
        sent.join(0.01)
    sent._running.set()
    sent.stop()
    sent.session.close()
    assert server.state.uploads == {}


def test_a_wrong_token_is_unauthorized(server: SevenBridgesServer) -> None:
    with client_of(server, "f" * 32) as api, pytest.raises(Unauthorized) as refused:
        api.users.me()
    assert refused.value.code == 90001


def test_an_oauth_token_serves_too(server: SevenBridgesServer) -> None:
    with client_of(server, token=None, oauth_token=TOKEN) as api:
        assert api.users.me().username == "rfranklin"


def test_beyond_the_allowance_it_is_told_and_waits_if_it_is_to(
    server: SevenBridgesServer, api: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.manners.calls = 1
    now = time.time()
    server.clock = lambda: now
    api.users.me()
    with pytest.raises(TooManyRequests) as refused:
        api.users.me()
    assert refused.value.code == 1000
    server.clock = lambda: now + 300
    limited = Reply(429, {"code": 1000}, headers={"X-RateLimit-Reset": str(int(now))})
    server.script.fail("user", Say(limited))
    api.add_error_handler(rate_limit_sleeper)
    assert api.users.me().username == "rfranklin"
    assert caplog.text.count("Rate limit reached") == 1


def test_a_gateway_that_speaks_html_is_no_platform(server: SevenBridgesServer, api: Any) -> None:
    page = Reply(502, raw=b"<html>", headers={"Content-Type": "text/html"})
    server.script.fail("user", Say(page))
    with pytest.raises(NonJSONResponseError):
        api.users.me()


def test_a_folder_that_exists_is_a_conflict(api: Any) -> None:
    api.files.create_folder("run", project=PROJECT)
    with pytest.raises(Conflict) as refused:
        api.files.create_folder("run", project=PROJECT)
    assert refused.value.code == 5030


def test_what_pipette_sent_it_fetches_and_the_other_way_round(
    server: SevenBridgesServer, api: Any, tmp_path: Path
) -> None:
    moving = tmp_path / "moving"
    moving.mkdir()
    server.manners.part_size = 5 * MiB
    place = SevenBridgesPlace(server)
    with front_of(place.url) as front, mover_in(moving) as mover:
        bench = Bench(SEVENBRIDGES_JOINED[0], place, front, mover, provider_at(place.url))
        ours = made(tmp_path, 12 * MiB + 3, "ours")
        assert isinstance(bench.upload(bench.at("ours"), ours.read_bytes()).through(), Stored)
        node = server.state.at_path(PROJECT, f"{FOLDER.path}/ours")
        assert node is not None
        fetched = api.files.get(node.id).download(str(tmp_path / "back"), wait=False)
        fetched.start()
        fetched.wait()
        fetched._session.close()
        assert (tmp_path / "back").read_bytes() == ours.read_bytes()
        theirs = made(tmp_path, 12 * MiB + 5, "theirs")
        upload(api, theirs, parent=node.parent, part_size=5 * MiB)
        remote = bench.provider.find(bench.at("theirs"))
        assert remote is not None
        data, verdict = bench.download(remote, 5 * MiB)
        assert data == theirs.read_bytes()
        assert isinstance(verdict, Stored)
