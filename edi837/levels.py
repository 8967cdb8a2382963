"""Hierarchical levels: HL01 counts on, HL02 names the level above, HL04 says if one stands below.

Enters: the HL segments of a set in their order, and each level as it closes. Leaves: which
element of an HL is wrong, and what it should be (X12.59).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from edi837.chart import Loop
from edi837.grammar import LoopUse
from edi837.x12 import Segment


@dataclass(slots=True)
class Levels:
    """HL01 and HL02 of the levels read so far."""

    count: int = 0
    last: str = "0"  # HL01 of the level before
    open: dict[str, tuple[str, str]] = field(default_factory=dict)  # loop id: its HL01, and what it should be

    def check(self, use: LoopUse, seg: Segment) -> list[tuple[int, str]]:
        """(element, expected value) for HL01 out of sequence and HL02 off its parent."""
        slips: list[tuple[int, str]] = []
        self.count += 1
        due, sent = str(self.count), seg[1] if len(seg) > 1 else ""
        if sent and sent != due and not self._counted_on(sent):
            slips.append((1, due))
        self.last = sent
        parent = self.open.get(use.parent.id if use.parent else "")
        named = seg[2] if len(seg) > 2 else ""
        if parent and named and named not in parent:  # an empty one, or one at the top, is judged as an element
            slips.append((2, parent[1]))
        self.open[use.id] = (sent, due)
        return slips

    def _counted_on(self, sent: str) -> bool:
        """Whether an HL01 counts on from the one before: from a slip, it is no second slip."""
        return self.last.isdecimal() and len(self.last) < 12 and sent == str(int(self.last) + 1)

    def skip(self, use: LoopUse) -> None:
        """Count a level whose HL is missing; what number it had in the levels below cannot be told."""
        self.count += 1
        self.open.pop(use.id, None)


def lacks(loop: Loop) -> str:
    """What a level that closes gets wrong about what stands below it.

    ``0`` or ``1``: what its HL04 should be. ``2300``: neither a level nor a claim came, and
    HL04 promised no level. Empty: nothing, or nothing that is not told otherwise: an HL04 that
    is no code here, a level that the guide requires.
    """
    hl = loop.first("HL")
    says = hl[4] if len(hl) > 4 else ""
    levels, required, claims, codes = _below(loop.use)
    if not hl or says not in codes:
        return ""
    if loop.seen & levels:
        return "1" if says == "0" else ""
    if says == "1":
        return "" if required else "0"
    return "2300" if claims & ~loop.seen else ""


@cache
def _below(use: LoopUse) -> tuple[int, bool, int, frozenset[str]]:
    """Of a level: the bits of the levels below, whether one is required, the bits of claims; and HL04's codes."""
    uses = [child for child in use.children if isinstance(child, LoopUse)]
    levels = [each for each in uses if each.entry.tag == "HL"]
    claims = sum(each.bit for each in uses if each.id == "2300" and each.usage == "S")
    required = any(each.usage == "R" for each in levels)
    return sum(each.bit for each in levels), required, claims, use.entry.elements[3].codes
