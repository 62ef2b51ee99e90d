"""What ICA says, read tolerantly: records, ETags, refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipette.model import errors
from pipette.model.files import GiB, Kind, Location, MiB, TiB
from pipette.providers.ica_addresses import Addresses, is_signed_v4, lifetime_of
from pipette.providers.ica_errors import judge
from pipette.providers.ica_records import (
    likely_part_size,
    part_size_of,
    project_of,
    record_of,
    remote_of,
)
from pipette.providers.web import Answer

MD5 = "0123456789abcdef0123456789abcdef"
AT = Location("core", "Oncology")


def row(**details: Any) -> dict[str, Any]:
    base = {"name": "a.txt", "path": "/runs/a.txt", "dataType": "FILE", "status": "AVAILABLE"}
    told = {**base, "fileSizeInBytes": 3, "objectETag": MD5, "owningProjectId": "p1", **details}
    return {"projectId": "p1", "data": {"id": "fil.1", "details": told}}


@pytest.mark.parametrize(
    ("path", "name", "full"),
    [
        ("/runs/a.txt", "a.txt", "/runs/a.txt"),
        ("/runs/", "a.txt", "/runs/a.txt"),
        ("/runs", "a.txt", "/runs/a.txt"),
        ("/", "a.txt", "/a.txt"),
        ("", "a.txt", "/a.txt"),
        ("/runs/deep/", "deep", "/runs/deep"),
        ("/a b/+%#/\u00e9", "\u00e9", "/a b/+%#/\u00e9"),
    ],
)
def test_a_path_may_hold_the_name_or_not(path: str, name: str, full: str) -> None:
    record = record_of(row(path=path, name=name))
    assert record is not None
    assert record.path == full


def test_linked_data_is_where_it_was_found_not_where_it_is_at_home() -> None:
    record = record_of(row(path="/home/a.txt", owningProjectId="p2"), "/shared")
    assert record is not None
    assert record.path == "/shared/a.txt"
    assert record.is_linked("p1")
    assert not record.is_linked("p2")


def test_data_is_read_with_and_without_its_project() -> None:
    assert record_of(row()["data"]) == record_of(row())


@pytest.mark.parametrize("wrong", [{}, {"data": None}, {"data": {"id": "x"}}, {"data": {"id": ""}}])
def test_what_has_no_id_or_name_is_no_record(wrong: dict[str, Any]) -> None:
    assert record_of(wrong) is None
    assert project_of(wrong) is None


def test_missing_and_unknown_facts_are_no_error() -> None:
    record = record_of({"id": "x", "details": {"name": "n", "status": "REHYDRATING", "new": {}}})
    assert record is not None
    remote = remote_of(record, AT)
    assert (remote.status, remote.size, remote.etag, remote.changed) == (
        "rehydrating",
        None,
        None,
        None,
    )


def test_a_file_is_shown_with_all_that_is_known() -> None:
    record = record_of(row(objectETag=f'"{MD5.upper()}"', timeModified="2026-01-26T12:00:04Z"))
    assert record is not None
    remote = remote_of(record, AT)
    assert remote.location == Location("core", "Oncology", "runs/a.txt")
    assert (remote.kind, remote.size, remote.etag, remote.id) == (Kind.FILE, 3, MD5, "fil.1")
    assert remote.changed == 1_769_428_804.0
    assert remote.md5 == MD5


@pytest.mark.parametrize(
    ("details", "md5"),
    [
        ({"fileSizeInBytes": 15_999_999}, MD5),
        ({"fileSizeInBytes": 16_000_000}, None),
        ({"objectETag": f"{MD5}-2"}, None),
        ({"objectETag": "not a digest"}, None),
        ({"objectETag": None}, None),
        ({"status": "PARTIAL"}, None),
    ],
)
def test_an_etag_is_an_md5_only_where_ica_vouches_for_it(
    details: dict[str, Any], md5: str | None
) -> None:
    record = record_of(row(**details))
    assert record is not None
    assert remote_of(record, AT).md5 == md5


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("AVAILABLE", "available"),
        ("PARTIAL", "partial"),
        ("ARCHIVING", "archived"),
        ("ARCHIVED", "archived"),
        ("UNARCHIVING", "restoring"),
        ("DELETING", "deleting"),
    ],
)
def test_a_status_is_shown_in_the_words_of_the_house(status: str, shown: str) -> None:
    record = record_of(row(status=status))
    assert record is not None
    assert remote_of(record, AT).status == shown


@pytest.mark.parametrize(
    ("size", "part"),
    [
        (1, 8 * MiB),
        (64 * GiB, 8 * MiB),
        (64 * GiB + 1, 16 * MiB),
        (2 * TiB, 256 * MiB),
        (5 * TiB, 1 * GiB),
    ],
)
def test_parts_are_cut_as_icas_own_tools_cut_them(size: int, part: int) -> None:
    assert part_size_of(size) == part
    assert -(-size // part) <= 10_000


@pytest.mark.parametrize(
    ("etag", "size", "part"),
    [
        (f"{MD5}-3", 20 * MiB, 8 * MiB),
        (f"{MD5}-2", 20 * MiB, 16 * MiB),
        (f"{MD5}-4", 20 * MiB, 5 * MiB),
        (f"{MD5}-1", 100 * MiB, 128 * MiB),
        (f"{MD5}-11", 20 * MiB, None),
        (f"{MD5}-0", 20 * MiB, None),
        (MD5, 20 * MiB, None),
        (None, 20 * MiB, None),
        (f"{MD5}-3", None, None),
    ],
)
def test_a_part_size_is_guessed_from_the_count(
    etag: str | None, size: int | None, part: int | None
) -> None:
    assert likely_part_size(etag, size) == part


def reply(status: int, body: object = None, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    data = body if isinstance(body, dict) else None
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, data, text)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Refused),
        (401, errors.SignInNeeded),
        (403, errors.NotAllowed),
        (404, errors.RemoteMissing),
        (405, errors.Unavailable),
        (406, errors.Refused),
        (409, errors.NameTaken),
        (412, errors.Refused),
        (413, errors.TooLarge),
        (415, errors.Refused),
        (422, errors.Refused),
        (429, errors.SlowDown),
        (500, errors.Temporary),
        (501, errors.Unavailable),
        (502, errors.Temporary),
        (503, errors.SlowDown),
        (504, errors.Temporary),
        (302, errors.Refused),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        {"title": "ICA_X_001", "detail": "said so"},
        {"code": "ICA_X_001", "message": "said so"},
        "<html>nginx</html>",
        "",
        [],
    ],
    ids=["problem", "code", "html", "empty", "list"],
)
def test_every_refusal_has_its_kind_in_every_form(
    status: int, kind: type[errors.TransferError], body: object
) -> None:
    error = judge(reply(status, body))
    assert type(error) is kind
    assert str(status) in error.detail


def test_what_ica_says_is_kept_for_the_details_without_secrets() -> None:
    told = {"title": "ICA_SEC_002", "detail": "token=abcdef is bad", "parameters": {}}
    error = judge(reply(403, told))
    assert error is not None
    assert "ICA_SEC_002" in error.detail
    assert "abcdef" not in error.detail


def test_good_answers_are_good() -> None:
    assert [judge(reply(status)) for status in (200, 201, 204)] == [None] * 3


def test_a_path_too_long_for_keys_is_a_name_that_is_refused() -> None:
    detail = (
        "Unable to generate credentials from the objectstore as the requested path is too long."
    )
    assert type(judge(reply(400, {"title": "x", "detail": detail}))) is errors.NameRefused


@pytest.mark.parametrize(("told", "wait"), [("7", 7.0), ("86400", 120.0)])
def test_a_wait_is_believed_up_to_two_minutes(told: str, wait: float) -> None:
    error = judge(reply(429, {}, retry_after=told))
    assert error is not None
    assert error.wait_seconds == wait


V4_URL = "https://b.s3.amazonaws.com/k?X-Amz-Expires=600&X-Amz-Signature=abc"


def test_an_address_is_good_until_shortly_before_its_end() -> None:
    now = [1000.0]
    addresses = Addresses(lambda: now[0])
    addresses.keep("a", V4_URL)
    now[0] += 539
    assert addresses.good("a") is not None
    now[0] += 2
    assert addresses.good("a") is None
    assert addresses.take("a") is None


def test_an_address_for_one_use_is_given_once() -> None:
    addresses = Addresses(lambda: 0.0)
    addresses.keep("a", V4_URL)
    taken = addresses.take("a")
    assert taken is not None
    assert taken.url.reveal() == V4_URL
    assert addresses.take("a") is None
    assert "amazonaws" not in repr(taken)


def test_only_an_address_of_some_age_is_worth_another_one() -> None:
    now = [0.0]
    addresses = Addresses(lambda: now[0])
    addresses.keep("young", V4_URL)
    assert not addresses.refused("young")
    addresses.keep("old", V4_URL)
    now[0] += 61
    assert addresses.refused("old")
    assert addresses.refused("never seen")


def test_only_so_many_addresses_are_kept() -> None:
    addresses = Addresses(lambda: 0.0)
    for number in range(2001):
        addresses.keep(str(number), V4_URL)
    assert addresses.good("0") is None
    assert addresses.good("2000") is not None


@pytest.mark.parametrize(
    ("url", "seconds", "is_v4"),
    [
        (V4_URL, 600.0, True),
        ("https://h/k?Expires=1800000000&Signature=x", 3600.0, False),
        ("https://h/k?X-Amz-Expires=soon&X-Amz-Signature=x", 3600.0, True),
        ("https://h/k", 3600.0, False),
    ],
)
def test_an_address_says_how_long_it_lasts(url: str, seconds: float, is_v4: bool) -> None:
    assert lifetime_of(url) == seconds
    assert is_signed_v4(url) is is_v4
