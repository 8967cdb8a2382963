"""Several files as one interchange: all their groups under the ISA of the first.

Enters: binary streams of whole frames (`deck`), each with what to call it. Leaves: text. Groups, sets
and claims stay as they are and in order; a GS06 that came before gets the next free number. `Torn`
when two files cannot stand under one ISA: other delimiters, another sender, receiver, version or use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from edi837 import deck
from edi837.deck import Torn
from edi837.x12 import Delimiters, Segment

_SAME = (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16)  # of the ISA


def gathered(streams: Iterable[BinaryIO]) -> Iterator[str]:
    """The text, segment by segment. Raises NotX12, or `Torn` where files do not go together."""
    first: Segment = []
    delimiters = Delimiters()
    used: set[int] = set()
    number = ""
    for stream in streams:
        for item, seg in deck.told(stream):
            if seg[0] == "ISA":
                if first:
                    _alike(first, seg, delimiters == item.delimiters)
                    continue
                first, delimiters = seg, item.delimiters
            elif seg[0] == "GS":
                own = int(seg[6])
                number = seg[6] if own not in used else str(max(used) + 1)
                if len(number) > 9:
                    raise Torn("there is no free number for GS06 behind the largest")
                used.add(int(number))
                seg = [*seg[:6], number, *seg[7:]]
            elif seg[0] == "GE":
                seg = [*seg[:2], number, *seg[3:]]
            elif seg[0] == "IEA":
                continue
            yield deck.text(seg, delimiters)
    if first:
        yield deck.text(["IEA", str(len(used)), first[13]], delimiters)


def _alike(first: Segment, seg: Segment, marks: bool) -> None:
    if not marks:
        raise Torn("its delimiters are others than those of the first interchange")
    for index in _SAME:
        if seg[index] != first[index]:
            raise Torn(f"its ISA{index:02d} is another than that of the first interchange")
