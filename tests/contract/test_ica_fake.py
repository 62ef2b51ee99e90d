"""The fake of ICA against its contract, item by item, by plain requests and the official S3 client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from tests.contract.ica_raw import V3, V4, Scene, ica_scene, md5
from tests.fakes.ica_rules import HOUR, NEVER
from tests.fakes.ica_shelf import BUCKET, Right
from tests.fakes.ica_side import Connector
from tests.fakes.ica_wire import LOST_REPLY, Break, Drip, Hang, Say

DAY = 24 * HOUR


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with ica_scene(tmp_path) as found:
        yield found


def code_of(refused: ClientError) -> str:
    return str(refused.response["Error"]["Code"])


# 1, 2: addresses, media types


def test_the_storage_answers_at_another_host_and_in_both_styles(scene: Scene) -> None:
    assert scene.fake.door.url != scene.fake.storage.url
    _, url = scene.made_file("a.txt")
    assert url.startswith(f"{scene.fake.storage.url}/{BUCKET}/")


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", V4])
def test_a_version_that_is_missing_or_unknown_is_refused(scene: Scene, accept: str) -> None:
    answer = scene.get("projects", accept=accept or "text/plain")
    assert scene.code(answer) == (400, "ICA_API_004")


def test_calls_of_one_version_take_no_other_type(scene: Scene) -> None:
    body = {"dataIds": ["fil.x"]}
    plain = scene.post("P/data:createDownloadUrls", body, type="application/json")
    assert plain.status_code == 415
    mixed = scene.post("P/dataLinkingBatch", {"items": []}, accept=V4, type=V3)
    assert scene.code(mixed) == (400, "ICA_API_004")


def test_long_answers_are_packed_when_asked(scene: Scene) -> None:
    packed = scene.get("projects")
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = scene.get("projects", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


# 3: errors


def test_errors_come_as_problems_with_the_code_as_title(scene: Scene) -> None:
    answer = scene.get("P/data/fil.unknown")
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["title"], told["id"]) == (404, "ICA_DATA_404", "not-a-uuid")
    assert "method" in told


@pytest.mark.parametrize(
    ("form", "start"), [("code", b'{"code"'), ("html", b"<html>"), ("empty", b"")]
)
def test_errors_come_in_other_forms_too(scene: Scene, form: str, start: bytes) -> None:
    scene.fake.rules.error_form = form
    answer = scene.get("P/data/fil.unknown")
    assert answer.status_code == 404
    assert answer.content[: len(start) or 1] == start


# 4: signing in


def test_a_key_becomes_a_token_that_ends(scene: Scene) -> None:
    scene.fake.rules.token_seconds = 600
    token = scene.post("tokens").json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert scene.get("projects", key="", headers=bearer).status_code == 200
    refresh = scene.post("tokens:refresh", key="", headers=bearer)
    assert refresh.status_code == 400
    scene.clock.advance(601)
    ended = scene.get("projects", key="", headers=bearer)
    assert scene.code(ended) == (401, "ICA_SEC_002")


def test_nobody_gets_in_without_a_good_key(scene: Scene) -> None:
    for key in ("", "revoked"):
        assert scene.get("projects", key=key).status_code == 401
        assert scene.post("tokens", key=key).status_code == 401


def test_asking_for_tokens_can_be_refused_for_a_while(scene: Scene) -> None:
    scene.fake.faults.add(Say(429, "ICA_API_429"), "/tokens$")
    assert scene.post("tokens").status_code == 429
    assert scene.post("tokens").status_code == 200


# 5: rights


@pytest.mark.parametrize("status", [404, 403])
def test_a_project_one_may_not_see_is_hidden(scene: Scene, status: int) -> None:
    scene.fake.rules.hidden_status = status
    other = scene.fake.shelf.add_project("Secret")
    assert scene.get(f"projects/{other.id}").status_code == status
    assert [one["name"] for one in scene.get("projects").json()["items"]] == ["Oncology 2026"]


@pytest.mark.parametrize(
    ("right", "path", "body"),
    [
        (Right(upload=False), "P/data:createFile", {"name": "b", "folderPath": "/runs/"}),
        (Right(upload=False), "P/data/{file}:createUploadUrl", None),
        (Right(upload=False), "P/data/{folder}:createTemporaryCredentials", {}),
        (Right(download=False), "P/data/{file}:createDownloadUrl", None),
        (Right(download=False), "P/data:createDownloadUrls", {"dataIds": ["{file}"]}),
        (Right(role="CONTRIBUTOR"), "P/data/{file}:delete", None),
        (Right(role="CONTRIBUTOR"), "P/data/{file}:archive", None),
        (Right(role="VIEWER"), "P/dataCopyBatch", {"items": [{"dataId": "x"}]}),
    ],
)
def test_what_one_may_not_do_is_refused(
    scene: Scene, right: Right, path: str, body: dict[str, Any] | None
) -> None:
    file = scene.fake.put(scene.project, "/runs/a", b"abc").id
    (user,) = scene.project.rights
    scene.project.rights[user] = right
    asked = path.format(file=file, folder=scene.folder("/runs"))
    answer = scene.post(asked, body)
    assert scene.code(answer) == (403, "ICA_SEC_003")


# 6: refusals in passing


def test_too_many_calls_are_refused_by_rate(scene: Scene) -> None:
    scene.fake.rules.calls_per_second = 2
    scene.fake.rules.retry_after = "86400"
    answers = [scene.get("projects") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "86400"
    scene.clock.advance(1.1)
    assert scene.get("projects").status_code == 200


def test_connections_break_hang_and_drip(scene: Scene) -> None:
    faults = scene.fake.faults
    faults.add(Break())
    with pytest.raises(requests.ConnectionError):
        scene.get("projects")
    faults.add(Drip(16))
    assert scene.get("projects").status_code == 200
    faults.add(Hang())
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(scene.get("projects").status_code))
    waiting.start()
    assert faults.hanging.acquire(timeout=10)
    faults.release()
    waiting.join(timeout=10)
    assert answers == [200]


# 7, 8: pages and filters


@pytest.mark.parametrize(
    ("form", "last"),
    [("null", {"nextPageToken": None}), ("empty", {"nextPageToken": ""}), ("missing", {})],
)
def test_a_cursor_leads_through_everything_once(
    scene: Scene, form: str, last: dict[str, Any]
) -> None:
    scene.fake.rules.last_page = form
    for number in range(25):
        scene.fake.make_folder(scene.project, f"/f{number}")
    seen: list[str] = []
    params: dict[str, Any] = {"pageSize": 10, "type": "FOLDER"}
    while True:
        page = scene.get("P/data", params=params).json()
        seen += [row["data"]["details"]["name"] for row in page["items"]]
        if len(seen) == 10:
            scene.fake.make_folder(scene.project, "/later")
        if not page.get("nextPageToken"):
            break
        params["pageToken"] = page["nextPageToken"]
    assert {name: page[name] for name in page if name == "nextPageToken"} == last
    assert len(seen) == len(set(seen))
    assert set(seen) - {"later"} == {"runs", *(f"f{number}" for number in range(25))}


@pytest.mark.parametrize(
    "params",
    [
        {"pageToken": "x", "sort": "name"},
        {"sort": "-name"},
        {"pageSize": 1001},
        {"pageOffset": 200_000, "pageSize": 100},
        {"filename": "a"},
        {"parentFolderPath": "/runs"},
        {"pageToken": "not-a-token"},
        {"unheardOf": "x"},
    ],
)
def test_questions_that_make_no_sense_are_refused(scene: Scene, params: dict[str, Any]) -> None:
    assert scene.get("P/data", params=params).status_code == 400


def test_by_offset_the_total_is_told(scene: Scene) -> None:
    scene.fake.make_folder(scene.project, "/a")
    page = scene.get("P/data", params={"sort": "name desc", "pageSize": 1}).json()
    assert (page["totalItemCount"], page["nextPageToken"], len(page["items"])) == (2, "", 1)


def test_a_filter_too_long_for_the_cursor_is_refused(scene: Scene) -> None:
    names = [f"{'n' * 120}{number}" for number in range(20)]
    for name in names:
        scene.fake.put(scene.project, f"/runs/{name}", b"x")
    params = {"filename": names, "filenameMatchMode": "EXACT", "pageSize": 1}
    assert scene.code(scene.get("P/data", params=params)) == (400, "ICA_API_006")


def test_paths_are_matched_without_regard_to_case(scene: Scene) -> None:
    for path in ("/Run/a", "/run/a", "/run/A"):
        scene.fake.put(scene.project, path, b"x")
    found = scene.get("P/data", params={"filePath": "/Run/", "type": "FILE"}).json()["items"]
    paths = {row["data"]["details"]["path"] for row in found}
    assert paths == {"/Run/a", "/run/a", "/run/A"}


@pytest.mark.parametrize(
    "name",
    ["a b", "a+b", "100%", "#1", "it's", "caf\u00e9", "cafe\u0301", "dna \U0001f9ec", "n" * 900],
)
def test_every_name_can_be_given(scene: Scene, name: str) -> None:
    data, url = scene.made_file(name)
    assert scene.session.put(url, data=b"abc").status_code == 200
    assert scene.status(data) == "AVAILABLE"
    assert scene.fake.content(scene.project, f"/runs/{name}") == b"abc"


def test_a_path_too_long_gets_no_keys(scene: Scene) -> None:
    folder = scene.folder("/" + "n" * 900)
    answer = scene.post(f"P/data/{folder}:createTemporaryCredentials", {})
    assert answer.status_code == 400
    assert "path is too long" in answer.json()["detail"]


def test_a_later_version_says_more(scene: Scene) -> None:
    scene.fake.rules.later_version = True
    record = scene.fake.put(scene.project, "/runs/a", b"abc")
    record.status = "REHYDRATING"
    assert scene.details(record.id)["status"] == "REHYDRATING"
    assert "mood" in scene.details(record.id)


# 9, 10: making records


def test_a_new_file_is_partial_and_brings_its_folders(scene: Scene) -> None:
    data, _ = scene.made_file("a.txt", "/new/deep/")
    details = scene.details(data)
    assert (details["status"], details["fileSizeInBytes"]) == ("PARTIAL", 0)
    assert "objectETag" not in details
    assert scene.fake.record(scene.project, "/new/deep", is_folder=True)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a", "folderPath": "/runs/", "folderId": "fol.x"},
        {"name": "a", "folderPath": "/runs"},
        {"folderPath": "/runs/"},
        {"name": "a", "formatId": "x"},
    ],
)
def test_a_creation_that_is_wrong_is_refused(scene: Scene, body: dict[str, Any]) -> None:
    assert scene.post("P/data:createFile", body).status_code == 400


def test_a_name_is_given_once(scene: Scene) -> None:
    scene.made_file("a.txt")
    body = {"name": "a.txt", "folderPath": "/runs/"}
    assert scene.code(scene.post("P/data:createFile", body)) == (409, "ICA_DATA_105")
    scene.made_file("A.txt")


def test_a_passing_conflict_may_have_done_the_work(scene: Scene) -> None:
    body = {"name": "a.txt", "folderPath": "/runs/"}
    scene.fake.faults.add(Say(409, "ICA_DATA_105", done=True), ":createFile$")
    key = {"Idempotency-Key": "one"}
    assert scene.post("P/data:createFile", body, headers=key).status_code == 409
    assert scene.fake.record(scene.project, "/runs/a.txt") is not None
    assert scene.post("P/data:createFile", body, headers=key).status_code == 409


def test_a_call_with_a_key_is_done_once_in_seven_days(scene: Scene) -> None:
    key = {"Idempotency-Key": "one"}
    body = {"name": "a.txt", "folderPath": "/runs/"}
    scene.fake.faults.add(LOST_REPLY, ":createFile$")
    with pytest.raises(requests.ConnectionError):
        scene.post("P/data:createFile", body, headers=key)
    replayed = scene.post("P/data:createFile", body, headers=key)
    again = scene.post("P/data:createFile", body, headers=key)
    assert replayed.status_code == 201
    assert replayed.json() == again.json()
    other = scene.post("P/data:createFile", {**body, "name": "b"}, headers=key)
    assert other.status_code == 422
    scene.clock.advance(8 * DAY)
    assert scene.post("P/data:createFile", body, headers=key).status_code == 409


def test_a_call_still_running_is_not_begun_again(scene: Scene) -> None:
    (user,) = scene.fake.shelf.users.values()
    path = f"/ica/rest/api/projects/{scene.project.id}/data:createFile"
    scene.fake.remembered.running.add((path, "one", user.id))
    body = {"name": "a.txt", "folderPath": "/runs/"}
    answer = scene.post("P/data:createFile", body, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 409


def test_an_upload_address_is_only_for_what_is_partial(scene: Scene) -> None:
    data, url = scene.made_file("a.txt")
    assert scene.post(f"P/data/{data}:createUploadUrl").status_code == 200
    scene.session.put(url, data=b"abc")
    assert scene.post(f"P/data/{data}:createUploadUrl").status_code == 400


def test_bytes_do_not_go_through_the_api(scene: Scene) -> None:
    answer = scene.post("P/data:createFile", {"name": "x" * 1_000_001})
    assert answer.status_code == 413


# 11: noticing


def test_a_file_is_noticed_after_a_while(scene: Scene) -> None:
    scene.fake.rules.notice_seconds = 30
    data, url = scene.made_file("a.txt")
    scene.session.put(url, data=b"abc")
    assert scene.status(data) == "PARTIAL"
    scene.clock.advance(31)
    details = scene.details(data)
    assert (details["status"], details["fileSizeInBytes"]) == ("AVAILABLE", 3)
    assert details["objectETag"] == md5(b"abc")


def test_it_may_never_be_noticed(scene: Scene) -> None:
    scene.fake.rules.notice_seconds = NEVER
    data, url = scene.made_file("a.txt")
    scene.session.put(url, data=b"abc")
    scene.clock.advance(30 * DAY)
    assert scene.status(data) == "PARTIAL"


def test_parts_that_are_not_put_together_are_not_noticed(scene: Scene) -> None:
    keys = scene.keys_of(scene.folder("/runs"))
    client = scene.storage(keys)
    key = f"{keys['objectPrefix']}deep/a.bam"
    opened = client.create_multipart_upload(Bucket=BUCKET, Key=key)
    sent = client.upload_part(
        Bucket=BUCKET, Key=key, UploadId=opened["UploadId"], PartNumber=1, Body=b"abc"
    )
    assert scene.fake.record(scene.project, "/runs/deep/a.bam") is None
    parts = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}
    client.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=opened["UploadId"], MultipartUpload=parts
    )
    found = scene.fake.record(scene.project, "/runs/deep/a.bam")
    assert found is not None
    assert (found.status, found.etag) == ("AVAILABLE", sent_etag([b"abc"]))
    assert scene.fake.record(scene.project, "/runs/deep", is_folder=True)


def sent_etag(parts: list[bytes]) -> str:
    joined = b"".join(bytes.fromhex(md5(part)) for part in parts)
    return f"{md5(joined)}-{len(parts)}"


# 12: temporary keys


def test_keys_open_their_folder_and_nothing_else(scene: Scene) -> None:
    keys = scene.keys_of(scene.folder("/runs"))
    client = scene.storage(keys)
    client.put_object(Bucket=BUCKET, Key=f"{keys['objectPrefix']}a", Body=b"x")
    for refused in (
        lambda: client.put_object(Bucket=BUCKET, Key=f"{scene.project.id}/b", Body=b"x"),
        client.list_buckets,
        lambda: client.create_bucket(Bucket="another"),
        lambda: client.list_objects_v2(Bucket=BUCKET),
    ):
        with pytest.raises(ClientError) as error:
            refused()
        assert code_of(error.value) == "AccessDenied"
    with pytest.raises(ClientError):
        client.head_bucket(Bucket=BUCKET)


def test_keys_of_a_file_open_just_that(scene: Scene) -> None:
    data, _ = scene.made_file("a.txt")
    keys = scene.keys_of(data)
    client = scene.storage(keys)
    client.put_object(Bucket=BUCKET, Key=keys["objectPrefix"], Body=b"x")
    with pytest.raises(ClientError):
        client.put_object(Bucket=BUCKET, Key=f"{keys['objectPrefix']}2", Body=b"x")
    assert scene.status(data) == "AVAILABLE"


def test_keys_for_reading_write_nothing(scene: Scene) -> None:
    scene.fake.put(scene.project, "/runs/a", b"abc")
    keys = scene.keys_of(scene.folder("/runs"), readOnlyCredentials=True)
    client = scene.storage(keys)
    with client.get_object(Bucket=BUCKET, Key=f"{keys['objectPrefix']}a")["Body"] as body:
        assert body.read() == b"abc"
    with pytest.raises(ClientError):
        client.put_object(Bucket=BUCKET, Key=f"{keys['objectPrefix']}a", Body=b"x")


@pytest.mark.parametrize("hours", [36, 12, 0.01])
def test_keys_end_when_they_say(scene: Scene, hours: float) -> None:
    scene.fake.rules.key_seconds = hours * HOUR
    keys = scene.keys_of(scene.folder("/runs"))
    assert keys["expirationTime"]
    client = scene.storage(keys)
    client.list_objects_v2(Bucket=BUCKET, Prefix=keys["objectPrefix"])
    scene.clock.advance(hours * HOUR + 1)
    with pytest.raises(ClientError) as error:
        client.list_objects_v2(Bucket=BUCKET, Prefix=keys["objectPrefix"])
    assert code_of(error.value) == "ExpiredToken"


def test_keys_may_come_in_other_forms(scene: Scene) -> None:
    scene.fake.rules.tells_expiry = False
    folder = scene.folder("/runs")
    assert "expirationTime" not in scene.keys_of(folder)
    scene.fake.rules.rclone_keys_only = True
    told = scene.post(f"P/data/{folder}:createTemporaryCredentials", {}).json()
    assert told["rcloneTempCredentials"]["filePathPrefix"].startswith(f"{BUCKET}/")


# 13: signed addresses


def test_an_address_ends(scene: Scene) -> None:
    data, _ = scene.made_file("a.txt")
    url = scene.post(f"P/data/{data}:createUploadUrl").json()["url"]
    scene.clock.advance(3601)
    refused = scene.session.put(url, data=b"abc")
    assert refused.status_code == 403
    assert "Request has expired" in refused.text


def test_an_address_signed_for_type_and_checksum_wants_both(scene: Scene) -> None:
    data, _ = scene.made_file("a.txt")
    params = {"fileType": "text/plain", "hash": "kAFQmDzST7DWlj99KOF/cg=="}
    url = scene.post(f"P/data/{data}:createUploadUrl", params=params).json()["url"]
    assert scene.session.put(url, data=b"abc").status_code == 403
    headers = {"Content-Type": "text/plain", "Content-MD5": params["hash"]}
    assert scene.session.put(url, data=b"abc", headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_a_secret_at_the_storage_is_noticed(scene: Scene, header: str) -> None:
    _, url = scene.made_file("a.txt")
    assert scene.fake.leaks() == []
    scene.session.put(url, data=b"abc", headers={header: "Bearer secret"})
    assert len(scene.fake.leaks()) == 1


def test_ranges_are_served_and_guarded(scene: Scene) -> None:
    data = scene.fake.put(scene.project, "/runs/a", b"0123456789").id
    url = scene.post(f"P/data/{data}:createDownloadUrl").json()["url"]
    part = scene.session.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert scene.session.get(url, headers={"Range": "bytes=20-"}).status_code == 416
    other = {"If-Match": '"another"'}
    assert scene.session.get(url, headers=other).status_code == 412


def test_what_is_archived_cannot_be_read(scene: Scene) -> None:
    data = scene.fake.put(scene.project, "/runs/a", b"abc").id
    url = scene.post(f"P/data/{data}:createDownloadUrl").json()["url"]
    scene.post(f"P/data/{data}:archive")
    assert "InvalidObjectState" in scene.session.get(url).text


# 14: addresses for many


def test_addresses_for_many_come_in_no_order_and_without_some(scene: Scene) -> None:
    ids = [scene.fake.put(scene.project, f"/runs/{n}", b"x").id for n in range(8)]
    partial, _ = scene.made_file("partial")
    body = {"dataIds": [*ids, partial, "fil.unknown"]}
    items = scene.post("P/data:createDownloadUrls", body).json()["items"]
    told = [item["dataId"] for item in items]
    assert told != ids
    assert sorted(told) == sorted(ids)


def test_addresses_for_folders_or_too_many_are_refused(scene: Scene) -> None:
    folder = {"dataIds": [scene.folder("/runs")]}
    assert scene.post("P/data:createDownloadUrls", folder).status_code == 400
    many = {"dataIds": ["fil.x"] * (scene.fake.rules.most_urls + 1)}
    assert scene.post("P/data:createDownloadUrls", many).status_code == 400


# 15: archiving and deleting


def test_archiving_takes_its_time_and_comes_back(scene: Scene) -> None:
    data = scene.fake.put(scene.project, "/runs/deep/a", b"abc").id
    folder = scene.folder("/runs")
    assert scene.post(f"P/data/{folder}:archive").status_code == 204
    assert scene.status(data) == "ARCHIVING"
    assert scene.post(f"P/data/{data}:archive").status_code == 409
    scene.clock.advance(61)
    assert scene.status(data) == "ARCHIVED"
    assert scene.post(f"P/data/{data}:unarchive").status_code == 204
    scene.clock.advance(47 * HOUR)
    assert scene.status(data) == "UNARCHIVING"
    scene.clock.advance(2 * HOUR)
    assert scene.status(data) == "AVAILABLE"
    url = scene.post(f"P/data/{data}:createDownloadUrl").json()["url"]
    assert scene.session.get(url).content == b"abc"


def test_a_name_is_not_free_before_the_deletion_is_done(scene: Scene) -> None:
    scene.fake.rules.delete_seconds = 10
    data = scene.fake.put(scene.project, "/runs/deep/a", b"abc").id
    folder = scene.folder("/runs/deep")
    assert scene.post(f"P/data/{folder}:delete").status_code == 204
    assert scene.status(data) == "DELETING"
    assert scene.post(f"P/data/{data}:delete").status_code == 409
    body = {"name": "a", "folderPath": "/runs/deep/"}
    assert scene.post("P/data:createFile", body).status_code == 409
    scene.clock.advance(11)
    assert scene.get(f"P/data/{data}").status_code == 404
    assert scene.fake.content(scene.project, "/runs/deep/a") is None
    assert scene.post("P/data:createFile", body).status_code == 201


# 16: batches


def finished(scene: Scene, kind: str, body: dict[str, Any], **more: Any) -> tuple[str, list[Any]]:
    """The last status of a batch and its items."""
    begun = scene.post(f"P/{kind}", body, **more)
    assert begun.status_code == 201
    batch = begun.json()["id"]
    seen = [begun.json()["job"]["status"]]
    while seen[-1] in ("INITIALIZED", "WAITING_FOR_RESOURCES", "RUNNING"):
        seen.append(scene.get(f"P/{kind}/{batch}").json()["job"]["status"])
    assert seen[:3] == ["INITIALIZED", "WAITING_FOR_RESOURCES", "RUNNING"]
    items = scene.get(f"P/{kind}/{batch}/items", accept=more.get("accept", V3)).json()["items"]
    return seen[-1], items


@pytest.mark.parametrize(
    ("action", "content", "names"),
    [
        ("OVERWRITE", b"new", {"a.txt"}),
        ("SKIP", b"old", {"a.txt"}),
        ("RENAME", b"old", {"a.txt", "a (1).txt"}),
    ],
)
def test_copies_follow_the_rule_for_names(
    scene: Scene, action: str, content: bytes, names: set[str]
) -> None:
    source = scene.fake.put(scene.project, "/from/a.txt", b"new")
    scene.fake.put(scene.project, "/runs/a.txt", b"old")
    body = {
        "items": [{"dataId": source.id}],
        "destinationFolderId": scene.folder("/runs"),
        "actionOnExist": action,
        "copyUserTags": True,
    }
    status, items = finished(scene, "dataCopyBatch", body)
    assert (status, items[0]["processing"]["status"]) == ("SUCCEEDED", "COPIED")
    assert scene.fake.content(scene.project, "/runs/a.txt") == content
    below = scene.get("P/data", params={"filePath": "/runs/", "type": "FILE"}).json()["items"]
    assert {row["data"]["details"]["name"] for row in below} == names


def test_a_partial_file_at_the_target_counts_as_there(scene: Scene) -> None:
    source = scene.fake.put(scene.project, "/from/a.txt", b"new")
    data, _ = scene.made_file("a.txt")
    body = {
        "items": [{"dataId": source.id}],
        "destinationFolderId": scene.folder("/runs"),
        "actionOnExist": "SKIP",
    }
    assert finished(scene, "dataCopyBatch", body)[0] == "SUCCEEDED"
    assert scene.status(data) == "PARTIAL"


def test_a_batch_may_succeed_in_part_or_not_at_all(scene: Scene) -> None:
    good = scene.fake.put(scene.project, "/from/a.txt", b"x").id
    items = [{"dataId": good}, {"dataId": "fil.unknown"}]
    body = {"items": items, "actionOnExist": "SKIP"}
    assert finished(scene, "dataCopyBatch", body)[0] == "PARTIALLY_SUCCEEDED"
    body = {"items": items[1:], "actionOnExist": "SKIP"}
    status, told = finished(scene, "dataCopyBatch", body)
    assert (status, told[0]["processing"]["status"]) == ("FAILED", "FAILED")


def test_a_job_can_be_stopped_by_a_person(scene: Scene) -> None:
    source = scene.fake.put(scene.project, "/from/a.txt", b"x").id
    body = {"items": [{"dataId": source}], "actionOnExist": "SKIP"}
    job = scene.post("P/dataCopyBatch", body).json()["job"]["id"]
    scene.fake.jobs.stop(job)
    assert scene.get(f"jobs/{job}").json()["status"] == "STOPPED"
    assert [one["id"] for one in scene.get("jobs", params={"status": "STOPPED"}).json()["items"]]


def test_a_move_takes_the_source_away(scene: Scene) -> None:
    source = scene.fake.put(scene.project, "/from/a.txt", b"x").id
    body = {"items": [{"dataId": source}], "destinationFolderId": scene.folder("/runs")}
    status, items = finished(scene, "dataMoveBatch", body)
    assert (status, items[0]["processing"]["status"]) == ("SUCCEEDED", "MOVED")
    assert scene.fake.content(scene.project, "/runs/a.txt") == b"x"
    assert scene.fake.content(scene.project, "/from/a.txt") is None


def other_project(scene: Scene) -> str:
    """Another project of the same user, with a folder that holds a file; returns the folder's id."""
    (user,) = scene.fake.shelf.users.values()
    other = scene.fake.shelf.add_project("Other", user)
    scene.fake.put(other, "/shared/deep/a.txt", b"theirs")
    found = scene.fake.shelf.find(other.id, "/shared", is_folder=True)
    assert found is not None
    return found.id


