"""What the reader of loops tells: each slip against the guide, in words and in the codes of a 999.

Enters: the loop that a slip stands in, the number of its segment in the set, and what is wrong.
Leaves: `Finding`s in `Slips.out`, in the order told. A loop that something is told of is
`broken`: no rule beyond syntax and no policy sees the claim it is part of.
"""

from __future__ import annotations

from dataclasses import replace

from edi837 import misfits, remedy, syntax, x12
from edi837.chart import Loop
from edi837.findings import Finding, Level, Place
from edi837.grammar import LoopUse, SegmentUse
from edi837.x12 import Delimiters, Segment

Because = tuple[tuple[int, SegmentUse, int], ...]  # segment in the set, its use, and the element
_BELOW = {"0": "no level", "1": "a level"}
_MEND = {"0": "send 0, or the level that is missing", "1": "send 1"}


class Slips:
    """What is told of one transaction set."""

    def __init__(self, at: Place, delimiters: Delimiters) -> None:
        """``at``: interchange, group and set."""
        self.at = at
        self.out: list[Finding | Loop] = []  # told and not yet handed over; loops that close stand between
        self._delimiters = delimiters

    # -------------------------------------------------------------- segments

    def judge(
        self, loop: Loop, number: int, row: tuple[SegmentUse, Segment], good: bool = False, home: str = ""
    ) -> None:
        """Explain a segment that its pattern refused, or look at the syntax notes of a ``good`` one.

        ``home``: where it would belong with the qualifier it has, if that is one of the guide's elsewhere.
        """
        use, seg = row
        if use.unused:
            self._unused(loop, number, use)
            return
        for flaw in syntax.notes(use, seg) if good else syntax.explain(use, seg, self._delimiters):
            fix = remedy.of(flaw, use)
            if home and flaw.element == 1 and flaw.code == "7":
                fix = f"{fix}, or {home}"
            self._flaw(loop, number, use, flaw, fix)

    def _unused(self, top: Loop, number: int, use: SegmentUse) -> None:
        """Tell a segment that a companion guide forbids; what stands in a forbidden loop is told with its first."""
        loop = use.loop
        headless = top.use is loop and len(top.segments) == 1
        if (loop.parent and loop.parent.unused) or (loop.unused and use is not loop.entry and not headless):
            return
        what = f"loop {loop.id} ({loop.name})" if loop.unused else f"{use.tag} ({use.name})"
        self._tell(
            top, number, "IK3:I4", f"{what} is not used here{'' if loop.unused else f', in loop {loop.id}'}",
            loop=loop.id, tag=use.tag, fix=f"leave {'the loop' if loop.unused else 'it'} out",
        )  # fmt: skip

    def _flaw(self, loop: Loop, number: int, use: SegmentUse, flaw: syntax.Flaw, fix: str) -> None:
        name = _refdes(use.tag, flaw.element, flaw.component)
        called = f" ({flaw.use.name})" if flaw.use else ""
        detail = f": {flaw.detail}" if flaw.detail else ""
        self._tell(
            loop, number, f"IK4:{flaw.code}", f"{name}{called} {syntax.IK403[flaw.code]}{detail}",
            loop=use.loop.id, tag=use.tag, element=flaw.element, component=flaw.component,
            repetition=flaw.repetition, data_element=flaw.use.data_element if flaw.use else "", value=flaw.value,
            fix=fix,
            because=tuple((number, use, seq) for seq in flaw.because),
        )  # fmt: skip

    def too_many(self, loop: Loop, number: int, use: SegmentUse) -> None:
        """A segment came more often than its guide lets it."""
        self._tell(
            loop, number, "IK3:5",
            f"{use.tag} ({use.name}) comes more than {_times(use.max_use)} in loop {use.loop.id}",
            loop=use.loop.id, tag=use.tag, fix="drop what is one too many",
        )  # fmt: skip

    def unplaced(self, loop: Loop, number: int, seg: Segment, slip: misfits.Misfit) -> None:
        """A segment has no place where it stands."""
        if slip.placed and slip.placed.use.unused:
            return  # it is told as such
        if slip.element:
            name = _refdes(seg[0], slip.element, slip.component)
            code, what = self._no_qualifier(slip)
            self._tell(
                loop, number, code, f"{name} {what} in loop {slip.loop}",
                loop=slip.loop, tag=seg[0], element=slip.element, component=slip.component,
                data_element=slip.data_element, value=slip.value, fix=remedy.told(slip.value) or slip.fix,
            )  # fmt: skip
            return
        tag = seg[0] if slip.code != "1" else ""
        code = f"IK3:{slip.code}" if tag else "IK5:5"  # X12 RFI 1257: an unknown id is not echoed
        message, fix = slip.message, slip.fix
        if slip.instead:  # it stands where another is due: one slip
            home, owed = slip.instead
            home.excused |= owed.bit
            due = owed.entry.tag if isinstance(owed, LoopUse) else owed.tag
            message, fix = f"{message}; {due} ({owed.name}) is expected", remedy.told(seg[0]) or f"send {due}"
        self._tell(loop, number, code, message, loop=slip.loop, tag=tag, fix=fix)

    def _no_qualifier(self, slip: misfits.Misfit) -> tuple[str, str]:
        """The code of an element that should have said which use a segment is, and what it says to a person."""
        marks = self._delimiters
        if not slip.value or slip.value.isspace():
            return "IK4:1", syntax.IK403["1"]
        if marks.component in slip.value:
            return "IK4:13", syntax.IK403["13"]
        if marks.repetition and marks.repetition in slip.value:
            return "IK4:12", syntax.IK403["12"]
        return "IK4:7", "is not a code the guide lists"

    # -------------------------------------------------------------- loops and levels

    def missing(self, loop: Loop, number: int, required: int = 0, because: Because = ()) -> None:
        """What a loop that closes at segment ``number`` needs and lacks; ``required``: only these bits are asked."""
        if loop.use.unused:
            return
        for child in loop.use.children:
            if child.bit & (required or loop.use.required) & ~(loop.seen | loop.excused):
                where = child.id if isinstance(child, LoopUse) else loop.use.id
                entry = child.entry if isinstance(child, LoopUse) else child
                what = f"{f'loop {child.id}' if isinstance(child, LoopUse) else child.tag} ({child.name})"
                # Segments of one position stand in any order: behind the last it is missed for certain.
                later = [n for n, use, _ in loop.segments if use.pos > child.pos]
                later += [c.segments[0][0] for c in loop.loops if c.use.bit > child.bit and c.segments]
                later += [n for bit, n in (loop.gone or {}).items() if bit > child.bit]
                self._tell(
                    loop, min(later, default=number), "IK3:3",
                    f"{what} is required in loop {loop.use.id} and missing",
                    loop=where, tag=entry.tag, fix=f"send {what}", because=because,
                )  # fmt: skip

    def too_many_loops(self, parent: Loop, number: int, use: LoopUse) -> None:
        """A loop came more often than its guide lets it."""
        self._tell(
            parent, number, "IK3:4", f"loop {use.id} ({use.name}) comes more than {_times(use.repeat)}",
            loop=use.id, tag=use.entry.tag, fix="split the claim, or drop what is one too many",
        )  # fmt: skip

    def headless(self, loop: Loop, number: int, entry: SegmentUse, tag: str) -> None:
        """The segment that opens a loop is missing before one of this tag."""
        self._tell(
            loop, number, "IK3:3", f"{entry.tag} ({entry.name}) is required to open loop {entry.loop.id} and missing",
            loop=entry.loop.id, tag=entry.tag, fix=f"send {entry.tag} before {tag}",
        )  # fmt: skip

    def miscounted(
        self, loop: Loop, number: int, row: tuple[SegmentUse, Segment], slips: list[tuple[int, str]]
    ) -> None:
        """HL01 or HL02 is not what `levels.Levels.check` expects."""
        use, seg = row
        told = {f.place.element for f in self.out if f.__class__ is Finding and f.place.segment == number}
        for element, expected in slips:
            if element in told or use.unused:
                continue  # it is no number at all
            self._tell(
                loop, number, "IK4:7", f"HL{element:02d} of loop {use.loop.id} should be {expected or 'empty'}",
                loop=use.loop.id, tag="HL", element=element, data_element="628" if element == 1 else "734",
                value=seg[element] if element < len(seg) else "",
                fix=f"send {expected}" if expected else f"leave HL{element:02d} empty",
            )  # fmt: skip

    def below(self, loop: Loop, due: str) -> None:
        """HL04 of a level that closes is not what stands below it."""
        self._tell(
            loop, loop.segments[0][0], "IK4:7",
            f"HL04 of loop {loop.use.id} should be {due}: {_BELOW[due]} stands below it",
            loop=loop.use.id, tag="HL", element=4, data_element="736", value=x12.element(loop.first("HL"), 4),
            fix=_MEND[due],
        )  # fmt: skip

    # -------------------------------------------------------------- the finding

    def _tell(
        self, of: Loop, number: int, code: str, message: str, *, loop: str, tag: str, element: int = 0,
        component: int = 0, repetition: int = 0, data_element: str = "", value: str = "", fix: str = "",
        because: Because = (),
    ) -> None:  # fmt: skip
        of.broken = True
        claim = line = ""
        frame: Loop | None = of
        while frame is not None:
            if frame.use.id == "2300":
                claim = x12.element(frame.first("CLM"), 1)
            elif frame.use.id == "2400":
                line = x12.element(frame.first("LX"), 1)
            frame = frame.parent
        place = replace(
            self.at, claim=claim, line=line, segment=number, tag=tag, loop=loop,
            element=element, component=component, repetition=repetition, data_element=data_element, value=value,
        )  # fmt: skip
        rule = "X12-" + code.replace(":", "-")
        level: Level = "element" if element else "segment"
        triggers = tuple(
            replace(
                self.at, claim=claim, line=line, segment=at, tag=use.tag, loop=use.loop.id, element=seq,
                data_element=use.elements[seq - 1].data_element,
            ) for at, use, seq in because
        )  # fmt: skip
        self.out.append(Finding(rule, "reject", level, message, place, "guide", fix=fix, syntax=code, because=triggers))


def _refdes(tag: str, element: int, component: int) -> str:
    return Place(tag=tag, element=element, component=component).refdes


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
