"""Every part and every call to Seven Bridges that can go wrong, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.sevenbridges_shop import SMALL, Shop, shop_in
from tests.fakes.sevenbridges import TOKEN
from tests.fakes.sevenbridges_uploads import xml
from tests.fakes.sevenbridges_wire import (
    DamageIncoming,
    Fault,
    LoseReply,
    LoseRequest,
    Reply,
    ResetInBody,
    Say,
    without_header,
)

from pipette.model import errors
from pipette.model.files import SourceFile
from pipette.model.parts import Proof
from pipette.providers.protocol import Stored


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path / "moving") as open_shop:
        yield open_shop


def source(size: int) -> SourceFile:
    return SourceFile("/made/up", size, 0)


def proof(verdict: object) -> Proof:
    assert isinstance(verdict, Stored), verdict
    return verdict.proof


# What can happen to a part


PART_TROUBLE: list[tuple[str, Fault, type[errors.TransferError]]] = [
    ("500", Say(xml(500, "InternalError")), errors.Temporary),
    ("503", Say(xml(503, "SlowDown", Retry_After="7")), errors.SlowDown),
    ("expired address", Say(xml(403, "AccessDenied", "Request has expired")), errors.Temporary),
    ("tampered address", Say(xml(403, "SignatureDoesNotMatch")), errors.Temporary),
    ("ended key of the platform", Say(xml(400, "ExpiredToken")), errors.Temporary),
    ("401", Say(xml(401, "Unauthorized")), errors.Temporary),
    ("time-out of the storage", Say(xml(400, "RequestTimeout")), errors.Temporary),
    ("unknown code", Say(xml(400, "NeverHeardOf")), errors.Temporary),
    ("a clock that is off there", Say(xml(403, "RequestTimeTooSkewed")), errors.Temporary),
    ("wrong digest", Say(xml(400, "BadDigest")), errors.BadPart),
    ("no such upload", Say(xml(404, "NoSuchUpload")), errors.UploadGone),
    ("204 that was not agreed", Say(Reply(204, raw=b"")), errors.Temporary),
    ("no ETag", without_header("ETag"), errors.Temporary),
    ("HTML from a gateway", Say(Reply(502, raw=b"<html>")), errors.Temporary),
    ("reset in the body", ResetInBody(3), errors.Temporary),
    ("line lost before", LoseRequest(), errors.Temporary),
    ("answer lost", LoseReply(), errors.Temporary),
    ("damaged on the way", DamageIncoming(), errors.BadPart),
]


@pytest.mark.parametrize(
    ("fault", "kind"), [row[1:] for row in PART_TROUBLE], ids=[row[0] for row in PART_TROUBLE]
)
def test_a_part_that_fails_is_sent_again(
    shop: Shop, fault: Fault, kind: type[errors.TransferError]
) -> None:
    upload = shop.upload("file", SMALL).open()
    [part] = upload.parts()
    shop.script.fail("put", fault)
    with pytest.raises(kind):
        upload.send(part)
    receipts = [upload.send(part)]
    assert proof(upload.check(upload.close(receipts), receipts)) is Proof.EVERY_PART
    node = shop.node("file")
    assert node is not None
    assert node.content == SMALL


# Numbered errors, by the call that meets them

CALLS: dict[str, Callable[[Shop], object]] = {
    "init": lambda shop: shop.upload("x", SMALL).open(),
    "part-url": lambda shop: shop.upload("x", SMALL).open().send_all(),
    "complete": lambda shop: (up := shop.upload("x", SMALL).open()).close(up.send_all()),
    "info": lambda shop: shop.provider.parts(
        shop.at("x"), shop.upload("x", SMALL).open().handle, ()
    ),
    "abort": lambda shop: shop.upload("x", SMALL).open().abort(),
    "files": lambda shop: shop.provider.list(shop.at("")),
    "folder": lambda shop: shop.provider.make_folder(shop.at("new")),
    "download-info": lambda shop: shop.bench().download(
        shop.provider.find(shop.at("there")),
        100,
    ),
    "user": lambda shop: shop.provider.who(),
}
REFUSALS: list[tuple[str, int, int, type[errors.TransferError]]] = [
    ("init", 403, 3001, errors.NotAllowed),
    ("init", 404, 3002, errors.ContainerGone),
    ("init", 400, 5024, errors.NameRefused),
    ("init", 409, 8005, errors.NameTaken),
    ("init", 409, 8006, errors.NameTaken),
    ("init", 400, 8010, errors.Refused),
    ("init", 400, 8013, errors.Refused),
    ("init", 503, 8000, errors.Temporary),
    ("init", 404, 5026, errors.Temporary),
    ("init", 500, 90009, errors.Temporary),
    ("part-url", 400, 8012, errors.Refused),
    ("part-url", 409, 8008, errors.Temporary),
    ("part-url", 403, 8001, errors.NotAllowed),
    ("part-url", 404, 8003, errors.UploadGone),
    ("part-url", 404, 90003, errors.UploadGone),
    ("part-url", 503, 90004, errors.Temporary),
    ("complete", 409, 8005, errors.NameTaken),
    ("complete", 404, 8003, errors.UploadGone),
    ("complete", 503, 90005, errors.Temporary),
    ("complete", 401, 90001, errors.SignInNeeded),
    ("info", 404, 8003, errors.UploadGone),
    ("info", 400, 8011, errors.Refused),
    ("abort", 409, 8009, errors.Temporary),
    ("files", 404, 3002, errors.ContainerGone),
    ("files", 400, 3012, errors.ContainerGone),
    ("files", 405, 90006, errors.Refused),
    ("folder", 400, 5024, errors.NameRefused),
    ("folder", 403, 5001, errors.NotAllowed),
    ("download-info", 403, 5001, errors.NotAllowed),
    ("download-info", 400, 5017, errors.Refused),
    ("download-info", 409, 5034, errors.Refused),
    ("user", 401, 90001, errors.SignInNeeded),
    ("user", 403, 90002, errors.NotAllowed),
]


@pytest.mark.parametrize(
    ("call", "status", "code", "kind"), REFUSALS, ids=[f"{row[0]} {row[2]}" for row in REFUSALS]
)
def test_a_numbered_error_is_what_it_means(
    shop: Shop, call: str, status: int, code: int, kind: type[errors.TransferError]
) -> None:
    shop.write("there", SMALL)
    shop.server.fail(call, code, status)
    with pytest.raises(kind) as refused:
        CALLS[call](shop)
    assert type(refused.value) is kind
    assert TOKEN not in refused.value.detail


@pytest.mark.parametrize("call", sorted(set(CALLS) - {"abort"}))
@pytest.mark.parametrize(
    ("reply", "kind", "wait"),
    [
        (Reply(503, {"status": 503, "code": 0, "message": "m"}), errors.SlowDown, 300.0),
        (Reply(502, raw=b"<html>oh no</html>"), errors.Temporary, None),
        (Reply(200, raw=b"<html>welcome</html>"), errors.Temporary, None),
        (Reply(500, {"status": "X", "message": None}), errors.Temporary, None),
        (Reply(302, raw=b"", headers={"Location": "https://x.invalid/"}), errors.Refused, None),
    ],
    ids=["maintenance", "html 502", "html 200", "odd error", "redirect"],
)
def test_what_is_no_answer_of_the_platform_is_never_taken_for_one(
    shop: Shop, call: str, reply: Reply, kind: type[errors.TransferError], wait: float | None
) -> None:
    shop.write("there", SMALL)
    shop.script.fail(call, Say(reply))
    with pytest.raises(kind) as refused:
        CALLS[call](shop)
    assert (type(refused.value), refused.value.wait_seconds) == (kind, wait)
