"""What is particular to S3, against the strict server: probing, requests, keys, regions, errors."""

from __future__ import annotations

import random
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.contract.bench import Bench
from tests.contract.front import front_of
from tests.contract.joined import Joined, Place
from tests.contract.mover import mover_in
from tests.contract.s3_places import BUCKET, FOLDER, S3_FAULTS
from tests.fakes.wire import CERTS

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, SourceFile
from pipette.model.parts import Handle, PartCheck, Proof
from pipette.practice.faults import ErrorInside, Fault, Respond
from pipette.practice.manners import LIKE_RADOSGW, LIKE_RCLONE, STRICT, Manners
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.practice.signing import KeyPair
from pipette.providers.memory import MemoryInProcess
from pipette.providers.protocol import OpenUpload, Stored
from pipette.providers.s3 import S3
from pipette.providers.s3_listing import of_initiator

SECRET = f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}"
SMALL = b"small"
LARGE = random.Random(11).randbytes(8 * 1024 * 1024 + 1)


@dataclass(frozen=True, slots=True)
class Behind:
    """The server without a request: what it holds, and putting something there."""

    server: S3Server

    @property
    def url(self) -> str:
        return self.server.url

    def read(self, at: Location) -> bytes | None:
        return self.server.read(at.container, at.path)

    def write(self, at: Location, content: bytes) -> None:
        self.server.put(at.container, at.path, content)

    def unfinished(self, below: Location) -> int:
        return len(self.server.open_uploads(below.container))


class Shop:
    """A strict server, and benches that go to it with one key or another."""

    def __init__(self, server: S3Server, folder: Path, stack: ExitStack) -> None:
        self.server = server
        self.memory = MemoryInProcess()
        self._folder = folder
        self._stack = stack

    def s3(self, secret: str = SECRET, **account: object) -> S3:
        base = Account("lab", "s3", self.server.url, container=BUCKET)
        changed = replace(base, **account)
        return S3(changed, Secret(secret), Network(), self.memory)

    def bench(self, provider: S3 | None = None) -> Bench:
        front = self._stack.enter_context(front_of(self.server.url))
        mover = self._stack.enter_context(mover_in(self._folder))
        place = Behind(self.server)
        used = provider or self.s3()
        joined = Joined("s3", _never, _no_provider, _no_provider, FOLDER, S3_FAULTS)
        return Bench(joined, place, front, mover, used)

    def operations(self) -> list[str]:
        return [entry.operation for entry in self.server.log.entries()]


def _never(folder: Path) -> AbstractContextManager[Place]:
    raise AssertionError("started already")


def _no_provider(url: str) -> S3:
    raise AssertionError("the bench has its provider")


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    with ExitStack() as stack:

        def opened(manners: Manners = STRICT, **options: object) -> Shop:
            folder = tmp_path / "server"
            server = S3Server(folder, manners=manners, **options)
            stack.enter_context(server)
            server.create_bucket(BUCKET)
            moving = tmp_path / "moving"
            moving.mkdir()
            return Shop(server, moving, stack)

        yield opened


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()


def source(size: int) -> SourceFile:
    return SourceFile("/made/up", size, 0)


@pytest.mark.parametrize(
    ("manners", "check"),
    [
        (STRICT, PartCheck.CRC64_TRAILER),
        (Manners(takes_trailers=False), PartCheck.CRC64_HEADER),
        (LIKE_RADOSGW, PartCheck.MD5_HEADER),
        (LIKE_RCLONE, PartCheck.MD5_HEADER),
        (Manners(aborts=False), PartCheck.CRC64_TRAILER),
    ],
    ids=["strict", "no trailers", "radosgw", "rclone", "no aborts"],
)
def test_how_a_server_checks_is_found_out_by_proof(
    open_shop: Callable[..., Shop], manners: Manners, check: PartCheck, caplog: object
) -> None:
    shop = open_shop(manners)
    handle = shop.s3().open(source(5), FOLDER.child("probed"), "key", may_replace=True)
    assert handle.check is check


def test_finding_out_leaves_nothing_behind(shop: Shop) -> None:
    shop.s3().open(source(5), FOLDER.child("probed"), "key", may_replace=True)
    assert shop.server.open_uploads(BUCKET) == []
    assert shop.server.keys(BUCKET) == []


def test_it_is_found_out_once_and_remembered_for_the_next_start(shop: Shop) -> None:
    for _ in range(2):
        shop.s3().open(source(5), FOLDER.child("probed"), "key", may_replace=True)
    assert shop.operations().count("CreateMultipartUpload") == 1


