"""Checksums of whole files, from their parts or read afresh."""

from __future__ import annotations

from collections.abc import Sequence

from awscrt import checksums

from pipette.engine.bodies import FileSlice
from pipette.engine.interrupt import Interrupt
from pipette.model.files import SourceFile
from pipette.model.parts import Algorithm, Part, Receipt
from pipette.providers.protocol import Sent


def sent_summary(size: int, receipts: Sequence[Receipt], md5: str | None) -> Sent:
    return Sent(size, receipts, md5, combined_crc64(receipts))


def combined_crc64(receipts: Sequence[Receipt]) -> int | None:
    """CRC-64/NVME of the whole from those of its parts, in order; None unless each has one."""
    if not receipts:
        return None
    whole = 0
    for receipt in receipts:
        if receipt.crc64nvme is None:
            return None
        whole = checksums.combine_crc64nvme(whole, receipt.crc64nvme, receipt.length)
    return whole


def md5_of(source: SourceFile, interrupt: Interrupt) -> str:
    return _whole(source).digest(Algorithm.MD5, interrupt).hex()


def crc64_of(source: SourceFile, interrupt: Interrupt) -> int:
    return int.from_bytes(_whole(source).digest(Algorithm.CRC64NVME, interrupt), "big")


def _whole(source: SourceFile) -> FileSlice:
    return FileSlice.of(source, Part(1, 0, source.size))
