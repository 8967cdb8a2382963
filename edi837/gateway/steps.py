"""The steps that make a decision true: staged, committed, published, filed, done.

Each can be repeated after any interruption. What settles a job is one transaction of the ledger; before it
everything is done anew, after it the same bytes go on: an answer that is still in stage/ has not been
published, and one that is not there has been. Answers reach out/ by rename, never by copy or link.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import IO

from edi837.gateway.decided import Decided
from edi837.gateway.fsops import LONGEST, Disk, clear
from edi837.gateway.layout import MANIFEST, ORIGINAL, Claimed, Layout
from edi837.gateway.ledger import Changed, Ledger, Output
from edi837.gateway.outside import stamp
from edi837.gateway.settings import Settings, action

_BLOCK = 1 << 20


class Steps:
    """The steps, for the jobs of one worker, several at a time so that they share their fsyncs."""

    def __init__(self, disk: Disk, layout: Layout, ledger: Ledger, settings: Settings) -> None:
        self._disk, self._layout, self._ledger = disk, layout, ledger
        self._rights, self._copying = settings.rights, settings.publish == "copy"

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
                if out and self._rights.wider:
                    self._disk.grant(os.path.join(folder, name), self._rights.mode, self._rights.group)
                outputs.append(Output(kind, out, name, meter.size, meter.hash.hexdigest()))
            manifest = each.manifest(outputs)
            self._disk.write(os.path.join(folder, MANIFEST), [manifest])
            outputs.append(Output("manifest", "", MANIFEST, len(manifest), sha256(manifest).hexdigest()))
            self._disk.point("staging")
            paths += [os.path.join(folder, out.name) for out in outputs]
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
        for frame in each.result.frames:
            rejects = action(terms.duplicates, frame.usage) == "reject"
            if rejects and frame.taken and self._ledger.before(frame.key, desk.since, job):
                raise Changed
        for batch in each.result.batches:
            known = not batch.key or batch.refused or batch.again or action(terms.batches, batch.usage) != "reject"
            if not known and self._ledger.sent(batch.key, desk.since, job):
                raise Changed

    def _enter(self, worker: str, each: Decided, outputs: Iterable[Output]) -> None:
        put, result, job = self._ledger.put, each.result, each.claimed.job
        at, day = stamp(each.desk.now), each.desk.now.date().isoformat()
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
                    if self._copying:
                        self._copy(staged, row["folder"], row["name"], claimed.job)
                    else:
                        self._name(staged, row["folder"], row["name"], claimed.job)
                    folders.add(self._layout(row["folder"]))
                    self._disk.point("published")
        self._disk.sync([*sorted(folders), *stages] if folders else [])
        self._disk.point("pub_synced")

    def _name(self, staged: str, folder: str, name: str, job: str, same: str = "") -> None:
        """Rename into out/; somebody else's file at that name stays, and ours gets another.

        A file of the bytes of ``same`` is ours, from before a crash.
        """
        for each in called(name, job):
            try:
                self._disk.rename(staged, self._layout(folder, each))
                return
            except FileExistsError:
                if same and self._disk.same(same, self._layout(folder, each)):
                    self._disk.unlink(staged)
                    return
        raise FileExistsError(name)

    def _copy(self, staged: str, folder: str, name: str, job: str) -> None:
        """Publish onto another file system: it is seen whole there before it is taken out of stage/.

        A crash between the two lets it out again, under the same name with the same bytes, if the partner was faster.
        """
        there = self._layout(folder, f".{job}.{name}.tmp")
        self._disk.unlink(there)  # of an attempt that was cut off
        with self._disk.open(staged) as content:
            self._disk.write(there, iter(lambda: content.read(_BLOCK), b""))
        if self._rights.wider:
            self._disk.grant(there, self._rights.mode, self._rights.group)
        self._disk.sync([there])
        self._disk.point("copied")
        self._name(there, folder, name, job, staged)
        self._disk.sync([self._layout(folder)])
        self._disk.point("copy_synced")
        self._disk.unlink(staged)

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

    def unmark(self, files: Sequence[tuple[str, str]], markers: Sequence[str]) -> list[str]:
        """Take the senders' markers of claimed files away: folder in in/, and the name as the disk has it.

        As soon as the claims are durable, and before the ledger knows of them: the next upload of that name has to
        wait for a marker of its own, however long this one is read. A marker that came after such an upload is its
        own, and stays. Returns why others could not be taken away, by the names of the errors.
        """
        stay = []
        for folder, name in files:
            again = self._disk.stat(self._layout("in", folder, name))
            for ending in markers:
                if len(os.fsencode(name + ending)) > LONGEST:
                    continue  # no marker can be there
                path = self._layout("in", folder, name + ending)
                marker = self._disk.stat(path)
                if marker is None or (again is not None and not _older(marker, again)):
                    continue
                try:
                    self._disk.unlink(path)
                except OSError as error:
                    if error.errno not in (errno.EISDIR, errno.EPERM):
                        raise
                    stay.append(errno.errorcode[error.errno])
        folders = sorted({self._layout("in", folder).rstrip("/") for folder, _ in files})
        self._disk.sync([each for each in folders if self._disk.stat(each) is not None])
        return stay

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


def _older(marker: os.stat_result, upload: os.stat_result) -> bool:
    """Whether a marker stood there before a file was all there: by what no sender can set, when either changed last."""
    return marker.st_ctime_ns < upload.st_ctime_ns


def called(name: str, job: str) -> Iterator[str]:
    """The names that an answer gets in out/: its own, or the first of the others at which nothing stands."""
    stem, dot, ext = name.rpartition(".")
    yield name
    yield f"{stem}_{job}{dot}{ext}"
    yield from (f"{stem}_{job}_{n}{dot}{ext}" for n in range(2, 100))


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
