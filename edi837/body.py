"""The claims of one transaction set: its segments read, its claims mapped, examined and judged.

Enters: the pieces of a set between ST and SE. Leaves: findings, each 2300 and HL loop as it closes,
and a verdict on every claim. A set is read to its end, or in parts that are cut before an HL (`cut`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edi837 import loops
from edi837.chart import Loop
from edi837.cut import Standing
from edi837.findings import Finding, Place
from edi837.frames import Verdict
from edi837.gate import Attentive, Gate, Judge
from edi837.grammar import Guide
from edi837.mapper import Mapper, imprint
from edi837.seen import Seen
from edi837.snip import Codes, Examiner, filed
from edi837.x12 import Delimiters, Segment, element


@dataclass(frozen=True, slots=True)
class Setting:
    """What a set is read by."""

    guide: Guide
    delimiters: Delimiters
    gs: Segment
    st: Segment
    at: Place  # interchange, group and set
    interchange: int = 1  # which of the file, from 1


def _never() -> bool:
    return False


Head = tuple[Segment, Segment, Segment]  # BHT, and NM1 of 1000A and 1000B


class Body:
    """Reads one set, or a part of it."""

    def __init__(
        self, setting: Setting, policies: Sequence[Judge], seen: Seen, codes: Codes | None,
        standing: Standing | None = None,
    ) -> None:  # fmt: skip
        """``seen``: the claims of the file so far; ``standing``: where the part before this one ended."""
        guide, delimiters = setting.guide, setting.delimiters
        self._examiner = Examiner(guide, delimiters.component, codes)
        self.reader = loops.Reader(guide, delimiters, setting.st, setting.at, self._examiner)
        if standing:
            self.reader.resume(standing)
        self._mapper = Mapper(guide.kind, delimiters.component)
        self._component = delimiters.component
        self._gate = Gate(policies, setting.at, seen)
        for judge in policies:
            if isinstance(judge, Attentive):
                judge.begin((setting.interchange, setting.at.group, setting.at.set))
        self._day = element(setting.gs, 4)
        self.claims = 0
        self.head: Head = ([], [], [])  # known at the end of the set

    @property
    def number(self) -> int:
        """Of the segment read last; that of the SE, if it is one."""
        return self.reader.number

    @property
    def stop(self) -> Segment | None:
        """The envelope segment that ended the set; None: the file ends in it."""
        return self.reader.stop

    def read(self, pieces: Iterator[str], torn: Callable[[], bool] = _never) -> Iterator[Finding | Loop | Verdict]:
        """Read to the end of the set. ``torn`` says whether the file ends in the piece read last."""
        reader = self.reader
        yield from self._told(reader.read(pieces), torn)
        whole = reader.stop is not None
        if reader.stop and reader.stop[0] == "SE":
            reader.number += 1
        # What a cut file lacks is one finding: the cut.
        yield from self._told((item for item in reader.close() if whole or not isinstance(item, Finding)), torn)
        if reader.empty:
            yield empty(reader.empty, reader.at)

    def read_part(self, pieces: Iterator[str], ahead: str) -> Iterator[Finding | Loop | Verdict]:
        """Read all of these pieces; ``ahead`` is the HL that follows. `loops.Reader.standing` is where it ends."""
        yield from self._told(self.reader.read(pieces, ahead), _never)
        yield from self._told(self.reader.pause(ahead), _never)

    def _told(self, items: Iterator[Finding | Loop], torn: Callable[[], bool]) -> Iterator[Finding | Loop | Verdict]:
        gate, root = self._gate, self.reader.root
        for item in items:
            if isinstance(item, Finding):
                if not torn() or self.reader.peeked:  # the last segment is cut: no fault of its own
                    yield item
                continue
            if item.use.id == "2300":
                claim, home = self._mapper.claim(item), item.parent
                self.claims += 1
                if self.claims == 1:
                    self._examiner.filed = filed(root.first("BHT"), self._day)
                found = self._examiner.examine(item, claim) if item.well_formed else None
                if found is not None:
                    claim.imprint = imprint(item, self._component)
                    claim.faulty = any(finding.rejects for finding in found)
                yield item
                yield from gate.hold(claim, found, home)
                continue
            if item is root:
                submitter, receiver = (
                    loop.first("NM1") if (loop := item.child(id)) else [] for id in ("1000A", "1000B")
                )
                self.head = item.first("BHT"), submitter, receiver
            yield item
            yield from gate.judge()


def empty(count: int, at: Place) -> Finding:
    """What is said of terminators in a set that end nothing."""
    return Finding(
        "X12-EMPTY", "warn", "set", f"{count} segment terminators have nothing before them", at, "X12",
        fix="end each segment once",
    )  # fmt: skip
