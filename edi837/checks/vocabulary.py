"""What a check is made of: the lines it sees, the answers it gives, the list it is on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from edi837.checks.words import NONE, Codes
from edi837.claim import Claim, ServiceLine
from edi837.overlap import Span


class Traits(NamedTuple):
    """What alike lines have alike: enough to tell, once for all of them, which checks they can break."""

    qualifier: str
    procedure: str
    modifiers: tuple[str, ...]
    place: str
    unit: str
    taxonomy: str
    revenue: str
    drug: str | None  # unit of the drug, CTP05-1; None without a drug

    @property
    def code(self) -> str:
        """As `code_of`."""
        return self.procedure or f"rev:{self.revenue}"


def among(line: Traits, *, codes: Codes, **_: object) -> bool:
    """Whether lines of these traits are of the codes."""
    return line.code in codes


class Heading(NamedTuple):
    """What alike claims have alike."""

    kind: str
    filing: str
    taxonomy: str  # the billing provider's
    place: str
    frequency: str


def code_of(line: ServiceLine) -> str:
    """The code a line is known by: its procedure, or without one its revenue code as ``rev:0261``."""
    return line.procedure or f"rev:{line.revenue}"


def code_said(line: ServiceLine) -> str:
    """That code as a message tells it."""
    return line.procedure or f"revenue code {line.revenue}"


class Lines:
    """The lines of one claim, or of all of a patient's claims, that concern a policy."""

    __slots__ = ("_chosen", "_home", "_judged", "_others", "claims", "daily", "foreign")

    def __init__(
        self,
        claims: Sequence[Claim],
        judged: Sequence[ServiceLine],
        others: Sequence[ServiceLine] = (),
        daily: Codes = NONE,
        foreign: Sequence[ServiceLine] = (),
    ) -> None:
        """``judged``, in file order; ``others`` lie outside the policy's dates; ``daily``: one unit a day.

        ``foreign`` lines have codes of another list than HCPCS (SV101-1 is not HC) and are nobody's
        but those checks' that ask for them.
        """
        self.claims = claims
        self._judged = judged
        self._others = others
        self._chosen: dict[Codes, list[ServiceLine]] = {}
        self._home: dict[int, Claim] = {}
        self.daily = daily
        self.foreign = foreign

    def __iter__(self) -> Iterator[ServiceLine]:
        return iter(self._judged)

    def having(self, codes: Codes) -> list[ServiceLine]:
        """The judged lines with one of the codes."""
        chosen = self._chosen.get(codes)
        if chosen is None:
            chosen = self._chosen[codes] = [
                line for line in self._judged if (line.procedure or f"rev:{line.revenue}") in codes
            ]
        return chosen

    def known(self, codes: Codes) -> list[ServiceLine]:
        """As `having`, with lines outside the policy's dates: not judged, but there to be leaned on."""
        if not self._others:
            return self.having(codes)
        return self.having(codes) + [line for line in self._others if code_of(line) in codes]

    def span(self, line: ServiceLine) -> Span:
        """The days of a dated line. One not billed by the day used one of them at least."""
        assert line.first is not None and line.last is not None
        first, last = line.first.toordinal(), line.last.toordinal()
        units = max(0, min(line.units or 0, last - first + 1))
        if line.procedure not in self.daily or line.unit == "MJ":
            units = min(units, 1)
        return Span(first, last, int(units))

    def narrowed(self, judged: Callable[[Claim, ServiceLine], bool]) -> Lines:
        """The same lines, fewer of them judged: the rest is there to be leaned on."""
        mine = [line for line in self._judged if judged(self.claim(line), line)]
        rest = [line for line in self._judged if not judged(self.claim(line), line)]
        foreign = [line for line in self.foreign if judged(self.claim(line), line)]
        return Lines(self.claims, mine, [*self._others, *rest], self.daily, foreign)

    def claim(self, line: ServiceLine) -> Claim:
        """The claim a line stands on."""
        if not self._home:
            self._home = {id(line): claim for claim in self.claims for line in claim.lines}
        return self._home[id(line)]


def dated(line: ServiceLine) -> bool:
    """Whether the line has dates, in order."""
    return line.first is not None and line.last is not None and line.first <= line.last


def begun_only(lines: Lines, line: ServiceLine) -> bool:
    """Whether a line of an 837I may be dated by its first day alone, as a UB-04 has room for one date.

    It has more units than that day, and to the end of its statement (an old history lacks it) there are days for all.
    """
    if line.kind != "I" or line.first is None or line.first != line.last or line.units is None or line.units <= 1:
        return False
    until = lines.claim(line).last
    return line.units <= ((until - line.first).days + 1 if until else 366)


def first_day(line: ServiceLine) -> date:
    """Of a line that has dates."""
    assert line.first is not None
    return line.first


def last_day(line: ServiceLine) -> date:
    """Of a line that has dates."""
    assert line.last is not None
    return line.last


