"""What a task tells: the rows of its jobs, as `edi837 lines`, `edi837 claims` or `edi837 check` tell them.

Enters: jobs (`plan`) and a `Manner`, what is asked of them. Leaves: rows with the keys of `Manner.columns`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

from edi837 import claimrows, judged, kin, process, rows, rules, wording
from edi837.bench import Bench, apart
from edi837.chart import Loop
from edi837.columns import CLAIMS, LINES, Column, Schema
from edi837.findings import Edi837Error, Finding, NotX12
from edi837.frames import Event, Verdict
from edi837.gate import Judge
from edi837.judged import Judged
from edi837.rules import Policy
from edi837.spark import plan, stretch
from edi837.spark.plan import Job, Noted, Whole
from edi837.table import Row

View = Literal["lines", "claims", "findings", "files"]

FINDINGS = (
    Column("rule", "text", "id of the rule, as in `edi837 rules`"),
    Column("action", "text", "reject, warn or unknown"),
    Column("level", "text", "what it speaks of: interchange, group, set, segment, element, claim, line"),
    Column("source", "text", "what the rule rests on"),
    Column("message", "text", "what is wrong, in words"),
    Column("status", "texts", "claim status composites for the 277CA, category:status:entity"),
    Column("syntax", "text", "code for the TA1 or 999"),
    Column("file", "text", "the file as it was named"),
    Column("interchange", "text", "ISA13"),
    Column("group", "text", "GS06"),
    Column("set", "text", "ST02"),
    Column("claim", "text", "CLM01"),
    Column("line", "text", "LX01"),
    Column("segment", "whole", "its number in the set, ST counted as 1; missing where it stands in none"),
    Column("tag", "text", "its segment id"),
    Column("loop", "text", "its loop id"),
    Column("element", "text", "its element, as SV101-3"),
    Column("value", "text", "the element as sent; masked unless phi is show"),
    Column("says", "text", "the policy's words that were broken"),
)
FILES = (Column("file", "text", "the file as it was named"), Column("bytes", "long", "its size"))

BYTES = 16 << 20  # of text in a task, unless it is said otherwise
OPTIONS = {
    "path": "a file, a folder (the files in it, hidden ones aside), or a pattern, or a list of them when reading; "
    "every task finds it under this name",
    "view": "lines (default), claims, findings, or files",
    "policy": "names or paths of policies with commas between; default 042; none for none",
    "reach": "file (default): a patient's claims are judged as one wherever they stand; patient: under one HL",
    "bytes": f"text of a task, default {BYTES}; any number: a task ends at the next HL where a set can be cut",
    "split": "true (default), or false: each file in one task",
    "whole": "names of files, without their folders and with commas between, each of which is read in one task; "
    "one that is not among the files is refused",
    "unreadable": "fail (default): a file that is empty or not X12 fails the job; skip: it is passed over, and view "
    "findings has a row for it, of rule unreadable",
    "positions": "true for the segment in which each value stands; views lines and claims",
    "phi": "mask (default) or show: what is a person's",
    "now": "when writing: the moment that dates the answers, as 2025-01-31T06:00:00",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """What is asked of the files."""

    view: View = "lines"
    policies: tuple[str, ...] = ("042",)
    reach: Literal["file", "patient"] = "file"  # how far claims of a patient are looked for; patient: under one HL
    positions: bool = False
    phi: bool = False
    skips: bool = False  # files that are not X12

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        if self.view == "files":
            return FILES
        if self.view == "findings":
            return FINDINGS
        schema = self._schema
        return schema.columns(True) if self.positions else (*schema.values, *schema.positions[-2:])  # frames, file

    @property
    def _schema(self) -> Schema:
        return LINES if self.view == "lines" else CLAIMS

    @property
    def beyond(self) -> bool:
        """Whether claims that stand apart in a file may have to be judged as one."""
        return self.reach == "file" and self.bench().looks_beyond

    def bench(self) -> Bench:
        """The policies."""
        return Bench(apart(_policy(name) for name in self.policies))

    def rows(self, jobs: Iterable[Job]) -> Iterator[Row]:
        """The rows of some jobs. Raises Edi837Error, which names the file, where it is not X12 and has to be."""
        for job in jobs:
            try:
                yield from self._rows(job)
            except NotX12 as error:  # before its first row
                if not self.skips:
                    remedy = 'pass over such files by .option("unreadable", "skip")'
                    raise Edi837Error(f"{job.path} is not X12: {error}; {remedy}") from None
                if self.view == "findings":
                    said = f"not X12 at byte {error.offset}: {error}"
                    yield self._found(Finding("unreadable", "reject", "interchange", said), job.path)

    def _rows(self, job: Job) -> Iterator[Row]:
        if self.view == "files":
            yield {"file": job.path, "bytes": job.length}
        elif isinstance(job, Noted):
            if self.view == "findings":
                yield from (self._found(finding, job.path) for finding in job.findings)
        else:
            with Path(job.path).open("rb") as stream:
                if isinstance(job, Whole):
                    judges: Sequence[Judge] = self._judges(stream)
                    told, count = process.tell_loops(stream, judges), 0
                else:
                    if plan.stamp(job.path) != job.stamp:
                        raise stretch.changed(job.path)
                    bench = self.bench()
                    judges = (bench.widened() if self.beyond else bench,) if self.policies else ()
                    told, count = stretch.tell(job, stream, judges), job.frames[0] - 1
                yield from self._told(told, judges, count, job.path)

    def _judges(self, stream: BinaryIO) -> Sequence[Judge]:
        if not self.policies:
            return ()
        return (kin.judge(stream, self.bench()) if self.beyond else self.bench(),)

    def _told(self, events: Iterator[Event | Loop], judges: Sequence[Judge], count: int, file: str) -> Iterator[Row]:
        if self.view == "findings":
            for event in events:
                if isinstance(event, Loop):
                    event.release()
                for finding in (event,) if isinstance(event, Finding) else _on(event):
                    yield self._found(finding, file)
            return
        row = _ROWS[self.view, self.positions]
        for each in judged.of(events, judges, count):
            yield from row(each, self.phi, file)

    def _found(self, finding: Finding, file: str) -> Row:
        said = wording.as_dict(finding, file, self.phi)
        return {c.name: tuple(said["status"]) if c.name == "status" else said[c.name] for c in FINDINGS}


def _on(event: Event | Loop) -> tuple[Finding, ...]:
    return event.findings if isinstance(event, Verdict) else ()


def _lines(each: Judged, phi: bool, file: str) -> Iterator[Row]:
    for row in rows.lines(each, phi):
        yield {**row, "frames": each.frames, "file": file}


def _claims(each: Judged, phi: bool, file: str) -> Iterator[Row]:
    yield {**claimrows.row(each, phi), "frames": each.frames, "file": file}


def _placed_claims(each: Judged, phi: bool, file: str) -> Iterator[Row]:
    yield claimrows.placed_row(each, phi, file)


_ROWS: dict[tuple[str, bool], Callable[[Judged, bool, str], Iterator[Row]]] = {
    ("lines", False): _lines, ("lines", True): rows.placed_lines,
    ("claims", False): _claims, ("claims", True): _placed_claims,
}  # fmt: skip


@lru_cache(maxsize=16)
def _policy(name: str) -> Policy:
    return rules.load_tried(name)
