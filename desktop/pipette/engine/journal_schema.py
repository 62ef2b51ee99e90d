"""The journal's tables and how a journal of an earlier version becomes one of this version."""

from __future__ import annotations

from collections.abc import Sequence

VERSION_1 = """
CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    direction TEXT NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    container TEXT NOT NULL,
    path TEXT NOT NULL,
    local TEXT NOT NULL,
    given TEXT NOT NULL,          -- JSON list: what was dropped or asked for
    options TEXT NOT NULL,        -- JSON of BatchOptions
    created_at REAL NOT NULL,
    queue_order INTEGER NOT NULL,
    scanned INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    listed INTEGER NOT NULL DEFAULT 1,
    finished_at REAL,
    problem TEXT,
    files INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    arrived INTEGER NOT NULL DEFAULT 0,
    sent_bytes INTEGER NOT NULL DEFAULT 0,
    counts TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX batch_finished ON batch (finished_at);

CREATE TABLE transfer (
    id INTEGER PRIMARY KEY,
    batch TEXT NOT NULL REFERENCES batch (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,           -- path inside the container at the service
    local TEXT NOT NULL,          -- path on this computer
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    may_replace INTEGER NOT NULL DEFAULT 0,
    rule TEXT,                    -- the name rule decided for this file alone
    look INTEGER NOT NULL DEFAULT 0,
    opening_key TEXT,             -- set before the service is asked to open
    handle TEXT,
    part_count INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0,
    leaving TEXT NOT NULL DEFAULT '',
    arrived INTEGER NOT NULL DEFAULT 0,
    error_kind TEXT,
    error_detail TEXT,
    error_at REAL,
    proof TEXT NOT NULL DEFAULT 'none',
    md5 TEXT,
    etag TEXT,
    remote_id TEXT,
    remote_size INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    reused_parts INTEGER NOT NULL DEFAULT 0,
    sent_bytes INTEGER NOT NULL DEFAULT 0,
    renamed_to TEXT,
    finished_at REAL,
    finish_order INTEGER NOT NULL DEFAULT 0,
    UNIQUE (batch, position)
) STRICT;
CREATE INDEX transfer_waiting ON transfer (batch, position) WHERE state = 'waiting';
CREATE INDEX transfer_live ON transfer (batch) WHERE handle IS NOT NULL OR opening_key IS NOT NULL;
CREATE INDEX transfer_finished ON transfer (batch, finish_order) WHERE finish_order > 0;

CREATE TABLE receipt (
    transfer INTEGER NOT NULL REFERENCES transfer (id),
    number INTEGER NOT NULL,
    length INTEGER NOT NULL,
    etag TEXT NOT NULL,
    crc64nvme TEXT,
    md5 TEXT,
    proven INTEGER NOT NULL,
    PRIMARY KEY (transfer, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    transfer INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX log_transfer ON log (transfer);

CREATE TABLE recheck (
    batch TEXT NOT NULL,
    at REAL NOT NULL,
    outcome TEXT NOT NULL         -- JSON: counts of what was found
) STRICT;

CREATE TABLE memory (
    topic TEXT NOT NULL,          -- such as "checksums"
    subject TEXT NOT NULL,        -- such as an endpoint
    value TEXT NOT NULL,
    learned_at REAL NOT NULL,
    PRIMARY KEY (topic, subject)
) STRICT, WITHOUT ROWID;
"""

VERSION_2 = """
CREATE TABLE import_job (
    id INTEGER PRIMARY KEY,
    batch TEXT NOT NULL REFERENCES batch (id),
    account TEXT NOT NULL,
    state TEXT NOT NULL,          -- new, sending, sent or finished
    service_id TEXT NOT NULL DEFAULT '',
    stage TEXT NOT NULL DEFAULT '', -- what the service last said of it
    planned INTEGER NOT NULL,     -- rows it was made for
    handed INTEGER NOT NULL DEFAULT 0, -- rows handed over to the service
    told INTEGER NOT NULL DEFAULT 0, -- results the service has told so far
    handed_at REAL,               -- the last moment at which the service may have taken it
    not_before REAL NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0 -- what is left of it is not handed over again
) STRICT;
CREATE INDEX import_job_batch ON import_job (batch, state);
CREATE INDEX import_job_handed ON import_job (account, handed_at);

CREATE TABLE import_row (
    transfer INTEGER PRIMARY KEY REFERENCES transfer (id),
    job INTEGER REFERENCES import_job (id),
    number INTEGER NOT NULL,      -- in the manifest, from 1
    content TEXT NOT NULL,        -- JSON of ManifestRow
    there TEXT,                   -- id of what had its name before; '' nothing, NULL not looked
    asked INTEGER NOT NULL DEFAULT 0, -- it may have been handed over before
    files INTEGER NOT NULL DEFAULT 0 -- how many files it became
) STRICT;
CREATE INDEX import_row_job ON import_row (job);
"""

VERSION_3 = """
ALTER TABLE transfer ADD COLUMN mate INTEGER NOT NULL DEFAULT 0; -- 1 or -1: the next or last row
"""

UPGRADES: Sequence[str] = (VERSION_1, VERSION_2, VERSION_3)
"""``UPGRADES[n]`` turns version n into version n + 1; version 0 is an empty file."""

CURRENT = len(UPGRADES)