class Breaks:
    """A line breaks the edit; without a ``doubt`` for certain, with one possibly.

    ``on`` is the field at fault (a key of `claims.ELEMENTS`), ``other`` the line it is at odds with, ``counted``
    all that are too much together, ``level`` claim when the fault stands in the claim's own segment. Further
    keywords are what the message of the edit may tell: numbers, dates, codes.
    """

    __slots__ = ("counted", "doubt", "level", "line", "on", "other", "told")

    def __init__(
        self,
        line: ServiceLine,
        *,
        on: str = "procedure",
        other: ServiceLine | None = None,
        doubt: str = "",
        level: Literal["line", "claim"] = "line",
        counted: Sequence[ServiceLine] = (),
        **told: object,
    ) -> None:
        self.line = line
        self.on = on
        self.other = other
        self.doubt = doubt
        self.level = level
        self.counted = counted
        self.told = told

    @property
    def certain(self) -> bool:
        """Whether nothing speaks for the claim."""
        return not self.doubt


class Unknown:
    """The claim cannot tell whether the line breaks the edit, and why it cannot."""

    __slots__ = ("line", "why")

    def __init__(self, line: ServiceLine, why: str) -> None:
        self.line = line
        self.why = why


Answer = Breaks | Unknown


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word that an edit gives a check."""

    name: str
    kind: str  # Codes, Words, Count ...; with `` | None`` where it may be left out
    required: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A check and what the loader must know of it."""

    name: str
    run: Callable[..., Iterator[Answer]]
    parameters: tuple[Parameter, ...]
    scopes: tuple[str, ...]  # how far it may look: line; or claim, patient, file, history
    wakes: tuple[str, ...]  # it cannot break unless a line has a word of each of these parameters
    twice: tuple[str, ...]  # nor unless two lines have a word of each of these
    line: Callable[..., bool] | None  # nor unless a line (two, if twice) has such traits, given the words
    claim: Callable[..., bool] | None  # nor unless a claim has such a heading, given the words
    holds: Callable[..., bool] | None  # and a line of which this is true, given the words, does not break it
    foreign: bool  # it looks at lines whose codes are of another list than HCPCS
    tells: frozenset[str]  # what its answers add to a message, beside `TELLS`
    misses: bool  # a breach is that something is not there: a wider look may find it

    def __reduce__(self) -> tuple[Callable[[str], Check], tuple[str]]:
        """Between processes it goes by its name: its functions may have none."""
        return listed, (self.name,)

    @property
    def doc(self) -> str:
        """The docstring: what it asks, and what each parameter means."""
        return inspect.getdoc(self.run) or ""

    def __str__(self) -> str:
        """The entry of the check in a list: its name and scope, what it asks, its words."""
        text = "\n".join(f"    {row}".rstrip() for row in self.doc.splitlines())
        return f"{self.name} (looks at a {', '.join(self.scopes)})\n{text}"


CHECKS: dict[str, Check] = {}

# How far a check may look, each farther than the one before: the lines of one claim, of all claims under
# the patient's HL, of all the patient's claims in the file, and of those accepted before it as well.
SCOPES = ("line", "claim", "patient", "file", "history")

# What every message may tell of its line; and, of a check whose every answer has one, of the other line.
TELLS = frozenset({"code", "modifiers", "dates", "units", "line"})
PAIR_TELLS = frozenset({"other", "other_line", "other_dates"})
Run = Callable[..., Iterator[Answer]]


def check(
    *, wakes: str, twice: str = "", tells: str = "", pair: bool = False, misses: bool = False,
    line: Callable[..., bool] | None = None, claim: Callable[..., bool] | None = None,
    holds: Callable[..., bool] | None = None, foreign: bool = False,
) -> Callable[[Run], Run]:  # fmt: skip
    """Put a generator on the list.

    ``tells``: what every answer tells besides; ``other``: of another line, as well.
    ``pair``: it looks at lines in relation, so a scope is asked for. ``misses``: it breaks for want of a line.
    ``line`` and ``claim`` take `Traits` and a `Heading`, and the words of the check by keyword. They
    are asked once of all that is alike, so that a claim with nothing to find costs nothing. ``holds`` takes a
    `ServiceLine` that ``line`` let pass: whether it alone keeps the check, units, dates and all; then a
    check that looks at one line at a time has nothing to say of it, and need not be asked.
    """

    added = frozenset(tells.split())

    def enlist(run: Run) -> Run:
        words = [p for p in inspect.signature(run).parameters.values() if p.kind is p.KEYWORD_ONLY]
        CHECKS[run.__name__] = Check(
            name=run.__name__,
            run=run,
            parameters=tuple(Parameter(p.name, str(p.annotation), p.default is p.empty) for p in words),
            scopes=SCOPES[1:] if pair else SCOPES[:1],
            wakes=tuple(wakes.split()),
            twice=tuple(twice.split()),
            line=line,
            claim=claim,
            holds=holds,
            foreign=foreign,
            tells=TELLS | added | (PAIR_TELLS if "other" in added else NONE),
            misses=misses,
        )
        return run

    return enlist


def listed(name: str) -> Check:
    """The check of a name."""
    return CHECKS[name]


def vocabulary() -> tuple[Check, ...]:
    """Every check, by name."""
    return tuple(CHECKS[name] for name in sorted(CHECKS))
