"""Seven Bridges without a server: addresses, answers, signed parts, pages, labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pipette.model import errors
from pipette.model.account import Account
from pipette.model.parts import Receipt, Reply
from pipette.providers.sevenbridges_api import REGIONS, base_of, next_offset, project_path
from pipette.providers.sevenbridges_errors import Judge, kind_of, seconds_to_reset, told
from pipette.providers.sevenbridges_folders import seconds_of
from pipette.providers.sevenbridges_labels import Labels, labels_of
from pipette.providers.sevenbridges_parts import (
    Wish,
    Wishes,
    part_request,
    report_of,
    reported,
    storage_error,
)
from pipette.providers.web import Answer


def account(url: str = "", region: str = "", **extra: str) -> Account:
    return Account("cgc", "sevenbridges", url, region, extra=tuple(extra.items()))


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_has_its_address(region: str) -> None:
    base = base_of(account(region=region))
    assert base == REGIONS[region] == base_of(account(region=region.upper()))
    assert base.startswith("https://")
    assert base.endswith("/v2")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("", REGIONS["cgc"]),
        ("https://sb.example.org/v2", "https://sb.example.org/v2"),
        ("https://sb.example.org/v2/", "https://sb.example.org/v2"),
        ("https://sb.example.org", "https://sb.example.org/v2"),
        ("https://sb.example.org/", "https://sb.example.org/v2"),
        ("http://127.0.0.1:8080/gate/v2", "http://127.0.0.1:8080/gate/v2"),
    ],
)
def test_an_address_of_ones_own_comes_first(url: str, base: str) -> None:
    assert base_of(account(url, "" if not url else "atlantis")) == base


@pytest.mark.parametrize("container", ["", "alone", "/x", "x/", "a/b/c"])
def test_what_can_be_no_project_is_not_asked_for(container: str) -> None:
    with pytest.raises(errors.ContainerGone):
        project_path(container)


def test_odd_signs_in_a_project_stay_in_their_place() -> None:
    assert project_path("a b/c?d#e") == "/projects/a%20b/c%3Fd%23e"


@pytest.mark.parametrize(
    ("page", "following"),
    [
        ({"items": [1], "links": []}, None),
        ({"items": [1]}, None),
        ({"items": [1], "links": [{"rel": "prev", "href": "/x?offset=0"}]}, None),
        ({"items": [1], "links": [{"rel": "next", "href": "https://else/x?offset=7&a=b"}]}, 7),
        ({"items": [1, 2], "links": [{"rel": "next", "href": "https://else/x"}]}, 7),
        ({"items": [], "links": [{"rel": "next", "href": "https://else/x"}]}, None),
        ({"items": [1], "links": [{"rel": "next", "href": "/x?offset=3"}]}, None),
    ],
)
def test_the_next_page_is_where_the_link_says_and_never_further_back(
    page: Mapping[str, Any], following: int | None
) -> None:
    assert next_offset(page, 5) == following


@pytest.mark.parametrize(
    ("data", "understood"),
    [
        ({"code": 8003, "message": "m"}, (8003, "m")),
        ({"status": "NOT_FOUND", "message": "m"}, (None, "m")),
        ({"code": "8003", "message": 7}, (None, "")),
        ([1], (None, "")),
        (None, (None, "")),
    ],
)
def test_error_bodies_are_read_with_caution(
    data: object, understood: tuple[int | None, str]
) -> None:
    assert told(data) == understood


def test_no_secret_gets_into_the_details_of_an_error() -> None:
    answer = Answer(400, {}, {"code": 90000, "message": "bad token=abcdef and Signature: xyz"})
    error = Judge()(answer)
    assert error is not None
    assert error.detail == "400 bad token=••• and Signature: ••• (code 90000)"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-reset": "soon"}, None),
        ({"x-ratelimit-reset": "1100"}, 100.0),
        ({"x-ratelimit-reset": "900"}, 0.0),
        ({"x-ratelimit-reset": "9999999999"}, 600.0),
        ({"x-ratelimit-reset": "1767225700", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 100.0),
        ({"x-ratelimit-reset": "1100", "date": "yesterday"}, 100.0),
    ],
)
def test_the_wait_until_calls_are_counted_anew_is_never_absurd(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert seconds_to_reset(Answer(200, headers, None), lambda: 1000.0) == seconds


def test_an_error_inside_an_answer_without_code_is_read_by_its_status() -> None:
    assert kind_of(None, 404) is errors.RemoteMissing
    assert kind_of(None, "NOT_FOUND") is errors.Refused
    assert kind_of(None, 200) is errors.Refused


def test_a_signed_part_is_taken_as_it_was_signed() -> None:
    request, wish = part_request(
        {
            "method": "POST",
            "url": "https://storage.example/x?sig=1",
            "headers": {"x-a": "b"},
            "report": {"headers": ["ETag", "x-h"], "success_codes": [200, 201]},
        }
    )
    assert (request.method, request.url, request.headers) == (
        "POST",
        "https://storage.example/x?sig=1",
        {"x-a": "b"},
    )
    assert wish == Wish(frozenset({200, 201}), ("ETag", "x-h"))
    assert request.success == wish.success


def test_a_signed_part_that_says_little_is_a_put_with_an_etag() -> None:
    request, wish = part_request({"url": "https://storage.example/x", "success_codes": [204]})
    assert (request.method, wish) == ("PUT", Wish(frozenset({204}), ("ETag",)))


def test_wishes_are_of_their_upload_until_it_ends() -> None:
    wishes = Wishes()
    wishes.note("u", Wish(frozenset({201})))
    assert wishes.of("u").success == {201}
    wishes.drop("u")
    assert wishes.of("u") == Wish()


@pytest.mark.parametrize(
    "headers", [{"ETag": "abc"}, {"ETag": "abc", "x-h": 'a "quoted" one'}, {"x-h": "only"}, {}]
)
def test_what_is_reported_reads_the_same_when_it_is_listed(headers: dict[str, str]) -> None:
    listed = {"part_number": 3, "response": {"headers": headers}}
    [(number, etag)] = reported([listed]).items()
    again = report_of(Receipt(number, 5, etag))
    assert again == listed


def test_etags_are_the_same_with_and_without_quotes() -> None:
    listed = [{"part_number": 1, "response": {"headers": {"ETag": '"abc"'}}}]
    assert reported(listed) == {1: "abc"}
    assert reported([{"part_number": 1}]) == {1: "{}"}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, "InternalError", errors.Temporary),
        (503, "SlowDown", errors.SlowDown),
        (403, "AccessDenied", errors.Temporary),
        (400, "ExpiredToken", errors.Temporary),
        (404, "NoSuchUpload", errors.UploadGone),
        (404, "NoSuchBucket", errors.Temporary),
        (416, "InvalidRange", errors.RemoteChanged),
    ],
)
def test_what_a_storage_refuses_never_holds_the_account(
    status: int, code: str, kind: type[errors.TransferError]
) -> None:
    body = f"<Error><Code>{code}</Code></Error>".encode()
    assert type(storage_error(Reply(status, {}, body))) is kind


def test_labels_come_from_the_settings_of_an_account() -> None:
    given = account(**{"tags": " a , ,b", "metadata.case_id": "C1", "metadata.x": "", "sse": "y"})
    assert labels_of(given) == Labels(("a", "b"), {"case_id": "C1"})
    assert labels_of(given)
    assert not labels_of(account())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2021-09-14T14:06:27Z", 1631628387.0),
        ("2021-09-14T14:06:27.250Z", 1631628387.25),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_are_read_as_the_platform_writes_them(text: object, seconds: float | None) -> None:
    assert seconds_of(text) == seconds
