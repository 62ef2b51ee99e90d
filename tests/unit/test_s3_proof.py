"""How well an arrival is proven: never more than was shown."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from pipette.model.files import Location, RemoteFile
from pipette.model.parts import Handle, Proof, Receipt
from pipette.providers.protocol import Differs, Sent, Stored, Verdict
from pipette.providers.s3_proof import ENCRYPTION, composite_of, downloaded, is_settled, uploaded

AT = Location("lab", "bucket", "file")
WHOLE = Handle(6, resumable=False)
PARTS = Handle(3, "upload")
MD5 = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
FIRST = hashlib.md5(b"abc", usedforsecurity=False).hexdigest()
SECOND = hashlib.md5(b"def", usedforsecurity=False).hexdigest()
COMPOSITE = hashlib.md5(bytes.fromhex(FIRST + SECOND), usedforsecurity=False).hexdigest() + "-2"
RECEIPTS = (
    Receipt(1, 3, FIRST, 1, FIRST, proven=True),
    Receipt(2, 3, SECOND, 2, SECOND, proven=True),
)
SENT = Sent(6, RECEIPTS, MD5, 77)
SENT_WHOLE = Sent(6, (Receipt(1, 6, MD5, 77, MD5, proven=True),), MD5, 77)
UNPROVEN = replace(SENT, receipts=tuple(replace(one, proven=False) for one in RECEIPTS))


def remote(**told: object) -> RemoteFile:
    return replace(RemoteFile(AT), **told)


def proof(verdict: Verdict) -> Proof | None:
    return verdict.proof if isinstance(verdict, Stored) else None


def test_the_composite_is_the_md5_of_the_md5s_and_their_number() -> None:
    assert composite_of(RECEIPTS) == COMPOSITE
    assert composite_of([RECEIPTS[0], replace(RECEIPTS[1], md5=None)]) is None
    assert composite_of([]) is None


@pytest.mark.parametrize(
    ("told", "sent", "closed", "expected"),
    [
        ({"etag": COMPOSITE}, SENT, True, Proof.EVERY_PART),
        ({"etag": COMPOSITE}, SENT, False, Proof.EVERY_PART),
        ({"crc64nvme": 77}, SENT, True, Proof.EVERY_PART),
        ({"crc64nvme": 77, "size": 6}, SENT, False, Proof.EVERY_PART),
        ({"md5": MD5}, SENT, True, Proof.WHOLE_FILE),
        ({"etag": "opaque", "size": 6}, SENT, True, Proof.EVERY_PART),
        ({"etag": "opaque", "size": 6}, SENT, False, Proof.SIZE_ONLY),
        ({"etag": "opaque"}, SENT, True, Proof.NONE),
        ({"etag": COMPOSITE, "size": 6}, UNPROVEN, True, Proof.SIZE_ONLY),
        ({"crc64nvme": 77, "size": 6}, UNPROVEN, True, Proof.SIZE_ONLY),
        ({"etag": COMPOSITE}, UNPROVEN, True, Proof.NONE),
    ],
)
def test_an_upload_in_parts_is_proven_as_far_as_shown(
    told: dict[str, object], sent: Sent, closed: bool, expected: Proof
) -> None:
    assert proof(uploaded(PARTS, remote(**told), sent, closed=closed)) is expected


@pytest.mark.parametrize(
    ("told", "closed", "expected"),
    [
        ({"md5": MD5, "size": 6}, True, Proof.WHOLE_FILE),
        ({"crc64nvme": 77, "size": 6}, True, Proof.WHOLE_FILE),
        ({"etag": "opaque", "size": 6}, True, Proof.EVERY_PART),
        ({"etag": "opaque", "size": 6}, False, Proof.SIZE_ONLY),
    ],
)
def test_an_upload_in_one_piece_is_proven_as_far_as_shown(
    told: dict[str, object], closed: bool, expected: Proof
) -> None:
    assert proof(uploaded(WHOLE, remote(**told), SENT_WHOLE, closed=closed)) is expected


@pytest.mark.parametrize(
    "told",
    [
        {"size": 5},
        {"md5": FIRST},
        {"crc64nvme": 78},
        {"etag": f"{FIRST}-2"},
        {"etag": f"{COMPOSITE[:-2]}-3"},
        {"md5": MD5, "crc64nvme": 78},
        {"md5": FIRST, "crc64nvme": 77, "size": 6},
    ],
)
def test_one_checksum_that_differs_decides_against_the_file(told: dict[str, object]) -> None:
    assert isinstance(uploaded(PARTS, remote(**told), SENT, closed=True), Differs)


def test_a_composite_says_nothing_when_a_key_of_kms_encrypts() -> None:
    told = remote(etag=f"{FIRST}-2", size=6, details={ENCRYPTION: "aws:kms"})
    assert proof(uploaded(PARTS, told, SENT, closed=True)) is Proof.EVERY_PART


def test_a_composite_says_nothing_when_etags_of_parts_are_no_md5s() -> None:
    receipts = tuple(replace(one, etag="opaque") for one in RECEIPTS)
    told = remote(etag=f"{FIRST}-2", size=6)
    verdict = uploaded(PARTS, told, replace(SENT, receipts=receipts), closed=True)
    assert proof(verdict) is Proof.EVERY_PART


@pytest.mark.parametrize(
    ("handle", "told", "sent", "expected"),
    [
        (WHOLE, {"etag": "opaque"}, SENT_WHOLE, True),
        (WHOLE, {"etag": "opaque"}, UNPROVEN, False),
        (PARTS, {"etag": COMPOSITE}, SENT, True),
        (PARTS, {"crc64nvme": 77}, SENT, True),
        (PARTS, {"etag": ""}, SENT, False),
        (PARTS, {"etag": "opaque"}, SENT, False),
    ],
)
def test_nothing_more_is_asked_when_the_close_told_enough(
    handle: Handle, told: dict[str, object], sent: Sent, expected: bool
) -> None:
    assert is_settled(handle, remote(**told), sent) is expected


def test_a_lost_answer_to_close_is_never_settled_unasked() -> None:
    assert not is_settled(PARTS, None, SENT)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"size": 6, "md5": MD5}, Proof.WHOLE_FILE),
        ({"size": 6, "crc64nvme": 77}, Proof.WHOLE_FILE),
        ({"size": 6, "etag": COMPOSITE, "part_size": 3}, Proof.EVERY_PART),
        ({"size": 6, "etag": COMPOSITE, "part_size": 4}, Proof.SIZE_ONLY),
        ({"size": 6, "etag": COMPOSITE}, Proof.SIZE_ONLY),
        ({"size": 6, "etag": "opaque"}, Proof.SIZE_ONLY),
        ({"etag": "opaque"}, Proof.NONE),
        ({"size": 7}, None),
        ({"size": 6, "md5": FIRST}, None),
        ({"size": 6, "etag": f"{FIRST}-2", "part_size": 3}, None),
    ],
)
def test_a_download_is_proven_as_far_as_shown(
    told: dict[str, object], expected: Proof | None
) -> None:
    assert proof(downloaded(remote(**told), SENT)) is expected
