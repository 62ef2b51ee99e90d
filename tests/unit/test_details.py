"""What the details panel works out from receipts and log."""

from __future__ import annotations

import hashlib

from awscrt.checksums import crc64nvme

from pipette.engine.details import checks_of, composite_md5, part_errors_in
from pipette.model.parts import Receipt
from pipette.model.transfer import BatchId, Direction, FileSnapshot, LogLine, State, TransferId

PIECES = (b"a" * 10, b"b" * 5)
MD5 = hashlib.md5(b"".join(PIECES), usedforsecurity=False).hexdigest()
DIGESTS = [hashlib.md5(piece, usedforsecurity=False) for piece in PIECES]
COMPOSITE = (
    hashlib.md5(b"".join(one.digest() for one in DIGESTS), usedforsecurity=False).hexdigest() + "-2"
)
CRC = f"{crc64nvme(b''.join(PIECES)):016x}"


def receipts(*, md5: bool = True, crc: bool = True) -> list[Receipt]:
    return [
        Receipt(
            number,
            len(piece),
            "etag",
            crc64nvme(piece) if crc else None,
            DIGESTS[number - 1].hexdigest() if md5 else None,
        )
        for number, piece in enumerate(PIECES, 1)
    ]


def file(md5: str | None = None, etag: str | None = None) -> FileSnapshot:
    return FileSnapshot(
        TransferId(1),
        BatchId("b"),
        Direction.UPLOAD,
        "a",
        "/data/a",
        "lab:/bucket/a",
        15,
        State.VERIFIED,
        md5=md5,
        etag=etag,
    )


def test_an_etag_that_is_a_plain_md5_stands_beside_ours() -> None:
    assert checks_of(file(MD5, MD5), []) == (("md5", MD5, MD5),)


def test_nothing_known_leaves_one_empty_row() -> None:
    assert checks_of(file(), []) == (("md5", "", ""),)


def test_a_composite_etag_stands_beside_what_our_parts_add_up_to() -> None:
    assert checks_of(file(MD5, COMPOSITE), receipts()) == (
        ("md5", MD5, ""),
        ("composite", COMPOSITE, COMPOSITE),
        ("crc64nvme", CRC, ""),
    )


def test_each_side_of_a_composite_may_be_missing() -> None:
    assert ("composite", "", COMPOSITE) in checks_of(file(None, COMPOSITE), receipts(md5=False))
    assert ("composite", COMPOSITE, "") in checks_of(file(None, "opaque"), receipts())


def test_a_part_without_a_checksum_leaves_the_whole_without() -> None:
    assert composite_md5([*receipts(), Receipt(3, 5)]) == ""
    assert composite_md5([]) == ""
    rows = checks_of(file(), receipts(md5=False, crc=False))
    assert rows == (("md5", "", ""),)


def test_an_etag_that_is_no_md5_is_not_shown_as_one() -> None:
    assert checks_of(file(MD5, "abc"), []) == (("md5", MD5, ""),)


def test_parts_that_needed_more_than_one_try_are_told_with_their_last_error() -> None:
    log = [
        LogLine(4.0, "part-retried", "7 BadPart"),
        LogLine(3.0, "part-retried", "2 SlowDown"),
        LogLine(2.0, "retried", "0 Temporary"),
        LogLine(1.0, "part-retried", "7 NetworkDown"),
        LogLine(0.0, "opened", "9 10"),
    ]
    assert part_errors_in(log) == ((2, 2, "SlowDown"), (7, 3, "BadPart"))
