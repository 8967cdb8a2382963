"""The steps that make a decision true: staged, committed, published, filed, done.

Each can be repeated after any interruption. What settles a job is one transaction of the ledger; before it
everything is done anew, after it the same bytes go on: an answer that is still in stage/ has not been
published, and one that is not there has been. Answers reach out/ by rename, never by copy or link.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from edi837.gateway import names
from edi837.gateway.fsops import Disk, clear
from edi837.gateway.layout import MANIFEST, ORIGINAL, Claimed, Layout
from edi837.gateway.ledger import Changed, Ledger, Output
from edi837.gateway.reading import REASONS, Desk, Result

_ACKS = ("ta1", "999", "277ca")
_BLOCK = 1 << 20


@dataclass(slots=True)
class Decided:
    """A claimed file with what becomes of it."""

    claimed: Claimed
    name: str  # as text that anything can hold
    result: Result
    desk: Desk
    replays: str = ""

    @property
    def path(self) -> str:
        """Where the original goes, relative to the root."""
        job, folder = self.claimed.job, self.result.folder
        return os.path.join(folder, job) if folder == "quarantine" else f"{folder}/{self.desk.now:%Y/%m/%d}/{job}"

    def outputs(self) -> Iterator[tuple[str, str, str, IO[bytes]]]:
        """Kind, folder, name and content of each file; without a folder it stays beside the original."""
        settings, result = self.desk.settings, self.result
        partner = result.partner
        template = partner.names if partner else settings.names
        out = os.path.join("out", partner.folder) if partner and partner.folder else "out"
        for kind, content in result.outcome.files.items():
            if kind in _ACKS or settings.reports == "out":
                name = names.output(
                    template, kind, self.claimed.job, isa06=result.ends.sender, isa13=result.ends.number,
                    partner=partner.name if partner else "",
                )  # fmt: skip
                yield kind, out, name, content
            else:
                yield kind, "", kind, content


class Steps:
    """The steps, for the jobs of one worker, several at a time so that they share their fsyncs."""

    def __init__(self, disk: Disk, layout: Layout, ledger: Ledger) -> None:
        self._disk, self._layout, self._ledger = disk, layout, ledger

    def stage(self, decided: Sequence[Decided]) -> dict[str, list[Output]]:
        """Write all files of the jobs into stage/; they are on the disk when this returns."""
        written: dict[str, list[Output]] = {}
        paths: list[str] = []
        for each in decided:
            folder = self._layout.own("stage", each.claimed.job)
            clear(self._disk, folder)  # of an attempt that was not committed
            self._disk.mkdir(folder)
            outputs: list[Output] = []
            written[each.claimed.job] = outputs
            for kind, out, name, content in each.outputs():
                meter = _Meter(content)
                self._disk.write(os.path.join(folder, name), meter)
                outputs.append(Output(kind, out, name, meter.size, meter.hash.hexdigest()))
            self._disk.write(os.path.join(folder, MANIFEST), [self._manifest(each, outputs)])
            self._disk.point("staging")
            paths += [os.path.join(folder, name) for name in (*(o.name for o in outputs), MANIFEST)]
            paths.append(folder)
        self._disk.sync(paths)
        self._disk.point("staged")
        return written

    def commit(self, worker: str, decided: Sequence[Decided], written: dict[str, list[Output]]) -> None:
        """Fix verdicts, numbers and outputs in one transaction. Changed when another has taken a number since."""
        with self._ledger.writing():
            for each in decided:
                self._check(each)
                self._enter(worker, each, written[each.claimed.job])
            self._disk.point("committing")
        self._disk.point("committed")

    def _check(self, each: Decided) -> None:
        """An interchange or set that was new when it was read is still new."""
        desk, job = each.desk, each.claimed.job
        terms = each.result.partner or desk.settings
        if desk.replay:
            return
        for frame in each.result.frames if terms.duplicates == "reject" else ():
            if frame.taken and self._ledger.before(frame.key, desk.since, job):
                raise Changed
        for batch in each.result.batches if terms.batches == "reject" else ():
            known = not batch.key or batch.refused or batch.again
            if not known and self._ledger.sent(batch.key, desk.since, job):
                raise Changed

    def _enter(self, worker: str, each: Decided, outputs: Iterable[Output]) -> None:
        put, result, job = self._ledger.put, each.result, each.claimed.job
        at, day = each.desk.now.isoformat(timespec="milliseconds"), each.desk.now.date().isoformat()
        outcome = result.outcome
        self._ledger.take(worker, result.first, outcome.numbers)
        done = put(
            "UPDATE job SET state = 'COMMITTED', size = ?, sha256 = ?, folder = ?, path = ?, reason = ?, partner = ?, "
            "attempts = ?, claims = ?, rejected = ?, first = ?, numbers = ?, decided = ? "
            "WHERE id = ? AND state = 'CLAIMED'",
            result.size, result.sha256, result.folder, each.path, result.reason,
            result.partner.name if result.partner else "", each.claimed.attempts, outcome.claims, outcome.rejected,
            result.first, outcome.numbers, at, job,
        )  # fmt: skip
        if not done.rowcount:
            raise Changed
        for out in outputs:
            put("INSERT INTO output VALUES (?, ?, ?, ?, ?, ?)",
                job, out.kind, out.folder, out.name, out.size, out.sha256)  # fmt: skip
        for frame in result.frames:
            put("INSERT INTO interchange VALUES (?, ?, ?, ?, ?, ?, ?, ?)", job, frame.key, frame.sender, frame.number,
                frame.usage, int(frame.taken), frame.code, day)  # fmt: skip
        for batch in result.batches:
            put("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?)", job, batch.key, batch.usage, batch.number,
                batch.claims, int(batch.refused), day)  # fmt: skip
        self._ledger.note(at, job, "decided", folder=result.folder, reason=result.reason,
                          duplicate_of=result.duplicate_of, first=result.first, numbers=outcome.numbers)  # fmt: skip

    def publish(self, jobs: Sequence[Claimed]) -> None:
        """Give the answers of committed jobs their names, those that have not got them yet."""
        folders, stages = set(), []
        for claimed in jobs:
            stage = self._layout.own("stage", claimed.job)
            if self._disk.stat(stage) is None:  # filed already: everything was published before that
                continue
            stages.append(stage)
            for row in self._ledger.rows(
                "SELECT folder, name FROM output WHERE job = ? AND folder <> '' ORDER BY name", claimed.job
            ):
                staged = os.path.join(stage, row["name"])
                if self._disk.stat(staged) is not None:
                    self._name(staged, row["folder"], row["name"], claimed.job)
                    folders.add(self._layout(row["folder"]))
                    self._disk.point("published")
        self._disk.sync([*sorted(folders), *stages] if folders else [])
        self._disk.point("pub_synced")

    def _name(self, staged: str, folder: str, name: str, job: str) -> None:
        """Rename into out/; somebody else's file at that name stays, and ours gets another."""
        stem, dot, ext = name.rpartition(".")
        tries = [name, f"{stem}_{job}{dot}{ext}", *(f"{stem}_{job}_{n}{dot}{ext}" for n in range(2, 100))]
        for each in tries:
            try:
                self._disk.rename(staged, self._layout(folder, each))
                return
            except FileExistsError:
                continue
        raise FileExistsError(name)

    def file(self, jobs: Sequence[Claimed]) -> None:
        """Put originals, manifests and reports where they belong."""
        touched: list[str] = []
        for claimed in jobs:
            (path,) = self._ledger.put("SELECT path FROM job WHERE id = ?", claimed.job).fetchone()
            target, stage = self._layout(path), self._layout.own("stage", claimed.job)
            if self._disk.stat(stage) is not None:
                touched += self._folders(path)
                self._disk.rename(stage, target)
                self._disk.point("filing")
            work = self._layout.work(claimed)
            for name, _ in self._disk.entries(work):
                original = os.path.join(target, ORIGINAL)
                self._disk.rename(os.path.join(work, name), original)
                self._private(original)
                self._disk.point("filed")
            touched.append(target)
        self._disk.sync(list(dict.fromkeys(touched)))
        self._disk.point("file_synced")

    def _private(self, original: str) -> None:
        try:
            self._disk.private(original)
        except OSError:  # another's file; its folder is ours alone
            return

    def _folders(self, path: str) -> list[str]:
        """The folders above a job's, made; those whose names in the folder above are new are told."""
        parts = path.split("/")[:-1]
        new = []
        for depth in range(1, len(parts) + 1):
            folder = self._layout(*parts[:depth])
            if self._disk.stat(folder) is None:
                self._disk.mkdir(folder)
                new.append(self._layout(*parts[: depth - 1]))
        return [*new, self._layout(*parts)]

    def unmark(self, jobs: Sequence[Claimed], markers: Sequence[str]) -> None:
        """Take the senders' markers of filed jobs away."""
        for claimed in jobs:
            (name,) = self._ledger.put("SELECT name FROM job WHERE id = ?", claimed.job).fetchone()
            for ending in markers:
                self._disk.unlink(self._layout("in", claimed.folder, os.path.basename(name) + ending))

    def done(self, jobs: Sequence[Claimed], at: str) -> None:
        """Close the jobs."""
        with self._ledger.writing():
            for claimed in jobs:
                changed = self._ledger.put(
                    "UPDATE job SET state = 'DONE', done = ? WHERE id = ? AND state = 'COMMITTED'", at, claimed.job
                )
                if changed.rowcount:
                    self._ledger.note(at, claimed.job, "done")
                    self._ledger.put("DELETE FROM permit WHERE what = ?", claimed.job)
        self._disk.point("done")
        for claimed in jobs:
            self._disk.rmdir(self._layout.work(claimed))
        self._disk.point("cleaned")

    def _manifest(self, each: Decided, outputs: Sequence[Output]) -> bytes:
        result = each.result
        same = self._ledger.rows(
            "SELECT id FROM job WHERE sha256 = ? AND id <> ? AND state <> 'CLAIMED' ORDER BY id LIMIT 1",
            result.sha256, each.claimed.job,
        ) if result.sha256 else []  # fmt: skip
        said = {
            "job": each.claimed.job, "name": each.name, "size": result.size, "sha256": result.sha256,
            "folder": result.folder, "reason": result.reason, "why": REASONS.get(result.reason, ""),
            "partner": result.partner.name if result.partner else "", "attempts": each.claimed.attempts,
            "decided": each.desk.now.isoformat(timespec="seconds"), "replays": each.replays,
            "interchanges": [{"number": f.number, "usage": f.usage, "ta1": f.code} for f in result.frames],
            "duplicate_of": result.duplicate_of, "same_bytes_as": same[0]["id"] if same else "",
            "sets_whose_batch_came_before": [batch.number for batch in result.batches if batch.again],
            "claims": result.outcome.claims, "rejected": result.outcome.rejected,
            "outputs": [{"kind": o.kind, "name": o.name, "size": o.size, "sha256": o.sha256} for o in outputs],
        }  # fmt: skip
        return (json.dumps(said, indent=1) + "\n").encode()


class _Meter:
    """Blocks of a stream, from its start, with their size and hash."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content, self.size, self.hash = content, 0, sha256()

    def __iter__(self) -> Iterator[bytes]:
        self._content.seek(0)
        while block := self._content.read(_BLOCK):
            self.size += len(block)
            self.hash.update(block)
            yield block