def test_linking_a_folder_brings_what_is_in_it_now(scene: Scene) -> None:
    shared = other_project(scene)
    body = {"items": [{"dataId": shared}]}
    status, items = finished(scene, "dataLinkingBatch", body, accept=V4, type=V4)
    assert (status, items[0]["processing"]["status"]) == ("SUCCEEDED", "LINKED")
    (other,) = [one for one in scene.fake.shelf.projects.values() if one.name == "Other"]
    scene.fake.put(other, "/shared/later.txt", b"x")
    found = scene.get("P/data", params={"type": "FILE"}).json()["items"]
    assert [row["data"]["details"]["name"] for row in found] == ["a.txt"]
    inside = scene.get("P/data", params={"parentFolderPath": "/shared/"}).json()["items"]
    assert inside == []
    children = scene.get(f"P/data/{shared}/children", accept=V4).json()["items"]
    assert [row["data"]["details"]["name"] for row in children] == ["deep"]
    again = finished(scene, "dataLinkingBatch", body, accept=V4, type=V4)[1]
    assert again[0]["processing"]["status"] == "ALREADY_LINKED"


def test_linked_data_is_read_only(scene: Scene) -> None:
    shared = other_project(scene)
    body: dict[str, Any] = {"items": [{"dataId": shared}]}
    finished(scene, "dataLinkingBatch", body, accept=V4, type=V4)
    assert scene.post(f"P/data/{shared}:delete").status_code == 403
    assert scene.post(f"P/data/{shared}:createTemporaryCredentials", {}).status_code == 403
    copy = {**body, "destinationFolderId": shared, "actionOnExist": "SKIP"}
    assert scene.post("P/dataCopyBatch", copy).status_code == 400


