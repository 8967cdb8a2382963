"""Where a reader will stand at the end of a part, told without reading it.

Enters: the text of a set. Leaves: where it can be cut, before an HL of a billing provider or a subscriber,
and where the reader of a part will stand at such a cut. That depends on little of what came before: how many
segments and HLs, and the head of the set and of the provider, which alone are read. It is a guess: whoever
reads the part before knows, and compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from edi837.body import Body
from edi837.cut import Opened, Standing
from edi837.grammar import LoopUse
from edi837.loops import ENVELOPE
from edi837.part import Part
from edi837.seen import Seen
from edi837.snip import Codes
from edi837.x12 import Delimiters, Segment, behind, element, split

PROVIDER, SUBSCRIBER = "20", "22"  # HL03: a set is cut before these


@dataclass(frozen=True, slots=True)
class Mark:
    """An HL in a text."""

    at: int  # of its first character, from where the text begins
    seg: Segment
    before: int  # segments of the text before it
    empty: int  # terminators with nothing before them, before it


@dataclass(frozen=True, slots=True)
class Sight:
    """What a text shows at a glance."""

    marks: list[Mark]
    end: int | None  # where the envelope segment begins that ends the set


def glance(text: str, at: int, delimiters: Delimiters) -> Sight:
    """The HLs of a text from where a segment begins, behind a terminator, up to the end of its set.

    One at the end of the text does not count: the file may be cut off in it.
    """
    marks: list[Mark] = []
    empty, number, begin = 0, 0, at
    terminator = delimiters.segment
    for match in _pattern(delimiters).finditer(text, at - 1):
        kind = match.lastgroup
        if kind == "blank":
            empty += 1
        elif kind == "end":
            return Sight(marks, match.start("end") - begin)
        else:
            start = match.start("hl")
            number += text.count(terminator, at, start)
            at = start
            marks.append(Mark(start - begin, split(match["hl"], delimiters), number - empty, empty))
    return Sight(marks, None)


@lru_cache(maxsize=16)
def _pattern(delimiters: Delimiters) -> re.Pattern[str]:
    """Where an HL begins, where the set ends, and where there is nothing before a terminator."""
    t, e = re.escape(delimiters.segment), re.escape(delimiters.element)
    tags = "|".join(sorted(ENVELOPE))
    # The terminator first, and then one character: so most segments are passed over in no time.
    return re.compile(
        rf"{behind(delimiters)}(?=[HISG{t}]|\Z)"
        rf"(?:(?P<hl>HL{e}[^{t}]*(?={t}))|(?P<end>(?:{tags})(?=[{e}{t}]|\Z))|(?P<blank>(?={t}|\Z)))"
    )


def last_cut(sight: Sight) -> int | None:
    """The last of the marks before which the text may be cut, not at its beginning."""
    for index in range(len(sight.marks) - 1, -1, -1):
        mark = sight.marks[index]
        if element(mark.seg, 3) in (PROVIDER, SUBSCRIBER):
            return index if mark.before else None
    return None


def foresee(part: Part, marks: list[Mark], ahead: Mark, codes: Codes | None) -> Standing | None:
    """Where a reader of this part will stand at its end; None when nobody can tell.

    ``marks``: its HLs; ``ahead``: the HL behind it.
    """
    start, base = part.start, part.start.number if part.start else 1
    providers = [index for index, mark in enumerate(marks) if element(mark.seg, 3) == PROVIDER]
    root: Standing | None = start
    if start is None:
        first = marks[providers[0]] if providers else ahead
        if element(first.seg, 3) != PROVIDER:
            return None
        root = _read(part, None, 0, first, codes)
    if root is None:
        return None
    levels = root.levels + len(marks)
    now = replace(
        root, number=base + ahead.before, levels=levels, last=element(marks[-1].seg, 1) if marks else root.last,
        empty=(start.empty if start else 0) + ahead.empty,
    )  # fmt: skip
    closes = element(ahead.seg, 3) == PROVIDER
    top, use = root.path[0], part.setting.guide.root
    openings = [each.rows[0][0] for each in root.path[1:] if each.rows]
    openings += [base + marks[each].before + 1 for each in providers]
    gone = openings if closes else openings[:-1]  # the providers of whom nothing stays open
    if gone:
        top = _came(top, use, "2000A", gone[0])
    if closes:
        return replace(now, path=(top,), above={})
    below, path = marks, root.path
    if providers:
        index = providers[-1]
        mark, below = marks[index], marks[index + 1 :]
        start = replace(
            root, number=base + mark.before, levels=root.levels + index, path=(top,), above={},
            last=element(marks[index - 1].seg, 1) if index else root.last,
        )  # fmt: skip
        stood = _read(part, start, mark.at, below[0] if below else ahead, codes)
        if stood is None:
            return None
        now, path = replace(now, path=stood.path, above=stood.above), stood.path
    if len(path) > 1:
        home = part.setting.guide.root.children[path[1].use]
        assert isinstance(home, LoopUse)
        for mark in below[:1]:
            now = replace(now, path=(path[0], _came(path[1], home, "2000B", base + mark.before + 1)))
    return now


def _read(part: Part, start: Standing | None, at: int, until: Mark, codes: Codes | None) -> Standing | None:
    """Where a reader stands after the segments from ``at`` on before an HL; what it finds is found again."""
    body = Body(part.setting, (), Seen(), codes, start)
    delimiters = part.setting.delimiters
    text = _before(part.text, until.at, delimiters) if until.at < len(part.text) else part.text
    pieces = text[at:].split(delimiters.segment) if text[at:] else []
    for _ in body.read_part(iter(pieces), delimiters.element.join(until.seg)):
        pass
    return body.reader.standing


def _before(text: str, at: int, delimiters: Delimiters) -> str:
    """The segments before the one that begins here, blanks before it left to it."""
    return text[: max(0, text.rfind(delimiters.segment, 0, at))]


def _came(loop: Opened, use: LoopUse, child: str, number: int) -> Opened:
    """A loop in which a child came that opened at a segment and is closed."""
    bit = next((each.bit for each in use.children if isinstance(each, LoopUse) and each.id == child), 0)
    return replace(loop, seen=loop.seen | bit, gone={bit: number, **loop.gone})
