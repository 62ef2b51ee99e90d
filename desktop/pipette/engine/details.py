"""What the details panel shows of one file, worked out from its receipts and log. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pipette.engine.checks import combined_crc64
from pipette.model.parts import Receipt
from pipette.model.transfer import FileSnapshot, LogLine

Check = tuple[str, str, str]


def checks_of(file: FileSnapshot, receipts: Sequence[Receipt]) -> tuple[Check, ...]:
    """(what, here, there) rows; "" where a side has none."""
    rows: list[Check] = [("md5", file.md5 or "", _plain_md5(file.etag))]
    here, there = composite_md5(receipts), _composite(file.etag)
    if here or there:
        rows.append(("composite", here, there))
    crc = combined_crc64(receipts)
    if crc is not None:
        rows.append(("crc64nvme", f"{crc:016x}", ""))
    return tuple(rows)


def composite_md5(receipts: Sequence[Receipt]) -> str:
    """MD5 of the parts' MD5s with their number, as S3 writes it; "" unless each part has one."""
    md5s = [receipt.md5 for receipt in receipts]
    if not md5s or not all(md5s):
        return ""
    joined = b"".join(bytes.fromhex(md5) for md5 in md5s if md5)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(md5s)}"


def part_errors_in(log: Sequence[LogLine]) -> tuple[tuple[int, int, str], ...]:
    """(part, tries, last error kind) of parts that needed more than one try; ``log`` newest first."""
    tries: dict[int, int] = {}
    last: dict[int, str] = {}
    for line in log:
        if line.kind == "part-retried":
            number, _, kind = line.text.partition(" ")
            tries[int(number)] = tries.get(int(number), 0) + 1
            last.setdefault(int(number), kind)
    return tuple((number, tries[number] + 1, last[number]) for number in sorted(tries))


def _composite(etag: str | None) -> str:
    return etag if etag and "-" in etag else ""


def _plain_md5(etag: str | None) -> str:
    return etag if etag and len(etag) == 32 and "-" not in etag else ""