def test_unlinking_takes_at_most_so_many(scene: Scene) -> None:
    scene.fake.rules.most_unlinked = 100
    shared = other_project(scene)
    body = {"items": [{"dataId": shared}]}
    finished(scene, "dataLinkingBatch", body, accept=V4, type=V4)
    many = {"items": [{"dataId": "fil.x"}] * 101}
    assert scene.post("P/dataUnlinkingBatch", many).status_code == 400
    status, items = finished(scene, "dataUnlinkingBatch", body)
    assert (status, items[0]["processing"]["status"]) == ("SUCCEEDED", "UNLINKED")
    assert scene.get("P/data", params={"type": "FILE"}).json()["items"] == []


def test_an_update_sets_dates_of_files_only(scene: Scene) -> None:
    file = scene.fake.put(scene.project, "/runs/a", b"x").id
    folder = scene.folder("/runs")
    group = {"dataIds": [file, folder], "willBeArchivedAt": "2027-01-26T12:00:04Z"}
    status, _ = finished(scene, "dataUpdateBatch", {"dataUpdateGroups": [group]})
    assert status == "PARTIALLY_SUCCEEDED"
    assert scene.details(file)["willBeArchivedAt"] == "2027-01-26T12:00:04Z"


# 17: upload sessions


@pytest.mark.parametrize(("mismatch", "status"), [("refuse", 400), ("close", 200)])
def test_a_session_counts_the_files(scene: Scene, mismatch: str, status: int) -> None:
    scene.fake.rules.session_mismatch = mismatch
    folder = scene.folder("/runs")
    begun = scene.post(f"P/data/{folder}/folderUploadSessions", {}).json()
    assert begun["status"] == "OPEN"
    keys = begun["tempCredentials"]["awsTempCredentials"]
    scene.storage(keys).put_object(Bucket=BUCKET, Key=f"{keys['objectPrefix']}a", Body=b"x")
    place = f"P/data/{folder}/folderUploadSessions/{begun['id']}"
    wrong = scene.post(f"{place}:complete", {"numberOfExpectedUploadedFiles": 2})
    assert wrong.status_code == status
    if mismatch == "close":
        assert scene.get(place).json()["status"] == "CLOSED"
        return
    done = scene.post(f"{place}:complete", {"numberOfExpectedUploadedFiles": 1}).json()
    assert done["status"] == "COMPLETED"


