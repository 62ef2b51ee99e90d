"""BaseSpace without a network: regions, names, odd rows, and how far an arrival is proven."""

from __future__ import annotations

import pytest

from pipette.model import errors
from pipette.model.account import Account, Network, Secret
from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Algorithm, Digest, Handle, Part, Proof, Receipt
from pipette.providers import basespace_parts, basespace_proof
from pipette.providers.basespace import BaseSpace
from pipette.providers.basespace_errors import judge, said_in
from pipette.providers.basespace_names import (
    LONGEST_PATH,
    Target,
    called,
    labelled,
    query_of,
    split_path,
    target_of,
)
from pipette.providers.basespace_regions import REGIONS, base_of
from pipette.providers.basespace_rows import (
    Project,
    app_result_of,
    content_of,
    file_of,
    in_order,
    listed_part_of,
    project_of,
    response_of,
    rows_of,
    seconds_of,
    whole_number,
)
from pipette.providers.memory import MemoryInProcess
from pipette.providers.protocol import Differs, Sent, Stored
from pipette.providers.web import Answer

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
AT = Location("lab", "P", "r/x")


# Regions


@pytest.mark.parametrize(
    ("account", "base"),
    [
        (Account("a", "basespace"), "https://api.basespace.illumina.com"),
        (Account("a", "basespace", region="EUC1"), "https://api.euc1.sh.basespace.illumina.com"),
        (Account("a", "basespace", region="euw2"), "https://api.euw2.sh.basespace.illumina.com"),
        (Account("a", "basespace", region="AUS"), "https://api.aps2.sh.basespace.illumina.com"),
        (Account("a", "basespace", region="cac1"), "https://api.cac1.sh.basespace.illumina.com"),
        (Account("a", "basespace", region="CNN1"), "https://api.cnn1.sh.basespace.illumina.com.cn"),
        (Account("a", "basespace", "https://own.example/", "EUC1"), "https://own.example"),
        (Account("a", "basespace", "https://own.example/v1pre3/"), "https://own.example"),
        (Account("a", "basespace", "https://own.example/x/v2"), "https://own.example/x"),
    ],
)
def test_the_address_follows_from_region_or_account(account: Account, base: str) -> None:
    assert base_of(account) == base


def test_an_unknown_region_is_said_to_be_unknown() -> None:
    with pytest.raises(errors.Unavailable) as unknown:
        base_of(Account("a", "basespace", region="MARS"))
    assert all(code in unknown.value.detail for code in REGIONS)


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "tökén"])
def test_what_cannot_be_a_token_needs_sign_in_and_is_not_repeated(token: str) -> None:
    with pytest.raises(errors.SignInNeeded) as needed:
        BaseSpace(Account("a", "basespace"), Secret(token), Network(), MemoryInProcess())
    assert needed.value.detail == "this is no access token"


# Names


def test_a_path_is_app_result_directory_and_name() -> None:
    assert target_of("run7/x.txt") == Target("run7", "", "x.txt")
    assert target_of("run7/a/b/x.txt") == Target("run7", "a/b", "x.txt")
    assert target_of("run7/a/b/x.txt").path == "a/b/x.txt"
    assert split_path("run7/a/b/") == ("run7", "a/b")
    assert split_path("run7") == ("run7", "")


@pytest.mark.parametrize(
    "path",
    [
        "run7/a//x",
        "run7/../x",
        "run7/./x",
        "run7/a\\b",
        "run7/a\nb",
        "run7/a\x7f",
        "run7/ ",
        "run7/" + "é" * 128,
        "run7/" + "/".join(["n" * 200] * 6),
        " run7/x",
        "run7 /x",
    ],
)
def test_names_that_may_mean_something_else_there_are_refused(path: str) -> None:
    with pytest.raises(errors.NameRefused):
        target_of(path)


def test_the_longest_names_are_taken() -> None:
    assert target_of(f"run7/{'n' * 255}").name == "n" * 255
    inside = "/".join(["n" * 199] * 5)
    assert len(inside) == LONGEST_PATH - 1
    assert target_of(f"run7/{inside}").path == inside


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.fastq.gz", "application/gzip"),
        ("a.TXT", "text/plain"),
        ("a.bam", "application/octet-stream"),
        ("noextension", "application/octet-stream"),
    ],
)
def test_the_content_type_follows_from_the_name(name: str, kind: str) -> None:
    assert target_of(f"run7/{name}").content_type == kind


def test_a_query_is_written_without_plus_and_without_empty_fields() -> None:
    assert query_of(name="a b+é&c/d", directory="") == "name=a%20b%2B%C3%A9%26c%2Fd"


