"""What would mend a slip, written as the sender would write it.

Enters: the ``mend`` of an edit, and a breach that is certain. Leaves: a `Proposal`, one element as it
should be; where only some days of the line are at fault, what to do first, in words; or nothing where the
remedy is not plain. What a mend does to money is always said: the rank of a therapy decides what is paid
for it, a line that goes or comes changes the claim's charge.

The kinds are a closed list, each a table with one key::

    mend = { rank = ["SH", "SJ"] }    add the first of these modifiers that is free on the line's days, if it
                                      is the same on all of them; the last may stand on several lines
    mend = { swap = ["SH", "SJ"] }    write the second modifier instead of the first
    mend = { once = true }            write each modifier of the line once
    mend = { out = true }             take the line out
    mend = { line = "99601" }         bill this code too, for the days that lack it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile

from edi837.checks import Breaks, Lines
from edi837.checks.modifiers import unasked
from edi837.checks.vocabulary import dated, first_day
from edi837.claim import ELEMENTS, ServiceLine
from edi837.findings import Proposal

KINDS = ("rank", "swap", "once", "out", "line")
MOST = 4  # modifiers of SV101 or SV202
PARTLY = "this is not so on all days of the line: shorten its dates, or split it first"

_CROWD = 100  # of so many lines near one nobody can tell a rank
_ONE = timedelta(days=1)
_PAID = "what is paid for the line changes with its rank"


@dataclass(frozen=True, slots=True)
class Mend:
    """How an edit's breach is mended."""

    kind: str
    words: tuple[str, ...] = ()

    def propose(
        self, answer: Breaks, lines: Lines, codes: frozenset[str], others: frozenset[str] = frozenset(),
        unpaid: frozenset[str] = frozenset(),
    ) -> Proposal | str | None:  # fmt: skip
        """What to write, or `PARTLY`; None when it cannot be told.

        ``codes`` are those the edit looks at, ``others`` those they may not stand beside, or surely not (none:
        the same); ``unpaid``: modifiers by which nobody is asked to pay.
        """
        if self.kind in ("rank", "swap") and _perhaps_ranked(answer.line, lines, codes, others or codes, unpaid):
            return None
        return _MENDS[self.kind](self.words, answer, lines, others if self.kind == "out" and others else codes)


def _perhaps_ranked(
    line: ServiceLine, lines: Lines, codes: frozenset[str], surely: frozenset[str], unpaid: frozenset[str]
) -> bool:
    """Whether one that may or may not be ranked meets this line, by its code or by what it costs: then who knows its
    rank.
    """
    return any(
        (each.procedure not in surely or unasked(each, unpaid)) and _meet(each, line) for each in lines.having(codes)
    )


def fault(value: object) -> str:
    """What is wrong with a ``mend`` as it is written; empty when nothing is."""
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in KINDS:
        return f"mend is a table of one key, {', '.join(KINDS)}: mend = {{ out = true }}"
    kind, word = next(iter(value.items()))
    texts = isinstance(word, list) and all(isinstance(each, str) and len(each) == 2 for each in word)
    if kind in ("rank", "swap") and not (texts and len(word) >= 2 and (kind == "rank" or len(word) == 2)):
        return f'mend: {kind} is a list of modifiers: {{ {kind} = ["SH", "SJ"] }}'
    if kind in ("once", "out") and word is not True:
        return f"mend: {kind} is true"
    if kind == "line" and not (isinstance(word, str) and len(word) == 5):
        return 'mend: line is a code: { line = "99601" }'
    return ""


def read(value: dict[str, object]) -> Mend:
    """A ``mend`` without fault."""
    kind, word = next(iter(value.items()))
    words = tuple(map(str, word)) if isinstance(word, list) else (str(word),)
    return Mend(kind, words)