def test_a_session_ends(scene: Scene) -> None:
    folder = scene.folder("/runs")
    begun = scene.post(f"P/data/{folder}/folderUploadSessions", {}).json()
    scene.clock.advance(37 * HOUR)
    place = f"P/data/{folder}/folderUploadSessions/{begun['id']}"
    assert scene.get(place).json()["status"] == "CLOSED"


# 18: connectors


@pytest.mark.parametrize("status", [200, 201])
def test_a_scheduled_download_waits_for_its_connector(scene: Scene, status: int) -> None:
    scene.fake.rules.schedule_status = status
    connector = Connector("sequencer-pc", connected=False)
    uploads_only = Connector("uploads", mode="UPLOAD")
    scene.fake.side.connectors += [connector, uploads_only, Connector("old", active=False)]
    told = scene.get("connectors", params={"activeOnly": "true"}).json()["items"]
    assert [one["code"] for one in told] == ["sequencer-pc", "uploads"]
    data = scene.fake.put(scene.project, "/runs/a", b"abc").id
    body = {"connectorId": uploads_only.id, "protocol": "HTTPS", "localPath": "C:\\data"}
    assert scene.post(f"P/data/{data}:scheduleDownload", body).status_code == 400
    begun = scene.post(f"P/data/{data}:scheduleDownload", {**body, "connectorId": connector.id})
    assert begun.status_code == status
    assert begun.headers["ETag"]
    seen = []
    for connected in (False, True, True, True):
        connector.connected = connected
        (row,) = scene.get("P/dataTransfers").json()["items"]
        seen.append(row["status"])
    assert seen == ["REQUESTED", "SCHEDULED", "ONGOING", "SUCCEEDED"]
    assert scene.post(f"P/dataTransfers/{begun.json()['id']}:abort").status_code == 409