def test_a_trial_that_says_nothing_is_answered_with_caution_and_not_remembered(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.server.faults.add(Fault(Respond(403, "AccessDenied"), "UploadPart"))
    handle = shop.s3().open(source(5), FOLDER.child("probed"), "key", may_replace=True)
    assert handle.check is PartCheck.MD5_HEADER
    assert shop.memory.recall(shop.server.url) is None
    assert "could not be found out" in caplog.text


def test_a_trial_that_meets_a_busy_server_is_tried_again_later(shop: Shop) -> None:
    s3 = shop.s3()
    shop.server.faults.add(Fault(Respond(503, "SlowDown", retry_after=3), "UploadPart"))
    with pytest.raises(errors.SlowDown):
        s3.open(source(5), FOLDER.child("probed"), "key", may_replace=True)
    handle = s3.open(source(5), FOLDER.child("probed"), "key", may_replace=True)
    assert handle.check is PartCheck.CRC64_TRAILER
    assert shop.server.open_uploads(BUCKET) == []


def test_a_small_file_costs_one_request(shop: Shop) -> None:
    bench = shop.bench()
    bench.upload(FOLDER.child("first"), SMALL).through()
    shop.server.log.clear()
    for number in range(5):
        verdict = bench.upload(FOLDER.child(f"next {number}"), SMALL).through()
        assert isinstance(verdict, Stored)
        assert verdict.proof is Proof.WHOLE_FILE
    assert shop.operations() == ["PutObject"] * 5


@pytest.mark.parametrize("manners", [STRICT, LIKE_RADOSGW], ids=["crc64", "md5"])
def test_a_large_file_costs_its_parts_and_two_requests(
    open_shop: Callable[..., Shop], manners: Manners
) -> None:
    shop = open_shop(manners)
    bench = shop.bench()
    bench.upload(FOLDER.child("first"), SMALL).through()
    shop.server.log.clear()
    verdict = bench.upload(FOLDER.child("large"), LARGE).through()
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.EVERY_PART
    parts = ["UploadPart"] * 2
    assert shop.operations() == ["CreateMultipartUpload", *parts, "CompleteMultipartUpload"]


def test_a_small_file_costs_one_request_to_fetch_after_a_listing(shop: Shop) -> None:
    bench = shop.bench()
    bench.upload(FOLDER.child("one"), SMALL).through()
    (listed,) = shop.s3().list(FOLDER).items
    shop.server.log.clear()
    data, verdict = bench.download(listed, 1024)
    assert (data, shop.operations()) == (SMALL, ["GetObject"])
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.WHOLE_FILE


def test_an_error_inside_a_good_reply_to_close_is_an_error(shop: Shop) -> None:
    bench = shop.bench()
    upload = bench.upload(FOLDER.child("large"), LARGE).open()
    receipts = upload.send_all()
    shop.server.faults.add(Fault(ErrorInside("InternalError"), "CompleteMultipartUpload"))
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    assert isinstance(upload.check(upload.close(receipts), receipts), Stored)


def test_a_close_done_without_answer_is_not_taken_for_a_taken_name(shop: Shop) -> None:
    bench = shop.bench()
    upload = bench.upload(FOLDER.child("large"), LARGE, may_replace=False).open()
    receipts = upload.send_all()
    shop.server.faults.add(Fault(ErrorInside(done=True), "CompleteMultipartUpload"))
    with pytest.raises(errors.Temporary):
        upload.close(receipts)
    with pytest.raises(errors.UploadGone):
        upload.close(receipts)
    verdict = upload.check(None, receipts)
    assert isinstance(verdict, Stored)
    assert verdict.proof is Proof.EVERY_PART


def test_a_part_lost_at_the_service_ends_the_upload(shop: Shop) -> None:
    upload = shop.bench().upload(FOLDER.child("large"), LARGE).open()
    receipts = upload.send_all()
    forged = [replace(receipts[0], etag="0" * 32), *receipts[1:]]
    with pytest.raises(errors.UploadGone):
        upload.close(forged)
    assert shop.server.open_uploads(BUCKET) == []


def test_temporary_keys_work_until_they_run_out(shop: Shop) -> None:
    shop.server.add_key(KeyPair("ASIATEMP", "temporary-secret", "the/session+token=="))
    s3 = shop.s3("ASIATEMP:temporary-secret:the/session+token==")
    bench = shop.bench(s3)
    assert isinstance(bench.upload(FOLDER.child("one"), SMALL).through(), Stored)
    shop.server.faults.expire_tokens()
    with pytest.raises(errors.SignInNeeded):
        bench.upload(FOLDER.child("two"), SMALL).through()
    with pytest.raises(errors.SignInNeeded):
        s3.list(FOLDER)
    with pytest.raises(errors.SignInNeeded):
        s3.find(FOLDER.child("one"))


def test_a_link_made_with_temporary_keys_opens(shop: Shop) -> None:
    shop.server.add_key(KeyPair("ASIATEMP", "temporary-secret", "the/session+token=="))
    s3 = shop.s3("ASIATEMP:temporary-secret:the/session+token==")
    shop.bench(s3).upload(FOLDER.child("one"), SMALL).through()
    with urllib.request.urlopen(s3.link(FOLDER.child("one"), 1)) as answer:
        assert answer.read() == SMALL


@pytest.mark.parametrize("hours", [0, -1, 169])
def test_a_link_lasts_between_now_and_a_week(shop: Shop, hours: float) -> None:
    with pytest.raises(errors.Unavailable):
        shop.s3().link(FOLDER.child("one"), hours)


def test_a_withdrawn_key_asks_for_another_everywhere(shop: Shop) -> None:
    s3 = shop.s3()
    bench = shop.bench(s3)
    upload = bench.upload(FOLDER.child("large"), LARGE).open()
    shop.server.faults.revoke(PRACTICE_KEY.id)
    for step in (
        lambda: upload.send_all(),
        lambda: upload.close([]),
        lambda: upload.abort(),
        lambda: s3.parts(upload.to, upload.handle, ()),
        lambda: s3.find(FOLDER.child("one")),
        lambda: s3.list(Location("lab")),
        lambda: s3.make_folder(FOLDER.child("new")),
        lambda: s3.delete(FOLDER.child("one")),
        lambda: s3.unfinished(BUCKET),
    ):
        with pytest.raises(errors.SignInNeeded):
            step()


def test_a_clock_that_is_off_is_called_so(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(clock=lambda: 4_000_000_000.0)
    s3 = shop.s3()
    with pytest.raises(errors.ClockWrong):
        s3.list(FOLDER)
    lines = {line.name: line for line in s3.test()}
    assert (lines["clock"].passed, lines["clock"].kind) == (False, "ClockWrong")
    assert lines["key"].passed is None


def test_the_region_of_a_bucket_is_found_by_itself(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    shop.server.create_bucket("far-away", region="eu-central-1")
    place = Location("lab", "far-away", "file")
    assert isinstance(shop.bench().upload(place, SMALL).through(), Stored)
    assert shop.server.read("far-away", "file") == SMALL


def test_a_wrong_region_of_an_account_does_not_matter(shop: Shop) -> None:
    s3 = shop.s3(region="eu-north-1")
    assert isinstance(shop.bench(s3).upload(FOLDER.child("one"), SMALL).through(), Stored)
    assert s3.find(FOLDER.child("one")) is not None


def test_a_host_whose_certificate_is_not_trusted_gets_no_key(
    open_shop: Callable[..., Shop],
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "server.pem", CERTS / "server.key")
    shop = open_shop(tls=context)
    with pytest.raises(errors.Untrusted):
        shop.s3().list(FOLDER)
    lines = {line.name: line for line in shop.s3().test()}
    assert (lines["reach"].passed, lines["reach"].kind) == (False, "Untrusted")
    assert shop.operations() == []


def test_a_certificate_of_ones_own_can_be_trusted(open_shop: Callable[..., Shop]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "server.pem", CERTS / "server.key")
    shop = open_shop(tls=context)
    account = Account("lab", "s3", shop.server.url, container=BUCKET)
    trusting = Network(extra_ca=str(CERTS / "ca.pem"))
    s3 = S3(account, Secret(SECRET), trusting, shop.memory)
    handle = s3.open(source(5), FOLDER.child("one"), "key", may_replace=True)
    assert handle.check is PartCheck.CRC64_TRAILER


def test_an_empty_folder_is_sent_even_where_nothing_may_be_deleted(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.server.faults.add(Fault(Respond(403, "AccessDenied"), "DeleteObject", times=None))
    marker = Location("lab", BUCKET, "runs/empty/")
    assert isinstance(shop.bench().upload(marker, b"").through(), Stored)
    assert shop.server.read(BUCKET, "runs/empty/") == b""
    assert "could not be removed" in caplog.text


def test_trying_out_how_folders_are_kept_leaves_nothing_else(shop: Shop) -> None:
    bench = shop.bench()
    bench.upload(Location("lab", BUCKET, "runs/empty/"), b"").through()
    assert shop.server.keys(BUCKET) == ["runs/empty/"]


def test_uploads_of_other_people_are_left_out() -> None:
    mine, theirs = (
        OpenUpload(FOLDER.child(who), Handle(1, who, details={"initiator": who}))
        for who in ("me", "them")
    )
    assert of_initiator([mine, theirs], "me") == [mine]


def test_a_missing_bucket_is_called_so(shop: Shop) -> None:
    place = Location("lab", "no-such-bucket", "file")
    with pytest.raises(errors.ContainerGone):
        shop.s3().open(source(5), place, "key", may_replace=True)
    with pytest.raises(errors.ContainerGone):
        shop.s3().list(Location("lab", "no-such-bucket"))


def test_a_key_that_may_not_list_buckets_sees_its_own(shop: Shop) -> None:
    shop.server.faults.add(Fault(Respond(403, "AccessDenied"), "ListBuckets", times=None))
    found = shop.s3().list(Location("lab")).items
    assert [item.location for item in found] == [Location("lab", BUCKET)]
    lines = {line.name: line.passed for line in shop.s3().test()}
    assert lines["projects"] is True
    with pytest.raises(errors.NotAllowed):
        shop.s3(container="").list(Location("lab"))


def test_a_key_that_may_only_read_fails_the_line_of_upload(shop: Shop) -> None:
    shop.server.faults.add(Fault(Respond(403, "AccessDenied"), "CreateMultipartUpload"))
    lines = {line.name: line for line in shop.s3().test()}
    assert (lines["upload"].passed, lines["upload"].kind) == (False, "NotAllowed")
    assert lines["key"].passed is True


def test_server_side_encryption_is_asked_for_in_every_way_of_sending(shop: Shop) -> None:
    s3 = shop.s3(extra=(("sse", "aws:kms"), ("sse_kms_key_id", "the-key")))
    bench = shop.bench(s3)
    for name, data in (("small", SMALL), ("large", LARGE)):
        verdict = bench.upload(FOLDER.child(name), data).through()
        assert isinstance(verdict, Stored)
        assert verdict.proof in (Proof.WHOLE_FILE, Proof.EVERY_PART)
        found = s3.find(FOLDER.child(name))
        assert found is not None
        assert found.details["encryption"] == "aws:kms"
        assert found.md5 is None


def test_unfinished_uploads_are_listed_with_their_beginning_and_can_be_removed(shop: Shop) -> None:
    bench = shop.bench()
    bench.upload(FOLDER.child("left behind"), LARGE).open()
    (found,) = shop.s3().unfinished(BUCKET)
    assert found.location == FOLDER.child("left behind")
    assert found.begun_at is not None
    shop.s3().abort(found.location, found.handle)
    assert shop.server.open_uploads(BUCKET) == []
    assert shop.s3().unfinished(BUCKET) == []


def test_an_opening_without_answer_does_not_remove_an_upload_that_holds_parts(shop: Shop) -> None:
    bench = shop.bench()
    other = bench.upload(FOLDER.child("same name"), LARGE).open()
    other.send(other.parts()[0])
    bench.upload(FOLDER.child("same name"), LARGE).open(again=True)
    assert other.handle.id in shop.server.open_uploads(BUCKET)


def test_many_objects_are_listed_in_pages(shop: Shop) -> None:
    for number in range(1203):
        shop.server.put(BUCKET, f"runs/{number:05}", b"")
    s3 = shop.s3()
    first = s3.list(FOLDER)
    second = s3.list(FOLDER, first.cursor)
    assert (len(first.items), len(second.items), second.cursor) == (1000, 203, None)


def test_keys_with_dots_and_empty_segments_stay_as_they_are(shop: Shop) -> None:
    bench = shop.bench()
    for path in ("a/../b", "./c", "d//e", "/f", "g/.", "h/.."):
        place = Location("lab", BUCKET, path)
        assert isinstance(bench.upload(place, path.encode()).through(), Stored)
        assert shop.server.read(BUCKET, path) == path.encode()
        found = bench.provider.find(place)
        assert found is not None
        assert bench.download(found, 1024)[0] == path.encode()
    assert len(shop.server.keys(BUCKET)) == 6


def test_folders_with_empty_names_can_be_entered(shop: Shop) -> None:
    shop.server.put(BUCKET, "top//deep", b"x")
    s3 = shop.s3()
    (folder,) = s3.list(Location("lab", BUCKET, "top")).items
    (file,) = s3.list(folder.location).items
    assert file.location.path == "top//deep"


def test_a_name_that_is_no_text_is_refused(shop: Shop) -> None:
    with pytest.raises(errors.NameRefused):
        shop.bench().upload(FOLDER.child("broken\udcff"), SMALL).through()


def test_a_name_that_is_too_long_is_refused(shop: Shop) -> None:
    with pytest.raises(errors.NameRefused):
        shop.bench().upload(FOLDER.child("n" * 1025), SMALL).through()
