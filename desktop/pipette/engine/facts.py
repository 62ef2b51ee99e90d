"""What a worker's report tells of a transfer beside what became of its step."""

from __future__ import annotations

from pipette.engine.jobs import Report
from pipette.engine.journal import Journal
from pipette.engine.ledger import Ledger
from pipette.engine.records import Transfer


class Facts:
    """Belongs to the engine's thread."""

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        self._ledger = ledger
        self._journal = journal

    def take(self, t: Transfer, report: Report) -> None:
        if report.receipt and t.handle:
            t.receipts[report.receipt.number] = report.receipt
            self._journal.save_receipts([(t.id, report.receipt)])
        if report.receipts is not None:
            t.receipts = {receipt.number: receipt for receipt in report.receipts}
            self._journal.replace_receipts(t)
        if report.remote:
            t.remote = report.remote
            t.etag = report.remote.etag
            t.remote_id = report.remote.id
            t.remote_size = report.remote.size
        if report.at_service and report.at_service != t.at_service:
            t.at_service = report.at_service
            t.renamed_to = report.at_service.name
        if report.local and report.local != t.local:
            t.local = report.local
            t.renamed_to = report.local.replace("\\", "/").rpartition("/")[2]
        if report.size is not None and report.size != t.size:
            self._resize(t, report.size)
        t.md5 = report.md5 or t.md5
        t.proof = report.proof or t.proof
        t.reused_parts = max(t.reused_parts, report.reused_parts)

    def _resize(self, t: Transfer, size: int) -> None:
        """What is fetched is larger or smaller now than when it was listed."""
        self._ledger.batches[t.batch].size += size - t.size
        t.size = size
