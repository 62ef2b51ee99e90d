"""Every fault, as a client meets it."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from tests.practice.conftest import Connect, Serve
from tests.practice.raw import Raw, presigned, refused
from tests.practice.uploads import UNCHECKED, Upload, crc

from pipette.practice.faults import (
    LOST_REPLY,
    CorruptIncoming,
    CorruptOutgoing,
    CutOff,
    ErrorInside,
    ExpireTokens,
    Fault,
    Hang,
    Moment,
    Reset,
    Respond,
    Trickle,
    WrongETag,
)
from pipette.practice.manners import LIKE_RCLONE, KiB, Manners, MiB
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.practice.signing import KeyPair

DATA = random.Random(5).randbytes(300 * KiB)
BROKEN = (OSError, http.client.HTTPException)


@pytest.fixture
def server(serve: Serve) -> S3Server:
    server = serve(manners=Manners(smallest_part=KiB))
    server.put("lab", "there", DATA)
    return server


@pytest.fixture
def upload(server: S3Server, connect: Connect) -> Upload:
    return Upload(connect(server, config=UNCHECKED))


@pytest.fixture
def background() -> Any:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_a_scripted_answer_comes_as_often_as_it_should(server: S3Server, upload: Upload) -> None:
    slow = Respond(503, "SlowDown", retry_after=2)
    fault = server.faults.add(Fault(slow, operation="UploadPart", part=3, times=2))
    upload.send(1, DATA)
    for _ in range(2):
        with refused("SlowDown", 503) as caught:
            upload.send(3, DATA)
        headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert headers["retry-after"] == "2"
    upload.send(3, DATA)
    assert server.faults.fired(fault) == 2
    assert server.log.parts_accepted(upload.id) == {1: 1, 3: 1}


def test_a_scripted_answer_may_come_while_the_body_is_on_its_way(
    server: S3Server, raw: Raw
) -> None:
    server.faults.add(Fault(Respond(500, read_body=False), operation="PutObject"))
    answer = raw.send("PUT", "/lab/a", bytes(20 * MiB))
    assert answer.said == (500, "InternalError")
    assert server.log.entries("PutObject")[0].received == 0


def test_faults_can_let_some_pass_and_go_on_for_ever(server: S3Server, raw: Raw) -> None:
    server.faults.add(Fault(Respond(500), operation="HeadObject", skip=2, times=None))
    statuses = [raw.send("HEAD", "/lab/there").status for _ in range(5)]
    assert statuses == [200, 200, 500, 500, 500]
    server.faults.clear()
    assert raw.send("HEAD", "/lab/there").status == 200


def test_faults_are_spent_one_after_the_other(server: S3Server, raw: Raw) -> None:
    for status in (500, 503):
        server.faults.add(Fault(Respond(status), operation=("HeadObject", "GetObject")))
    assert raw.send("GET", "/lab/there").status == 500
    assert raw.send("HEAD", "/lab/there").status == 503
    assert raw.send("GET", "/lab/there").status == 200


def test_a_fault_may_be_meant_for_one_key_or_one_range(server: S3Server, raw: Raw) -> None:
    server.put("lab", "else", DATA)
    server.faults.add(Fault(Respond(500), operation="GetObject", key="there", range_start=100))
    assert raw.plain("GET", presigned(server, "GET", "/lab/else")).status == 200
    path = presigned(server, "GET", "/lab/there")
    assert raw.plain("GET", path, None, {"Range": "bytes=0-99"}).status == 206
    assert raw.plain("GET", path, None, {"Range": "bytes=100-199"}).status == 500


@pytest.mark.parametrize(
    ("action", "stored"),
    [
        (Reset(Moment.BEFORE), False),
        (Reset(), False),
        (Reset(after_bytes=len(DATA)), False),
        (LOST_REPLY, True),
    ],
)
def test_a_connection_can_be_reset_at_any_moment(
    server: S3Server, raw: Raw, action: Reset, stored: bool
) -> None:
    server.faults.add(Fault(action, operation="PutObject"))
    with pytest.raises(BROKEN):
        raw.send("PUT", "/lab/a", DATA)
    assert (server.read("lab", "a") == DATA) is stored


def test_a_lost_reply_to_complete_leaves_the_object(server: S3Server, upload: Upload) -> None:
    upload.send(1, DATA)
    server.faults.add(Fault(LOST_REPLY, operation="CompleteMultipartUpload"))
    with pytest.raises(ConnectionClosedError):
        upload.complete()
    assert server.read("lab", "a") == DATA
    assert server.log.entries("CompleteMultipartUpload")[0].status == 200
    with refused("NoSuchUpload", 404):
        upload.complete()


@pytest.mark.parametrize("done", [False, True])
def test_a_good_status_may_hide_an_error(
    server: S3Server, raw: Raw, upload: Upload, done: bool
) -> None:
    etag = upload.send(1, DATA)["ETag"]
    server.faults.add(Fault(ErrorInside(done=done), operation="CompleteMultipartUpload"))
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    body = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
    answer = raw.send("POST", f"/lab/a?uploadId={upload.id}", body)
    assert answer.said == (200, "InternalError")
    assert (server.read("lab", "a") is not None) is done


@pytest.mark.parametrize("moment", list(Moment))
def test_a_request_hangs_until_it_is_released(
    server: S3Server, raw: Raw, background: ThreadPoolExecutor, moment: Moment
) -> None:
    server.faults.add(Fault(Hang(moment), operation="PutObject"))
    answer = background.submit(raw.send, "PUT", "/lab/a", DATA)
    assert server.faults.wait_until_hanging()
    assert (server.read("lab", "a") is not None) is (moment is Moment.AFTER)
    assert not answer.done()
    server.faults.release()
    assert answer.result(10).status == 200
    assert server.read("lab", "a") == DATA


def test_a_download_hangs_in_the_middle(server: S3Server, raw: Raw) -> None:
    server.faults.add(Fault(Hang(Moment.DURING, after_bytes=1000), operation="GetObject"))
    raw.connection.request("GET", presigned(server, "GET", "/lab/there"))
    with raw.connection.getresponse() as response:
        assert response.read(1000) == DATA[:1000]
        assert server.faults.wait_until_hanging()
        server.faults.release()
        assert response.read() == DATA[1000:]


def test_what_hangs_does_not_keep_the_server_from_stopping(
    server: S3Server, raw: Raw, background: ThreadPoolExecutor
) -> None:
    server.faults.add(Fault(Hang(), operation="PutObject"))
    answer = background.submit(raw.send, "PUT", "/lab/a", DATA)
    assert server.faults.wait_until_hanging()
    server.stop()
    with pytest.raises(BROKEN):
        answer.result(10)


def test_waiting_for_what_does_not_hang_ends(server: S3Server) -> None:
    assert not server.faults.wait_until_hanging(timeout=0.01)


@pytest.mark.parametrize(("method", "operation"), [("PUT", "PutObject"), ("GET", "GetObject")])
def test_a_request_can_trickle(server: S3Server, raw: Raw, method: str, operation: str) -> None:
    server.faults.add(Fault(Trickle(1000 * KiB), operation=operation))
    began = time.monotonic()
    path = presigned(server, method, "/lab/there")
    answer = raw.plain(method, path, DATA if method == "PUT" else None)
    assert answer.status == 200
    assert time.monotonic() - began > 0.2


@pytest.mark.parametrize("offset", [0, 150_000, len(DATA) - 1])
def test_a_bit_flipped_on_the_way_in_is_noticed_by_who_checks(
    server: S3Server, raw: Raw, offset: int
) -> None:
    checked = {"x-amz-checksum-crc64nvme": crc(DATA)}
    server.faults.add(Fault(CorruptIncoming(offset), operation="PutObject"))
    assert raw.send("PUT", "/lab/a", DATA, headers=checked).said == (400, "BadDigest")
    assert raw.send("PUT", "/lab/a", DATA, headers=checked).said == (200, "")
    assert server.read("lab", "a") == DATA


def test_a_bit_flipped_on_the_way_in_is_stored_by_who_does_not_check(
    serve: Serve, connect: Connect
) -> None:
    server = serve(manners=LIKE_RCLONE)
    server.faults.add(Fault(CorruptIncoming(7), operation="PutObject"))
    connect(server).put_object(Bucket="lab", Key="a", Body=DATA)
    stored = server.read("lab", "a")
    assert stored == DATA[:7] + bytes([DATA[7] ^ 1]) + DATA[8:]


def test_a_bit_flipped_on_the_way_out_reaches_the_client(server: S3Server, raw: Raw) -> None:
    server.faults.add(Fault(CorruptOutgoing(100_000), operation="GetObject"))
    path = presigned(server, "GET", "/lab/there")
    damaged = raw.plain("GET", path).body
    assert [at for at in range(len(DATA)) if damaged[at] != DATA[at]] == [100_000]
    assert raw.plain("GET", path).body == DATA


@pytest.mark.parametrize(("cut", "left"), [(CutOff(), len(DATA) // 2), (CutOff(10), 10)])
def test_an_answer_can_be_cut_off(server: S3Server, raw: Raw, cut: CutOff, left: int) -> None:
    server.faults.add(Fault(cut, operation="GetObject"))
    raw.connection.request("GET", presigned(server, "GET", "/lab/there"))
    with raw.connection.getresponse() as response:
        assert response.getheader("Content-Length") == str(len(DATA))
        with pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
    assert caught.value.partial == DATA[:left]


def test_a_download_can_be_reset_in_the_middle(server: S3Server, raw: Raw) -> None:
    server.faults.add(Fault(Reset(), operation="GetObject"))
    with pytest.raises(BROKEN):
        raw.plain("GET", presigned(server, "GET", "/lab/there"))


def test_a_part_may_get_an_etag_that_is_not_its_own(server: S3Server, upload: Upload) -> None:
    server.faults.add(Fault(WrongETag(), operation="UploadPart"))
    assert upload.send(1, DATA)["ETag"] == f'"{"0" * 32}"'
    with refused("InvalidPart", 400):
        upload.complete()


def test_a_token_can_run_out_between_two_parts(serve: Serve, connect: Connect) -> None:
    key = KeyPair("ASIATEMPORARY", "secret", "token")
    server = serve(keys=[key])
    upload = Upload(connect(server, key, config=UNCHECKED))
    server.faults.add(Fault(ExpireTokens(), operation="UploadPart", skip=1))
    upload.send(1, DATA)
    with refused("ExpiredToken", 400):
        upload.send(2, DATA)
    server.faults.renew_tokens()
    upload.send(2, DATA)


def test_tokens_that_run_out_do_not_touch_keys_without_one(server: S3Server, raw: Raw) -> None:
    server.faults.expire_tokens()
    assert raw.send("HEAD", "/lab/there").status == 200


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        ("revoke", (403, "InvalidAccessKeyId")),
        ("expire", (400, "ExpiredToken")),
    ],
)
def test_a_key_can_be_taken_away_and_given_back(
    server: S3Server, raw: Raw, switch: str, said: tuple[int, str]
) -> None:
    turn: Callable[[str], None] = getattr(server.faults, switch)
    turn(PRACTICE_KEY.id)
    assert raw.send("GET", "/lab?list-type=2").said == said
    server.faults.reinstate(PRACTICE_KEY.id)
    assert raw.send("GET", "/lab?list-type=2").status == 200


def test_the_log_tells_what_was_asked_and_what_struck(server: S3Server, upload: Upload) -> None:
    fault = server.faults.add(Fault(Respond(500), operation="UploadPart"))
    with refused("InternalError", 500):
        upload.send(2, DATA)
    upload.send(2, DATA)
    failed, stored = server.log.entries("UploadPart", key="a", part=2)
    assert (failed.status, failed.code, failed.struck) == (500, "InternalError", fault.action)
    assert (stored.status, stored.code, stored.struck) == (200, "", None)
    assert (stored.bucket, stored.upload_id) == ("lab", upload.id)
    assert stored.received == len(DATA)
    assert "content-length" in stored.headers
    assert server.log.entries(status=500) == [failed]
    server.log.clear()
    assert server.log.entries() == []


def test_the_log_can_be_waited_for(server: S3Server, raw: Raw) -> None:
    later = threading.Timer(0.01, raw.send, ("HEAD", "/lab/there"))
    later.start()
    assert server.log.wait_until(lambda log: bool(log.entries("HeadObject")))
    later.join()
    assert not server.log.wait_until(lambda log: bool(log.entries("PutObject")), timeout=0.01)
