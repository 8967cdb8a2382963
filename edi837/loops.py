"""The loop tree: every segment of a transaction set put in its place, claim by claim.

Enters: the segment texts of one set after its ST. Leaves: findings as they arise, and each
2300 or HL loop when it closes, hanging from its open ancestors. A closed claim or level is
let go, so memory holds one claim and the path above it, never the file.

Theory of operation
-------------------
Where a segment goes depends only on where we stand (a `SegmentUse`) and on its tag and
qualifier. The answer, a `Step`, is therefore looked up once and remembered: a file of 30,000
claims needs some forty. A step says how many loops close, which open, and what we then stand on.
Within a loop, positions only grow; at the end of a loop the search goes on in its parent.

Three things are counted per open loop: a bit for each child seen (what is required and not
seen when the loop closes is missing), and how often a child came that may come only so often.

A claim repeats much of the one before it: its payer, its dates, LX*1. A short segment that was
good is therefore known word for word at the site it was reached from, with its step, and is
neither split nor judged again; `Chart.forget` ends it.

What cannot be placed so is a slip: `misfits` finds its one cause, and `slips` tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, Protocol

from edi837 import cut, levels, misfits, onward
from edi837.chart import Fork, Loop, Step, chart
from edi837.cut import Standing
from edi837.findings import Finding, Place
from edi837.grammar import Guide, LoopUse, SegmentUse
from edi837.slips import Slips
from edi837.x12 import Delimiters, Segment

ENVELOPE = frozenset(("ISA", "GS", "ST", "SE", "GE", "IEA"))
SHORT = 80  # characters; a longer segment is hardly sent twice
CROWD = 10_000  # how many too many of a kind in one loop are still kept: a claim has to fit into memory
LEVELS = frozenset(("2000A", "2000B", "2000C", "2000D"))
_BLANK = " \t\r\n"


class Inspector(Protocol):
    """Looks at good segments one by one, and puts what it notes into `Loop.notes`."""

    uses: Collection[SegmentUse]  # those it looks at

    def noted(self, loop: Loop, row: tuple[int, SegmentUse, Segment]) -> bool:
        """Whether it noted anything on a segment (number in the set, use, elements) of this loop."""


class Reader:
    """Reads one transaction set. `read` ends at the first envelope segment, kept in `stop`."""

    def __init__(
        self, guide: Guide, delimiters: Delimiters, st: Segment, at: Place, inspector: Inspector | None = None
    ) -> None:
        """``st`` the ST; ``at`` where the set stands; ``inspector`` looks at segments beyond their syntax."""
        self._chart = chart(guide, delimiters)
        self.at = at  # interchange, group and set, for every finding
        self.number = 1  # of the segment in the set; the ST is 1
        self.stop: Segment | None = None
        self.peeked = False  # the piece taken last is not read yet
        self.empty = 0  # terminators with nothing before them
        self.standing: Standing | None = None  # after a pause; None: the set cannot be cut here
        self.root = Loop(guide.root)
        self._top = self.root
        self._site = self._chart.site(guide.root.entry)
        self.root.seen = self._site.use.bit
        self.root.segments.append((1, self._site.use, st))
        self._lost = False  # inside a loop whose qualifier we could not read
        self._strayed = 0  # the last segment that lost us
        self._early: SegmentUse | None = None  # came before the segment that opens its loop
        self._late: tuple[int, SegmentUse] | None = None  # the last segment out of order
        self._slips = Slips(at, delimiters)
        self._levels = levels.Levels()
        self._doubtful: Loop | None = None  # a level below it names another as its parent
        self._inspector = inspector
        self._inspected: Collection[SegmentUse] = inspector.uses if inspector else ()

    def read(self, pieces: Iterator[str], after: str | None = None) -> Iterator[Finding | Loop]:
        """Yield findings in order and each 2300 or HL loop as it closes; then set `stop`.

        ``after``: the segment behind these, where the set does not end with them.
        """
        separator = self._chart.delimiters.element
        component = self._chart.delimiters.component
        out, number = self._slips.out, self.number
        inspected = self._inspected
        noted = self._inspector.noted if self._inspector else _nothing
        site, top = self._site, self._top
        step: Any
        source, again = pieces, True
        while again:
            again = self.peeked = False
            for piece in pieces:
                here = site
                known = here.known.get(piece)
                if known is not None:
                    step, seg = known
                else:
                    text = piece
                    if piece < "!":  # begins with a line end or blank, or is empty
                        text = piece.lstrip(_BLANK)
                        if not text:
                            self.empty += 1
                            continue
                    seg = text.split(separator)
                    tag = seg[0]
                    step = site.steps.get(tag)
                    if step.__class__ is dict:
                        step = step.get(seg[1]) if len(seg) > 1 else None
                    elif step.__class__ is Fork:
                        step = step.get(self._chart.key(seg))
                    if step is None:
                        if tag in ENVELOPE:
                            self.stop = seg
                            break
                        placed = onward.forward(site.use, seg, self._chart.guide, component)
                        if placed is None:
                            ahead = next(pieces, None)
                            if ahead is not None:
                                pieces = chain((ahead,), source)  # what was put back before has been read
                                self.peeked = True
                            self._site = site
                            self.number = number = number + 1
                            self._misfit(seg, after if ahead is None else ahead)
                            site, top = self._site, self._top
                            yield from out
                            out.clear()
                            again = True
                            break  # to take up the rebuilt iterator
                        step = self._chart.step(placed)
                        self._chart.remember(site, seg, step)
                self.number = number = number + 1
                site = step.site
                if step.crosses:
                    self._cross(step)
                    top = self._top
                if top.seen & step.bit:
                    self._again(top, site.use)
                else:
                    top.seen |= step.bit
                top.segments.append((number, site.use, seg))
                if known is None:
                    good, clean = site.accepts(text), True
                    if good is None or len(seg) > site.noted:
                        said = len(out)
                        self._slips.judge(top, number, (site.use, seg), good is not None)
                        clean = len(out) == said
                    if clean and site.use in inspected and noted(top, (number, site.use, seg)):
                        pass  # and not known by heart: what was noted is noted each time
                    elif tag == "HL":
                        self._level(site.use, seg)
                    elif site.room and not out and len(piece) < SHORT:
                        site.room -= 1
                        here.known[piece] = step, seg
                if out:
                    yield from out
                    out.clear()
        self._site = site

    def close(self) -> Iterator[Finding | Loop]:
        """Close every loop, at the end of the set; the root, yielded last, is the set itself."""
        while self._top is not self.root:
            self._leave()
        self._slips.missing(self.root, self.number)
        self._slips.out.append(self.root)
        yield from self._slips.out
        self._slips.out.clear()

    # -------------------------------------------------------------- parts of a set

    def pause(self, piece: str) -> Iterator[Finding | Loop]:
        """Close what the HL in ``piece``, which is not read, closes; `standing` says where that leaves us."""
        seg = piece.lstrip(_BLANK).split(self._chart.delimiters.element)
        placed = onward.forward(self._site.use, seg, self._chart.guide, self._chart.delimiters.component)
        if placed and len(placed.opens) == 1 and not self._early:
            self.number += 1  # what is missing is missing at that HL
            self._close(placed.pops)
            self.number -= 1
            self.standing = self._stand()
        yield from self._slips.out
        self._slips.out.clear()

    def _stand(self) -> Standing | None:
        path = cut.path(self._top, self._doubtful)
        if not path:
            return None
        levels = self._levels
        above = {level: said for level, said in levels.open.items() if level in path}
        return Standing(self.number, tuple(path.values()), levels.count, levels.last, above, self.empty)

    def resume(self, standing: Standing) -> None:
        """Stand where another reader of the set stood."""
        self.root, self._top = cut.reopen(standing.path, self.root.use)
        self._site = self._chart.site(self._top.use.entry)
        self.number, self.empty = standing.number, standing.empty
        self._levels = levels.Levels(standing.levels, standing.last, dict(standing.above))

    # -------------------------------------------------------------- crossing loops

    def _cross(self, step: Step) -> None:
        self._lost = False
        left, said = self._top, len(self._slips.out)
        if step.pops:
            self._close(step.pops)
        top = self._top
        for use in step.opens:
            bit, kept = use.bit, True
            if top.seen & bit:
                if top.count(bit) == use.repeat + 1 > 1 and not use.unused:
                    if left.use is use and len(left.segments) == 1:  # its first segment came twice
                        del self._slips.out[said:]  # what the first lacks stands behind the second
                    self._slips.too_many_loops(top, self.number, use)
                kept = use.told or not top.crowded(bit, use.repeat + CROWD)  # what is told is let go anyway
            top.seen |= bit
            loop = Loop(use, top)
            if kept:
                top.loops.append(loop)
            top = loop
            if self._early:
                if self._early.loop is use:
                    loop.excused |= self._early.bit
                self._early = None
        self._top = top

    def _close(self, count: int) -> None:
        parent = self._top
        for _ in range(count):
            use = parent.use
            if use.told or use.required & ~parent.seen or parent.broken or parent.notes:
                self._top = parent
                self._leave()
                parent = self._top
            else:  # most loops close without a word
                assert parent.parent is not None
                parent = parent.parent
        self._top = parent

    def _leave(self) -> None:
        loop = self._top
        use, parent = loop.use, loop.parent
        if use.required & ~loop.seen:
            self._slips.missing(loop, self.number)
        if use.told and use.id in LEVELS:
            self._below(loop)
        assert parent is not None
        self._top = parent
        if use.told:
            self._slips.out.append(loop)
            parent.loops.pop()  # let it go
            if parent.gone is None:
                parent.gone = {}
            if use.bit not in parent.gone:
                parent.gone[use.bit] = loop.segments[0][0] if loop.segments else self.number
            return
        if loop.broken:
            parent.broken = True
        if loop.notes and not parent.crowded(use.bit, use.repeat + CROWD):
            parent.notes = parent.notes or []
            parent.notes += loop.notes

    def _below(self, loop: Loop) -> None:
        """Whether a level that closes has below it what its HL04 says, or at least a claim."""
        what = levels.lacks(loop)
        if what and loop.use.unused:
            return
        if what in ("0", "1"):
            if loop is not self._doubtful:
                self._slips.below(loop, what)
        elif what and self._strayed < loop.segments[0][0]:
            asked = sum(c.bit for c in loop.use.children if isinstance(c, LoopUse) and c.id == what)
            hl04 = loop.segments[0][0], loop.use.entry, 4
            self._slips.missing(loop, self.number, asked, (hl04,))  # HL04: no level stands below

    def _again(self, loop: Loop, use: SegmentUse) -> None:
        if loop.counts and loop.segments and loop.crowded(loop.segments[-1][1].bit, CROWD):
            loop.segments.pop()
        if loop.count(use.bit) == use.max_use + 1 > 1 and not (self._lost or use.unused):
            self._slips.too_many(loop, self.number, use)

    def _level(self, use: SegmentUse, seg: Segment) -> None:
        """HL01 counts on from the HL before, HL02 names the HL above (X12.59)."""
        slips = self._levels.check(use.loop, seg)
        if not slips:
            return
        if any(element == 2 for element, _ in slips):
            self._doubtful = self._top.parent
        self._slips.miscounted(self._top, self.number, (use, seg), slips)

    # -------------------------------------------------------------- what does not fit

    def _misfit(self, seg: Segment, ahead: str | None) -> None:
        delimiters = self._chart.delimiters
        if self._follows(seg):
            return
        following = ahead.lstrip(_BLANK).split(delimiters.element) if ahead else []
        slip = misfits.explain(self._site.use, self._top, seg, following, self._chart.guide, delimiters.component)
        placed, lost, tell = slip.placed, self._lost, self._slips
        if lost and slip.code != "3" and seg[0] != "HL":
            return  # part of a loop already reported
        if placed is None:
            tell.unplaced(self._top, self.number, seg, slip)
            self._lost = slip.opens_unknown
            if self._lost:
                self._strayed = self.number
            return
        if slip.early:
            tell.unplaced(self._top, self.number, seg, slip)
            tell.judge(self._top, self.number, (placed.use, seg))
            self._early = placed.use
            return
        if slip.code in ("5", "7"):  # one too many, or out of order: it stays where it belongs, we stay where we are
            use = placed.use
            number, last = self._late or (0, use)
            self._late = self.number, use
            home = self._top.outward()[placed.pops]
            home.broken = True
            # Behind its fellow it may be out of order only because that one came before its place.
            stray = number != self.number - 1 or last.loop is not use.loop or last.pos > use.pos
            if slip.code == "7" and stray:
                tell.unplaced(self._top, self.number, seg, slip)
            if placed.opens:  # what follows may belong to it
                home.seen |= placed.opens[0].bit
                self._lost, self._strayed = True, self.number
            else:
                if home.seen & use.bit:
                    self._again(home, use)
                home.seen |= use.bit
                home.segments.append((self.number, use, seg))
            tell.judge(self._top, self.number, (placed.use, seg))
            return
        self._cross(self._chart.step(placed))
        if slip.code == "3":  # the segment that opens the loop is missing
            headless = self._top if len(placed.opens) == 1 else self._top.parent
            assert headless is not None
            entry = headless.use.entry
            headless.seen |= entry.bit
            self._lost = lost  # which loop it is was only guessed
            if not lost and not entry.unused:  # else it was there, and could not be read
                tell.headless(self._top, self.number, entry, seg[0])
            if entry.tag == "HL":
                self._levels.skip(entry.loop)
        if self._top.seen & placed.use.bit:
            self._again(self._top, placed.use)
        self._top.seen |= placed.use.bit
        self._top.segments.append((self.number, placed.use, seg))
        self._site = self._chart.site(placed.use)
        tell.judge(self._top, self.number, (placed.use, seg), home="" if slip.code else slip.fix)
        if seg[0] == "HL":
            self._level(placed.use, seg)

    def _follows(self, seg: Segment) -> bool:
        """Whether a segment is out of order as the one before it, of the same kind: then it is as good as told."""
        number, use = self._late or (0, None)
        chart, home = self._chart, self._top
        if number != self.number - 1 or use is None or use.tag != seg[0] or self._lost:
            return False
        if not onward.fits(use, seg, chart.guide, chart.delimiters.component):
            return False
        while home.use is not use.loop:
            if home.parent is None:
                return False  # it opened a loop of its own
            home = home.parent
        self._late = self.number, use
        self._again(home, use)
        home.segments.append((self.number, use, seg))
        self._slips.judge(self._top, self.number, (use, seg))
        return True


def _nothing(loop: Loop, row: tuple[int, SegmentUse, Segment]) -> bool:
    return False
