"""Journals of a long past: many batches or many files, as they stand once all is done."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from pipette.engine.journal import Journal
from pipette.engine.journal_rows import options_to_json
from pipette.model.transfer import BatchOptions

SIZE = 16 * 1024
_BATCHES = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :batches)
INSERT INTO batch (id, direction, name, account, container, path, local, given, options, created_at,
    queue_order, scanned, listed, finished_at, files, size, arrived, sent_bytes, counts)
SELECT '20250101-' || i, 'upload', 'run ' || i, :account, 'bench', 'past/' || i, '', '[]', :options,
    :now - :batches * 60 + i * 60, i, 1, :listed, :now - :batches * 60 + i * 60 + 30,
    :files, :files * :size, :files * :size, :files * :size, '{"verified": ' || :files || '}'
FROM n
"""
_FILES = """
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :batches * :files)
INSERT INTO transfer (id, batch, position, name, path, local, size, state, arrived, proof, md5, etag,
    sent_bytes, finished_at, finish_order)
SELECT i + 1, '20250101-' || (i / :files + 1), i % :files,
    printf('lane/Sample%07d_R1_001.fastq.gz', i), printf('past/Sample%07d_R1_001.fastq.gz', i),
    printf('/data/lane/Sample%07d_R1_001.fastq.gz', i), :size, 'verified', :size, 'whole-file',
    'd41d8cd98f00b204e9800998ecf8427e', 'd41d8cd98f00b204e9800998ecf8427e', :size, :now, i + 1
FROM n
"""


def seed(path: Path, account: str, batches: int, files: int, *, listed: bool) -> None:
    """Make a journal. ``listed``: still in the list of uploads, else only in the history."""
    Journal(path).close()
    values = {
        "account": account,
        "batches": batches,
        "files": files,
        "listed": int(listed),
        "size": SIZE,
        "now": time.time(),
        "options": json.dumps(options_to_json(BatchOptions())),
    }
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_BATCHES, values)
        database.execute(_FILES, values)
