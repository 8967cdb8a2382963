"""What would mend a slip, written as the sender would write it.

Enters: the ``mend`` of an edit, and a breach that is certain. Leaves: a `Proposal`, one element as it
should be, or nothing where the remedy is not plain. What a mend does to money is always said: the
rank of a therapy decides what is paid for it, a line that goes or comes changes the claim's charge.

The kinds are a closed list, each a table with one key::

    mend = { rank = ["SH", "SJ"] }    add the first of these modifiers that is free on the line's days; the
                                      last may stand on several lines
    mend = { swap = ["SH", "SJ"] }    write the second modifier instead of the first
    mend = { once = true }            write each modifier of the line once
    mend = { out = true }             take the line out
    mend = { line = "99601" }         bill this code too, for the days that lack it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from edi837.checks import Breaks, Lines
from edi837.claim import ELEMENTS, ServiceLine
from edi837.findings import Proposal

KINDS = ("rank", "swap", "once", "out", "line")
MOST = 4  # modifiers of SV101 or SV202

_PAID = "what is paid for the line changes with its rank"


@dataclass(frozen=True, slots=True)
class Mend:
    """How an edit's breach is mended."""

    kind: str
    words: tuple[str, ...] = ()

    def propose(self, answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
        """What to write; None when it cannot be told. ``codes`` are those the edit looks at."""
        return _MENDS[self.kind](self.words, answer, lines, codes)


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


def _rank(ranks: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
    line = answer.line
    near = [each for each in lines.having(codes) if each is not line and _meet(each, line)]
    taken = {modifier for each in near for modifier in each.modifiers}
    free = [rank for rank in ranks[:-1] if rank not in taken]
    unranked = [each for each in near if set(ranks).isdisjoint(each.modifiers) and _comes_before(each, line, lines)]
    at = max(len(unranked), 1) - 1  # the first of them is the first therapy, each further one takes a rank before us
    return _with(line, (*line.modifiers, free[at] if at < len(free) else ranks[-1]), _PAID)


def _swap(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
    old, new = words
    line = answer.line
    if old not in line.modifiers or new in line.modifiers:
        return None
    return _with(line, tuple(new if modifier == old else modifier for modifier in line.modifiers), _PAID)


def _once(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
    return _with(answer.line, tuple(dict.fromkeys(answer.line.modifiers)), "")


def _out(words: tuple[str, ...], answer: Breaks, lines: Lines, codes: frozenset[str]) -> Proposal | None:
    line = answer.line
    if line.charge is None:
        return None
    return Proposal(line.number, "LX", "", f"CLM02 goes down by {line.charge:.2f}")


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


def _meet(one: ServiceLine, other: ServiceLine) -> bool:
    days: tuple[date | None, ...] = (one.first, one.last, other.first, other.last)
    if None in days:
        return False
    assert one.first and one.last and other.first and other.last
    return one.first <= other.last and other.first <= one.last


def _comes_before(one: ServiceLine, other: ServiceLine, lines: Lines) -> bool:
    """Whether a line stands before another, in the order in which the lines were gathered."""
    return next(each for each in lines if each is one or each is other) is one


_MENDS: dict[str, Callable[[tuple[str, ...], Breaks, Lines, frozenset[str]], Proposal | None]] = {
    "rank": _rank, "swap": _swap, "once": _once, "out": _out, "line": _line,
}  # fmt: skip
