"""Checks on two lines that may not share a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from edi837.checks import crowds
from edi837.checks.modifiers import unasked
from edi837.checks.vocabulary import (
    Answer,
    Breaks,
    Lines,
    Traits,
    Unknown,
    check,
    code_of,
    dated,
    first_day,
    last_day,
)
from edi837.checks.words import NONE, Codes, Count, Lasting, Modifiers, Rows
from edi837.claim import ServiceLine
from edi837.overlap import certain, later

Doubt = Callable[[ServiceLine, ServiceLine], str]  # why a clash of two lines is not certain; empty if it is

_UNASKED = "nobody is asked to pay for one of the two"
FEW = 4  # partners named for a line: another edit may explain away one of them, hardly all


def _chosen(
    line: Traits, *, codes: Codes, having: Modifiers = NONE, lacking: Modifiers = NONE, **_: object
) -> bool:
    return (
        line.code in codes
        and lacking.isdisjoint(line.modifiers)
        and not (having and having.isdisjoint(line.modifiers))
    )


@check(wakes="codes having", twice="codes", tells="other shared", pair=True, line=_chosen)
def one_a_day(
    lines: Lines, *, codes: Codes, having: Modifiers = NONE, lacking: Modifiers = NONE, surely: Codes = NONE,
    unpaid: Modifiers = NONE,
) -> Iterator[Answer]:  # fmt: skip
    """At most one of these lines covers any day; the later line is at fault.

    Where nobody is asked to pay for one of two lines (its charge is 0, or all of it not covered: SV207), the
    breach is possible, never certain.

    codes    the lines it looks at
    having   of these, those with one of the modifiers (left out: all)
    lacking  of these, those with none of the modifiers
    surely   of the codes, those two of which break it for certain: beside any other a breach is possible,
             never certain (left out: all)
    unpaid   modifiers that say that nobody is asked to pay for the line: a possible breach, never a certain one
    """
    mine = [
        line
        for line in lines.having(codes)
        if lacking.isdisjoint(line.modifiers) and not (having and having.isdisjoint(line.modifiers))
    ]

    def doubt(line: ServiceLine, other: ServiceLine) -> str:
        for each in (line, other):
            if surely and code_of(each) not in surely:
                return f"{code_of(each)} may be outside the rule"
            if unasked(each, unpaid):
                return _UNASKED
        return ""

    yield from _each_pair(lines, mine, "modifiers" if having or lacking else "procedure", doubt=doubt)


@check(wakes="codes", twice="codes", tells="other shared", pair=True)
def not_repeated(lines: Lines, *, codes: Codes, several: Modifiers = NONE) -> Iterator[Answer]:
    """No line stands twice: same code, modifiers, dates, units, charge, drug, diagnoses (SV107), description and notes.

    codes    the lines it looks at
    several  modifiers that several lines may carry: two alike are a possible breach, never a certain one
             (left out: none)
    """
    mine = lines.having(codes)
    if len({code_of(line) for line in mine}) == len(mine):
        return
    seen: dict[object, list[ServiceLine]] = {}
    for line in mine:
        drug = line.drug.ndc if line.drug else ""
        days = (line.first, line.last)
        modifiers = frozenset(line.modifiers)
        amounts = (line.unit, line.units, line.charge)
        key = (code_of(line), modifiers, days, amounts, drug, line.description, line.notes)
        marks = ", ".join(sorted(several & modifiers))
        doubt = f"several lines may carry {marks}" if marks else ""
        same = seen.setdefault(key, [])
        for other in _alike(line, same):
            if dated(line):
                yield Breaks(line, other=other, doubt=doubt or _statement(line, other), shared=days)
            else:
                yield Unknown(line, "the line has no dates")
        same.append(line)


def _alike(line: ServiceLine, same: Sequence[ServiceLine]) -> Sequence[ServiceLine]:
    """Of lines that are the same, a FEW that point to the same diagnoses, or do not tell (no 837I, no history does)."""
    mine = line.pointers
    return [other for other in same if not (mine and other.pointers and mine != other.pointers)][:FEW]


@check(wakes="rows", twice="rows", tells="other shared", pair=True)
def not_together(lines: Lines, *, rows: Rows, unpaid: Modifiers = NONE) -> Iterator[Answer]:
    """Codes that shut each other out share no day, whatever their modifiers; the later line is at fault.

    rows    in each row, the first code stands beside none of the rest
    unpaid  modifiers that say that nobody is asked to pay for a line, as does a charge of 0, or one not covered
            at all (SV207): a possible breach, never a certain one (left out: it matters not who is asked to pay)
    """

    def doubt(line: ServiceLine, other: ServiceLine) -> str:
        return _UNASKED if unpaid and (unasked(line, unpaid) or unasked(other, unpaid)) else ""

    for one, rest in rows:
        if lines.having(one) and lines.having(rest):
            yield from _each_pair(lines, lines.having(one | rest), "procedure", one, doubt)


@check(wakes="codes other", tells="other shared", pair=True)
def not_with(
    lines: Lines, *, codes: Codes, other: Codes, surely: Codes = NONE, lacking: Modifiers = NONE,
    unless: Codes = NONE, not_if: Codes = NONE, unpaid: Modifiers = NONE, other_unpaid: Modifiers = NONE,
    lasts: Lasting | None = None, before: Count = 0, after: Count = 0,
) -> Iterator[Answer]:  # fmt: skip
    """A line shares no day with a line it is part of, or shut out by; nor comes near one.

    codes    the lines at fault
    other    the lines they may not share a day with
    surely   of the other codes, those beside which a breach is certain: beside the rest it is possible only,
             for the line may belong to something else (left out: all)
    lacking  of the lines at fault, those with none of the modifiers
    unless   where the patient has one of these as well, the line may be part of that:
             a possible breach, never a certain one (left out: none)
    not_if   a line that may share a day with one of these as well is left to another edit (left out: none)
    unpaid   modifiers that say that nobody is asked to pay for the line, as does a charge of 0, or one not covered
             at all (SV207): a possible breach, never a certain one (left out: it matters not who is asked to pay)
    other_unpaid  the same, of the other line
    lasts    for a code or a modifier, how many days a line with a single date may last:
             a possible breach, never a certain one
    before   days before the line on which the other may not be either (left out: none)
    after    days after the line on which the other may not be either (left out: none)
    """
    mine = lines.having(codes)
    if lacking:
        mine = [line for line in mine if lacking.isdisjoint(line.modifiers)]
    if not_if and (spoken_for := lines.having(not_if)):
        mine = [line for line, near in crowds.beside(mine, spoken_for, 0) if not _touches(line, near)]
    third = lines.known(unless) if unless else []
    doubt = f"it may be part of {code_of(third[0])}" if third else ""

    def belongs(_: ServiceLine, to: ServiceLine) -> str:
        if surely and code_of(to) not in surely:
            return f"it may not belong to {code_of(to)}"
        return f"nobody is asked to pay for {code_of(to)}" if other_unpaid and unasked(to, other_unpaid) else ""

    for line, near in crowds.beside(mine, lines.having(other), after):
        days = _lasting(line, lasts) if lasts else 0
        why = doubt or (unasked(line, unpaid) if unpaid else "")
        yield from _doubted(_few(_clash(lines, line, each, "procedure", days, belongs) for each in near), why)
        if before or after:
            yield from _few(_close(line, partner, before, after) for partner in near)


@check(wakes="codes", twice="codes", tells="other gap", pair=True)
def apart(lines: Lines, *, codes: Codes, days: Count) -> Iterator[Answer]:
    """Between two of these lines lie so many days, or more; the later day is at fault.

    codes  the lines it looks at
    days   days of which none has such a line
    """
    whole = lines.having(codes)
    mine = sorted((line for line in whole if dated(line)), key=first_day)
    for line in whole if len(whole) > 1 else ():
        if not dated(line):
            yield Unknown(line, "the line has no dates")
    for number, line in enumerate(mine):
        near = mine[max(0, number - crowds.REACH) : number]
        yield from _few(_close(line, partner, days, 0, meeting=True) for partner in near)


def _each_pair(
    lines: Lines, mine: Sequence[ServiceLine], on: str, one: Codes = NONE, doubt: Doubt | None = None
) -> Iterator[Answer]:
    """Clashes of each line with those before it; with ``one``, only of a line in it and a line not."""
    for line, near in crowds.before(mine):
        yield from _few(
            _clash(lines, line, partner, on, doubt=doubt)
            for partner in near
            if not one or (code_of(line) in one) != (code_of(partner) in one)
        )


def _touches(line: ServiceLine, near: Iterable[ServiceLine]) -> bool:
    """Whether a line may share a day with one of those near it."""
    if not dated(line):
        return False
    first, last = first_day(line), last_day(line)
    return any(dated(other) and first_day(other) <= last and first <= last_day(other) for other in near)


def _doubted(answers: Iterable[Answer], doubt: str) -> Iterator[Answer]:
    """The same answers, none of them certain if there is a doubt."""
    for answer in answers:
        if doubt and isinstance(answer, Breaks):
            answer.doubt = answer.doubt or doubt
        yield answer


def _few(answers: Iterable[Answer | None]) -> Iterator[Answer]:
    """Of the answers on one line, the first FEW certain and the first FEW others."""
    certain_ones = others = 0
    for answer in answers:
        if isinstance(answer, Breaks) and answer.certain:
            certain_ones += 1
            yield answer
            if certain_ones == FEW:
                return
        elif answer is not None and others < FEW:
            others += 1
            yield answer


def _clash(
    lines: Lines, line: ServiceLine, other: ServiceLine, on: str, days: int = 0, doubt: Doubt | None = None
) -> Answer | None:
    """What to say of two lines: they must, may, or cannot share a day, or have no dates."""
    if line is other:
        return None
    if line.first is None or line.last is None or line.first > line.last:
        return Unknown(line, "the line has no dates")
    if other.first is None or other.last is None or other.first > other.last:
        return Unknown(line, f"line {other.number} has no dates")
    first = max(line.first, other.first)
    last = min(line.last, other.last)
    if first <= last:
        why = _statement(line, other)
        if not why and not certain(lines.span(line), lines.span(other)):
            why = "the units do not fill the dates, so the days may differ"
        why = why or (doubt(line, other) if doubt else "")
        return Breaks(line, on=on, other=other, doubt=why, shared=(first, last))
    until = line.last
    if days:
        until = later(line.first, days - 1)
    if line.last < other.first <= until:
        why = f"it is dated on one day and may last {days}"
        return Breaks(line, on=on, other=other, doubt=why, shared=(first, min(until, other.last)))
    return None


def _close(
    line: ServiceLine, other: ServiceLine, before: int, after: int, meeting: bool = False
) -> Answer | None:
    """What to say of lines that share no day (or do, if ``meeting``): must, may or cannot they be too near."""
    if not (dated(line) and dated(other)):
        return None
    past, ahead = (first_day(line) - last_day(other)).days, (first_day(other) - last_day(line)).days
    farthest = max((last_day(line) - first_day(other)).days, (last_day(other) - first_day(line)).days)
    gap = max(past, ahead, 0)
    reach = before if past > 0 else after if ahead > 0 else before if meeting else -1
    if gap > reach:
        return None
    doubt = _statement(line, other)
    if not doubt and farthest > reach:
        doubt = "some of the days of the two lines are farther apart"
    return Breaks(line, other=other, doubt=doubt, shared=(first_day(other), last_day(other)), gap=max(0, gap - 1))


def _statement(line: ServiceLine, other: ServiceLine) -> str:
    """Why dates that are only the statement's prove nothing of a line."""
    if "statement" in (line.date_source, other.date_source):
        return "only the statement dates are known, not the day of each line"
    return ""


def _lasting(line: ServiceLine, lasts: Mapping[str, int]) -> int:
    """How many days a line with a single date may last; 0 for any other line."""
    if line.first != line.last:
        return 0
    return max(lasts.get(word, 0) for word in (code_of(line), *line.modifiers))