def test_rows_of_one_name_or_an_impossible_one_are_told_apart_by_their_ids() -> None:
    rows = [Project("1", "x"), Project("2", "x"), Project("3", "a/b"), Project("4", "y")]
    rows += [Project("5", ""), Project("6", "tab\there"), Project("7", " z ")]
    labels = [label for label, _ in labelled(rows)]
    assert labels == ["x (1)", "x (2)", "a_b (3)", "y", " (5)", "tab_here (6)", "z (7)"]
    for label, row in labelled(rows):
        assert called(rows, label) == [row]
    assert called(rows, "x") == rows[:2]
    assert called(rows, "a/b") == [rows[2]]
    assert called(rows, "y (99)") == []


def test_a_name_that_looks_like_a_label_goes_first() -> None:
    rows = [Project("1", "x"), Project("2", "x (1)")]
    assert called(rows, "x (1)") == [rows[1]]


# Rows


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2012-07-18T14:51:50.0475813Z", 1342623110.047581),
        ("2012-07-18T14:51:50Z", 1342623110.0),
        ("2012-07-18T16:51:50+02:00", 1342623110.0),
        ("2012-07-18T14:51:50", 1342623110.0),
        ("0001-01-01T00:00:00.0000000Z", None),
        ("2012-13-18T14:51:50Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_dates_are_read_tolerantly(text: object, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        ("12345678901234", 12345678901234),
        ("5.0", None),
        (True, None),
        (None, None),
        ("٥", None),
    ],
)
def test_numbers_come_as_numbers_or_text(value: object, number: int | None) -> None:
    assert whole_number(value) == number


def test_a_file_is_read_from_the_least_there_may_be() -> None:
    file = file_of({"Id": 77, "Name": "x", "IsArchived": "maybe", "New": {}})
    assert (file.id, file.path, file.size, file.etag, file.status) == ("77", "x", None, "", "")
    assert not file.archived
    assert file.is_doubtful
    full = file_of(
        {
            "Id": "5000000001",
            "Path": "/d/x",
            "Size": 3,
            "ETag": f'"{EMPTY_MD5.upper()}"',
            "UploadStatus": "Complete",
        }
    )
    assert (full.path, full.status) == ("d/x", "complete")
    assert full.as_remote(AT).md5 == EMPTY_MD5


def test_things_without_an_id_are_no_things() -> None:
    for read in (file_of, project_of, app_result_of):
        with pytest.raises(errors.Temporary):
            read({"Name": "x"})


def test_the_status_of_an_app_result_is_that_of_its_session() -> None:
    row = {"Id": "1", "Name": "r", "Status": "Running"}
    assert app_result_of(row).is_running
    session = {"AppSession": {"Id": 9, "Status": "Complete"}}
    ended = app_result_of(row | session)
    assert (ended.session, ended.status, ended.is_running) == ("9", "complete", False)
    assert not app_result_of({"Id": "1"}).is_running


def test_listings_are_read_in_both_forms() -> None:
    v1 = rows_of(
        {"Response": {"Items": [{"Id": 1}, "odd"], "TotalCount": 7, "SortBy": "Id"}}, "Response"
    )
    v2 = rows_of({"Items": [{"Id": 1}], "Paging": {"TotalCount": 7}}, "Paging")
    assert (len(v1.items), v1.total, v1.sorted_by) == (1, 7, "Id")
    assert (len(v2.items), v2.total, v2.sorted_by) == (1, 7, "")
    for broken in ({}, {"Response": None}, {"Response": {"Items": None}}):
        with pytest.raises(errors.Temporary):
            rows_of(broken, "Response")
    with pytest.raises(errors.Temporary):
        response_of({"Response": []})


def test_parts_that_cannot_be_read_are_none() -> None:
    assert listed_part_of({"Number": 1, "ETag": "AB", "Size": 3}) is not None
    for row in ({}, {"Number": 0, "ETag": "a", "Size": 1}, {"Number": 1, "Size": 1}):
        assert listed_part_of(row) is None
    with pytest.raises(errors.Temporary):
        content_of({"Expires": "x"})


def test_ids_sort_as_the_numbers_they_are() -> None:
    assert sorted(["10", "9", "5000000001", ""], key=in_order) == ["", "9", "10", "5000000001"]


# What is said when it is no


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"ResponseStatus": {"ErrorCode": "A.B", "Message": "m"}}, ("A.B", "m")),
        ({"ResponseStatus": {"Errors": [{"ErrorCode": "A.B", "Message": "m"}]}}, ("A.B", "m")),
        ({"ResponseStatus": {"Message": "m"}}, ("", "m")),
        ({"ResponseStatus": {}, "Response": {}}, ("", "")),
        ({"ErrorCode": "A.B", "ErrorMessage": "m", "RequestId": "r"}, ("A.B", "m")),
        ({"ErrorCode": "A.B", "MessageFormatted": "m"}, ("A.B", "m")),
        ({"error": "e", "error_description": "m"}, ("e", "m")),
        ({"ResponseStatus": {"Errors": "odd"}}, ("", "")),
        (["odd"], ("", "")),
        (None, ("", "")),
    ],
)
def test_a_refusal_is_read_in_all_its_forms(data: object, said: tuple[str, str]) -> None:
    assert said_in(data) == said