def test_a_transfer_can_be_given_up(scene: Scene) -> None:
    connector = Connector("sequencer-pc", connected=False)
    scene.fake.side.connectors.append(connector)
    data = scene.fake.put(scene.project, "/runs/a", b"abc").id
    begun = scene.post(f"P/data/{data}:scheduleDownload", {"connectorId": connector.id}).json()
    assert scene.post(f"P/dataTransfers/{begun['id']}:abort").status_code == 204
    assert scene.get(f"P/dataTransfers/{begun['id']}").json()["status"] == "ABORTED"


# 19, 20: metadata, old servers


def test_only_some_fields_of_data_can_be_changed(scene: Scene) -> None:
    data = scene.fake.put(scene.project, "/runs/a", b"abc").id
    shown = scene.get(f"P/data/{data}")
    assert shown.headers["ETag"]
    body = shown.json()
    body["data"]["details"]["willBeDeletedAt"] = "2027-01-26T12:00:04Z"
    assert scene.call("PUT", f"P/data/{data}", body).status_code == 200
    body["data"]["details"]["name"] = "b"
    assert scene.call("PUT", f"P/data/{data}", body).status_code == 400
    scene.fake.rules.rejects_read_only_fields = False
    assert scene.call("PUT", f"P/data/{data}", body).status_code == 200
    assert scene.details(data)["name"] == "a"


def test_folders_have_no_dates(scene: Scene) -> None:
    folder = scene.folder("/runs")
    body = scene.get(f"P/data/{folder}").json()
    body["data"]["details"]["willBeDeletedAt"] = "2027-01-26T12:00:04Z"
    assert scene.call("PUT", f"P/data/{folder}", body).status_code == 400


def test_an_old_server_knows_the_old_call_only(scene: Scene) -> None:
    scene.fake.rules.old = True
    body = {"name": "a", "folderPath": "/runs/"}
    assert scene.post("P/data:createFile", body).status_code == 405
    assert scene.post("P/dataCopyBatch", {"items": [{"dataId": "x"}]}).status_code == 404
    made = scene.post("P/data", {**body, "dataType": "FILE"})
    assert made.status_code == 201


def test_small_questions_are_answered(scene: Scene) -> None:
    assert scene.get("regions").json()["items"][0]["code"] == "US"
    assert scene.get("system/info").json()["version"] == "2.40.0"
    assert {row["code"] for row in scene.get("dataFormats").json()["items"]} >= {"FASTQ", "BAM"}
    rights = scene.get("P/permissions", accept=V4).json()["items"]
    assert rights[0]["uploadAllowed"] is True
