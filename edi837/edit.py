"""One edit of a policy, and how its answers become findings.

Enters: what a check answers on a line. Leaves: a `Finding` with the edit's own words,
codes and sentence of the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from edi837.checks import Answer, Breaks, Check, Lines, Unknown
from edi837.checks.vocabulary import code_of, code_said
from edi837.claim import ELEMENTS, Claim, ServiceLine
from edi837.findings import Action, Finding, Missing, Place, Proposal
from edi837.mend import Mend
from edi837.scope import EVERYONE, Scope

_CLAIM_ELEMENTS = {"place": ("CLM", 5, 1), "id": ("CLM", 0, 0)}  # id: the claim as a whole
_DRUG = ("ndc", "drug_quantity", "drug_unit")  # they stand in loop 2410


@dataclass(frozen=True, slots=True)
class Edit:
    """One sentence of a policy that a claim can break. The keys of an ``[[edit]]`` table."""

    id: str  # 042-A03
    title: str
    says: str  # the policy's sentence, word for word
    source: str  # explicit, implied, external
    rests_on: str  # for external: the document
    check: Check
    words: Mapping[str, object]  # what the check is given
    action: Action  # reject or warn
    status: tuple[str, ...]  # claim status composites, most telling first
    message: str  # a template
    fix: str  # a template
    scope: str  # line, claim, patient, file, history
    hides: frozenset[str] = frozenset()  # edits whose finding on the same line, or pair, is its consequence
    warn_only: frozenset[str] = frozenset()  # codes, or 837P or 837I, on which it only warns
    only: str = ""  # 837P, 837I; empty: both
    row: int = 0  # line of the policy file
    on: bool = True
    whose: Scope = EVERYONE  # claims it is for, among those the policy is for
    effective: date | None = None  # of the lines it judges, when it came later than the policy
    until: date | None = None
    told_by: tuple[str, ...] = ()  # rules of the guide that find the same slip, and tell it in its stead
    explained_by: tuple[str, ...] = ()  # rules and edits whose reject of another line of the claim explains it
    mend: Mend | None = None  # what would mend a certain breach
    fix_same: str = ""  # a template in the place of `fix` where the other line has the same code

    def ask(self, lines: Lines) -> Iterator[Answer]:
        """The answers of the check."""
        return self.check.run(lines, **self.words)

    @property
    def codes(self) -> Iterator[frozenset[str]]:
        """The sets of codes its check is given."""
        for each in self.check.parameters:
            words = self.words.get(each.name)
            if each.kind.startswith("Codes") and isinstance(words, frozenset):
                yield words

    @property
    def narrow(self) -> bool:
        """Whether it judges fewer lines than the policy does, where all claims are of its guide."""
        return bool(self.whose or self.effective or self.until)

    def judges(self, claim: Claim, line: ServiceLine) -> bool:
        """Whether it is for this line."""
        if self.only not in ("", f"837{claim.kind}") or not self.whose.covers(claim):
            return False
        return line.first is None or (self.effective or date.min) <= line.first <= (self.until or date.max)

    @property
    def copies(self) -> bool:
        """Whether it tells a copy of what waits to be processed (claim status 78)."""
        return any(status.split(":")[1] == "78" for status in self.status)

    @property
    def basis(self) -> str:
        """The source, with the document an external edit rests on."""
        return f"{self.source}: {self.rests_on}" if self.source == "external" else self.source

    def outcome(self, answer: Answer) -> Action:
        """Only a certain breach of an edit that rejects sends a claim back."""
        if isinstance(answer, Unknown):
            return "unknown"
        if self.action != "reject" or not answer.certain:
            return "warn"
        line = answer.line
        if self.warn_only and (code_of(line) in self.warn_only or f"837{line.kind}" in self.warn_only):
            return "warn"
        return "reject"

    def finding(self, answer: Answer, claims: Sequence[Claim], lines: Lines) -> Finding:
        """The finding that an answer comes to; ``claims`` are the patient's."""
        line = answer.line
        claim = lines.claim(line)
        if isinstance(answer, Unknown):
            told = f"{code_said(line)}: cannot tell whether “{self.title}” holds: {answer.why}"
            return Finding(
                self.id, "unknown", "line", told, _place(claim, line, "procedure", {}), self.basis, self.says
            )
        words = _words(answer, claims, lines)
        message = self.message.format_map(words)
        if answer.doubt:
            message = f"{message} (possible, not certain: {answer.doubt})"
        if answer.level == "claim":
            place = _claim_place(claim, answer.on)
        else:
            place = _place(claim, line, answer.on, answer.told)
        mended = self._mended(answer, lines)
        fix = self._fix(answer).format_map(words)
        return Finding(
            rule=self.id,
            action=self.outcome(answer),
            level=answer.level,
            message=message,
            place=place,
            source=self.basis,
            says=self.says,
            fix=f"{fix}; {mended}" if isinstance(mended, str) else fix,
            status=self.status,
            proposal=mended if isinstance(mended, Proposal) else None,
            other=_other(answer, lines),
            told_by=self.told_by,
            explained_by=self.explained_by,
            missing=self._missing(answer) if self.explained_by else None,
        )

    def _fix(self, answer: Breaks) -> str:
        same = answer.other is not None and answer.other.procedure == answer.line.procedure
        return self.fix_same if self.fix_same and same else self.fix

    def _missing(self, answer: Breaks) -> Missing | None:
        """What the check misses: a line of the other codes, or the same; no first line, nor of a rank before it, has
        the modifiers of those that follow.
        """
        days = answer.told.get("uncovered")
        if not isinstance(days, list):
            return None
        told = {name: words for name, words in self.words.items() if isinstance(words, frozenset)}
        none = frozenset[str]()
        barred = none.union(*(told.get(name, none) for name in ("having", "lacking", "first_lacks")))
        codes = told.get("other", told["codes"])
        return Missing(tuple(sorted(codes)), tuple(sorted(barred - told.get("after", none))), tuple(days))

    def _mended(self, answer: Breaks, lines: Lines) -> Proposal | str | None:
        if self.mend is None or not answer.certain:
            return None
        codes, others = [*self.codes, frozenset[str](), frozenset[str]()][:2]
        surely, unpaid = (self.words.get(name) for name in ("surely", "unpaid"))
        return self.mend.propose(
            answer, lines, codes, surely if isinstance(surely, frozenset) else others,
            unpaid if isinstance(unpaid, frozenset) else frozenset(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """An edit that cannot be asked: it needs what a claim does not carry. An ``[[edit]]`` with ``needs``."""

    id: str
    title: str
    says: str
    source: str
    rests_on: str
    needs: str  # what would have to be known
    row: int = 0


def _words(answer: Breaks, claims: Sequence[Claim], lines: Lines) -> dict[str, str]:
    """What the templates may tell."""
    line, other = answer.line, answer.other
    words = {name: _said(value) for name, value in answer.told.items()}
    words["code"] = code_said(line)
    words["modifiers"] = _said(line.modifiers)
    words["dates"] = _dates(line.first, line.last)
    words["units"] = _said(line.units)
    words["line"] = f"line {line.number}"
    if other is not None:
        words["other"] = code_said(other)
        words["other_dates"] = _dates(other.first, other.last)
        words["other_line"] = f"line {other.number}"
        home = lines.claim(other)
        if home is not lines.claim(line):
            words["other_line"] += f" of {_called(home, claims)}"
    return words


def _called(home: Claim, claims: Sequence[Claim]) -> str:
    """A claim of the patient's as a message calls it."""
    if not home.segment:
        return "an earlier claim"  # out of the history
    here = [claim for claim in claims if claim.segment]
    return f"the patient's claim {next(number for number, claim in enumerate(here, 1) if claim is home)}"


def _said(value: object) -> str:
    """A value as an analyst writes it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], date):
        return _dates(value[0], value[1])
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(each) for each in value)
    return "" if value is None else str(value)


def _dates(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "no dates"
    end = f"{last:%m/%d/%Y}"
    if first == last:
        return end
    return f"{first:%m/%d}-{end}" if first.year == last.year else f"{first:%m/%d/%Y}-{end}"


def _other(answer: Breaks, lines: Lines) -> Place | None:
    """Where the line stands that this one is at odds with; None for one accepted before this file."""
    if answer.other is None:
        return None
    home = lines.claim(answer.other)
    return _place(home, answer.other, "dates" if answer.on == "dates" else "procedure", {}) if home.segment else None


def _claim_place(claim: Claim, on: str) -> Place:
    tag, element, component = _CLAIM_ELEMENTS[on]
    return Place(
        claim=claim.id, segment=claim.segment, tag=tag, loop="2300", element=element, component=component,
        value=str(getattr(claim, on)) if element else "",
    )  # fmt: skip


def _place(claim: Claim, line: ServiceLine, on: str, told: Mapping[str, object]) -> Place:
    if on == "procedure" and not line.procedure:
        on = "revenue"
    tag, element, component = ELEMENTS[line.kind].get(on, ELEMENTS[line.kind]["procedure"])
    segment, loop = line.segment, "2400"
    if on in _DRUG and line.drug is not None:
        drug = line.drug
        loop, segment = "2410", drug.segment if on == "ndc" else drug.counted
        if not segment:  # there is no CTP
            tag, element, component, segment = "LIN", 0, 0, drug.segment
        value = "" if not element else {"ndc": drug.ndc, "drug_unit": drug.unit}.get(on, _said(drug.quantity))
    elif on == "modifiers":
        modifier = told.get("modifier", "")
        first = line.modifiers.index(str(modifier)) if modifier in line.modifiers else len(line.modifiers)
        again = told.get("at")  # where it stands, if it is not the first of its kind
        at = again if isinstance(again, int) else first
        component, value = component + min(at, 3), str(modifier)
    elif on == "dates":
        segment, value = line.dated, f"{line.first:%Y%m%d}-{line.last:%Y%m%d}" if line.first else ""
        loop = "2400" if line.dated else "2300"
    else:
        value = _said(getattr(line, on))
    return Place(
        claim=claim.id, line=line.number, segment=segment, tag=tag, loop=loop, element=element,
        component=component, value=value,
    )  # fmt: skip