def _rank(ranks: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | str | None:
    line = answer.line
    if _twice(answer):
        return None
    near = [each for each in lines.having(codes) if each is not line and _meet(each, line)]
    if len(near) > _CROWD:
        return None
    before = {id(each) for each in _ahead(line, lines)}
    free: set[str] = set()
    for day in _days_of_change(line, near):
        there = [each for each in near if each.first and each.last and each.first <= day <= each.last]
        taken = {modifier for each in there for modifier in each.modifiers}
        unranked = [each for each in there if id(each) in before and set(ranks).isdisjoint(each.modifiers)]
        if not unranked:
            return PARTLY
        if not all(_dense(each, lines) for each in there):
            return None  # who knows whether they met on this day
        left = [rank for rank in ranks[:-1] if rank not in taken]
        at = len(unranked) - 1  # the first of them is the first therapy, each further one takes a rank before us
        free.add(left[at] if at < len(left) else ranks[-1])
    return _with(line, (*line.modifiers, *free), _PAID) if len(free) == 1 else PARTLY


def _swap(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | str | None:
    old, new = words
    line = answer.line
    if old not in line.modifiers or new in line.modifiers or _twice(answer):
        return None
    others = [each for each in lines.having(codes) if each is not line and old in each.modifiers]
    mended = _with(line, tuple(new if modifier == old else modifier for modifier in line.modifiers), _PAID)
    firsts = [each for each in lines.known(codes) if {old, new}.isdisjoint(each.modifiers) and _meet(each, line)]
    if not firsts:
        return None  # one of the seconds may be the first
    return _of_all_days(mended, line, others, lines) if _covered(line, firsts) else PARTLY


def _once(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
    return _with(answer.line, tuple(dict.fromkeys(answer.line.modifiers)), "")


def _out(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | str | None:
    line = answer.line
    if line.charge is None:
        return None
    if line.procedure in lines.daily and (line.units or 0) > line.days and not _copy(answer):
        return None  # who knows for which days the rest is
    mended = Proposal(line.number, "LX", "", f"CLM02 goes down by {line.charge:.2f}" if line.charge else "")
    return _of_all_days(mended, line, [each for each in lines.having(codes) if each is not line], lines)


def _line(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
    days = answer.told.get("uncovered")
    if not isinstance(days, list) or not days:
        return None
    first, last = days[0]
    when = f"{first:%Y%m%d}" if first == last else f"{first:%Y%m%d}-{last:%Y%m%d}"
    refdes = _refdes(answer.line)
    value = f"HC:{words[0]}, DTP03 {when}"
    return Proposal("", refdes, value, "if it was given; CLM02 goes up by its charge")


def _with(line: ServiceLine, modifiers: tuple[str, ...], money: str) -> Proposal | None:
    """The procedure of a line with these modifiers; None when it holds no more."""
    if len(modifiers) > MOST:
        return None
    return Proposal(line.number, _refdes(line), ":".join((line.qualifier, line.procedure, *modifiers)), money)


def _refdes(line: ServiceLine) -> str:
    tag, element, _ = ELEMENTS[line.kind]["procedure"]
    return f"{tag}{element:02d}"


def _twice(answer: Breaks) -> bool:
    """Whether one therapy was billed twice, or two of one code: nobody but the sender knows."""
    return answer.other is not None and answer.other.procedure == answer.line.procedure


def _copy(answer: Breaks) -> bool:
    """Whether the line is the other once more, and so for the same days."""
    line, other = answer.line, answer.other
    return other is not None and (line.procedure, line.first, line.last, line.units) == (
        other.procedure, other.first, other.last, other.units
    )  # fmt: skip


def _meet(one: ServiceLine, other: ServiceLine) -> bool:
    days: tuple[date | None, ...] = (one.first, one.last, other.first, other.last)
    if None in days:
        return False
    assert one.first and one.last and other.first and other.last
    return one.first <= other.last and other.first <= one.last


def _of_all_days(
    mended: Proposal | None, line: ServiceLine, others: Sequence[ServiceLine], lines: Lines
) -> Proposal | str | None:
    """What mends the whole line, if each of its days is one of the others'; none when that is not certain."""
    if not _covered(line, others):
        return PARTLY
    return mended if _covered(line, [each for each in others if dated(each) and _dense(each, lines)]) else None


def _covered(line: ServiceLine, others: Sequence[ServiceLine]) -> bool:
    """Whether every day of a line lies in the dates of one of the others."""
    assert line.first and line.last
    day = line.first
    for each in sorted((each for each in others if dated(each)), key=first_day):
        if each.first and each.last and each.first <= day <= each.last:
            if each.last >= line.last:
                return True
            day = each.last + _ONE
    return False


def _dense(line: ServiceLine, lines: Lines) -> bool:
    """Whether every day of a line was used."""
    span = lines.span(line)
    return span.used == span.length


def _days_of_change(line: ServiceLine, near: Sequence[ServiceLine]) -> set[date]:
    """The first day of a line, and each of its days on which one of those near it begins or has just ended."""
    assert line.first and line.last
    turns = {each.first for each in near if each.first}
    turns |= {each.last + _ONE for each in near if each.last and each.last < line.last}
    return {line.first} | {day for day in turns if line.first < day <= line.last}


def _ahead(line: ServiceLine, lines: Lines) -> Iterator[ServiceLine]:
    """The lines before one, in the order in which they were gathered."""
    return takewhile(lambda each: each is not line, lines)


_MENDS: dict[str, Callable[[tuple[str, ...], Breaks, Lines, frozenset[str]], Proposal | str | None]] = {
    "rank": _rank, "swap": _swap, "once": _once, "out": _out, "line": _line,
}  # fmt: skip