@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [
        (200, {"Response": {}}, None),
        (201, {"Response": {}}, None),
        (200, None, errors.Temporary),
        (200, {"error": "x"}, errors.Temporary),
        (400, {"ErrorCode": "X"}, errors.Refused),
        (400, None, errors.Temporary),
        (401, None, errors.SignInNeeded),
        (403, {"ErrorCode": "X"}, errors.NotAllowed),
        (404, {"ErrorCode": "X"}, errors.RemoteMissing),
        (407, None, errors.ProxyRefused),
        (409, {"ErrorCode": "X"}, errors.Refused),
        (410, {"ErrorCode": "BASESPACE.COMMON.RESOURCE_REMOVED"}, errors.RemoteMissing),
        (429, None, errors.SlowDown),
        (500, None, errors.Temporary),
        (503, None, errors.SlowDown),
    ],
)
def test_every_status_has_its_kind(
    status: int, data: object, kind: type[errors.TransferError] | None
) -> None:
    error = judge(Answer(status, {}, data), 0.0)
    assert (None if error is None else type(error)) is kind


def test_secrets_in_messages_are_dots() -> None:
    data = {"ErrorCode": "X", "ErrorMessage": "access_token=abc123 is bad"}
    error = judge(Answer(400, {"x-request-id": "r1"}, data), 0.0)
    assert error is not None
    assert "abc123" not in error.detail
    assert error.detail.endswith("(request r1)")


# The data path


def test_the_test_vector_of_the_guide_agrees() -> None:
    raw = bytes.fromhex("f66be8eaa680f852f5b1bb089f5b674e")
    request = basespace_parts.part_request(
        "https://api.example", {}, Handle(1, "7"), Part(1, 0, 1), Digest(Algorithm.MD5, raw)
    )
    assert request.headers["Content-MD5"] == "9mvo6qaA+FL1sbsIn1tnTg=="
    assert request.url == "https://api.example/v1pre3/files/7/parts/1"


@pytest.mark.parametrize("digest", [None, Digest(Algorithm.CRC64NVME, b"12345678")])
def test_no_part_leaves_without_its_md5(digest: Digest | None) -> None:
    with pytest.raises(ValueError, match="MD5"):
        basespace_parts.part_request("https://x", {}, Handle(1, "7"), Part(1, 0, 1), digest)


# Proof


def receipts(*digests: str | None, proven: bool = True) -> list[Receipt]:
    return [Receipt(n, 1, md5=md5, proven=proven) for n, md5 in enumerate(digests, 1)]


A, B = "0" * 32, "1" * 32


@pytest.mark.parametrize(
    ("remote", "sent", "proof"),
    [
        (RemoteFile(AT, size=2, md5=A), Sent(2, receipts(A, B), A), Proof.WHOLE_FILE),
        (RemoteFile(AT, size=2, md5=A), Sent(2, receipts(A, B), B), None),
        (RemoteFile(AT, size=2, md5=A), Sent(2, receipts(A, B)), Proof.EVERY_PART),
        (RemoteFile(AT, size=1, md5=A), Sent(1, receipts(A)), Proof.WHOLE_FILE),
        (RemoteFile(AT, size=1, md5=B), Sent(1, receipts(A)), None),
        (RemoteFile(AT, size=2), Sent(2, receipts(A, B)), Proof.EVERY_PART),
        (RemoteFile(AT, size=2), Sent(2, receipts(A, B, proven=False)), Proof.SIZE_ONLY),
        (RemoteFile(AT), Sent(2, receipts(A, B)), Proof.NONE),
        (RemoteFile(AT, size=3), Sent(2, receipts(A, B)), None),
        (RemoteFile(AT, size=2), Sent(2, []), Proof.SIZE_ONLY),
    ],
)
def test_an_upload_is_as_proven_as_it_was_shown(
    remote: RemoteFile, sent: Sent, proof: Proof | None
) -> None:
    verdict = basespace_proof.uploaded(remote, sent)
    assert verdict == Stored(remote, proof) if proof else isinstance(verdict, Differs)


def test_a_composite_needs_the_md5_of_every_part() -> None:
    assert basespace_proof.composite_of(receipts(A, None)) is None
    assert basespace_proof.composite_of([]) is None
    composite = basespace_proof.composite_of(receipts(A, B))
    assert composite is not None
    assert composite.endswith("-2")
    assert basespace_proof.is_content_etag(composite)
    assert not basespace_proof.is_content_etag("opaque")
    assert not basespace_proof.is_content_etag(None)
