"""The tables of the ledger, and what takes one of an older version to the next."""

from __future__ import annotations

VERSION = 2
LAYOUT = """
CREATE TABLE meta (version INTEGER NOT NULL, proof BLOB) STRICT;
CREATE TABLE job (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL, folder TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
  partner TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, claims INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0, numbers INTEGER NOT NULL DEFAULT 0,
  replays TEXT NOT NULL DEFAULT '', claimed TEXT NOT NULL, decided TEXT NOT NULL DEFAULT '',
  done TEXT NOT NULL DEFAULT '', pruned TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX job_sha256 ON job (sha256);
CREATE INDEX job_open ON job (state) WHERE state <> 'DONE';
CREATE TABLE output (
  job TEXT NOT NULL REFERENCES job (id), kind TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL,
  size INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (job, name)) STRICT;
CREATE TABLE interchange (
  job TEXT NOT NULL REFERENCES job (id), key BLOB NOT NULL, sender TEXT NOT NULL, number TEXT NOT NULL,
  usage TEXT NOT NULL, taken INTEGER NOT NULL, code TEXT NOT NULL, day TEXT NOT NULL) STRICT;
CREATE INDEX interchange_key ON interchange (key);
CREATE INDEX interchange_number ON interchange (number);
CREATE INDEX interchange_job ON interchange (job);
CREATE TABLE batch (
  job TEXT NOT NULL REFERENCES job (id), key BLOB NOT NULL, usage TEXT NOT NULL, st02 TEXT NOT NULL,
  claims INTEGER NOT NULL, refused INTEGER NOT NULL, day TEXT NOT NULL) STRICT;
CREATE INDEX batch_key ON batch (key);
CREATE INDEX batch_job ON batch (job);
CREATE TABLE seq (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT;
CREATE TABLE lease (worker TEXT PRIMARY KEY, next INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
CREATE TABLE permit (what TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, job TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
  chain TEXT NOT NULL) STRICT;
CREATE INDEX event_job ON event (job);
CREATE TABLE cut (event INTEGER NOT NULL, chain TEXT NOT NULL, at TEXT NOT NULL, seal BLOB NOT NULL) STRICT;
INSERT INTO meta (version) VALUES (2);
INSERT INTO seq VALUES ('control', 1);
"""
PROOF = "ALTER TABLE meta ADD COLUMN proof BLOB"  # older ones of this version lack it, and may be without
FORWARD = {  # what takes a ledger of each version to the next
    1: """
ALTER TABLE job ADD COLUMN pruned TEXT NOT NULL DEFAULT '';
UPDATE job SET pruned = coalesce((SELECT max(at) FROM event WHERE event.job = job.id AND kind = 'prune'), '');
CREATE INDEX batch_job ON batch (job);
CREATE TABLE cut (event INTEGER NOT NULL, chain TEXT NOT NULL, at TEXT NOT NULL, seal BLOB NOT NULL) STRICT;
""",
}
