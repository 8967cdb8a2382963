"""Gathers what a page on a file of claims shows: counts, money, and the claims that something was found on.

Enters: the events of a file. Leaves: a `Gathered`: totals by fate, rule, provider and payer; findings on
frames; and the first claims with their findings, up to a limit. What a TA1 or 999 refuses counts as
refused, claim by claim, for none of its claims goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from edi837 import fitted, safe
from edi837.claim import Claim
from edi837.claimrows import called
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.views.excerpt import Row, excerpt
from edi837.views.spot import Spot, Trail

MOST = 500  # claims shown


@dataclass(slots=True)
class Count:
    """Claims and their charges (CLM02)."""

    claims: int = 0
    charges: Decimal = field(default_factory=Decimal)

    def add(self, claims: int, charges: Decimal | None) -> None:
        """Count more of them."""
        self.claims += claims
        self.charges += charges or 0


@dataclass(slots=True)
class Found:
    """A finding with the segments that show it."""

    spot: Spot
    rows: list[Row]

    @property
    def finding(self) -> Finding:
        """What was found."""
        return self.spot.finding


@dataclass(slots=True)
class Judged:
    """A claim that something was found on."""

    claim: Claim
    rejected: bool
    found: list[Found]
    number: int  # of the claim among those of sets that go on, from 0; as in the 277CA


@dataclass(slots=True)
class _Part:
    """What a set, group or interchange adds to the whole, if it goes on."""

    claims: int = 0
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)  # fate, rule, provider ...: and its name
    judged: list[Judged] = field(default_factory=list)

    def count(self, kind: str, name: str, charge: Decimal | None) -> None:
        self.counts.setdefault((kind, name), Count()).add(1, charge)

    def join(self, other: _Part, refused: bool) -> None:
        """Take in a part that has ended."""
        if refused:
            for fate in ("accepted", "rejected", "refused"):
                if more := other.counts.get(("fate", fate)):
                    self.counts.setdefault(("fate", "refused"), Count()).add(more.claims, more.charges)
            return
        for key, more in other.counts.items():
            self.counts.setdefault(key, Count()).add(more.claims, more.charges)
        for judged in other.judged[: MOST - len(self.judged)]:
            judged.number += self.claims
            self.judged.append(judged)
        self.claims += other.claims


class Gathered:
    """Folds the events of a file."""

    def __init__(self, trail: Trail, phi: bool = False) -> None:
        """``phi``: whether personal values are shown, the name of a provider who is a person too."""
        self._trail, self._phi = trail, phi
        self._parts = [_Part(), _Part(), _Part(), _Part()]  # file, interchange, group, set
        self.frames: list[Found] = []  # on what is no claim
        self.more_frames = 0
        self.heads: list[str] = []  # of each interchange: who to whom

    def take(self, event: Event) -> None:
        """Take the next event."""
        findings = list(self._trail.take(event))
        if isinstance(event, Verdict):
            self._verdict(event)
        elif isinstance(event, End):
            depth = _depth(event.of)
            self._parts[depth - 1].join(self._parts[depth], event.of.refused)
            self._parts[depth] = _Part()
        elif isinstance(event, Finding):
            for finding in findings:
                if len(self.frames) < MOST:
                    self.frames.append(self._found(finding))
                else:
                    self.more_frames += 1
        else:
            self._parts[_depth(event)] = _Part()
            if isinstance(event, Interchange):
                header = [safe.text(value.strip()) for value in event.header] + [""] * 17
                usage = "test" if header[15] == "T" else "production"
                self.heads.append(f"{header[13]}  {header[6]} → {header[8]}  {usage}")

    def _found(self, finding: Finding) -> Found:
        spot = self._trail.spot(finding)
        return Found(spot, excerpt(spot, self._trail))

    def _verdict(self, verdict: Verdict) -> None:
        claim, part = verdict.claim, self._parts[3]
        part.count("fate", "rejected" if verdict.rejected else "accepted", claim.charge)
        if verdict.rejected:
            told = claim if self._phi else fitted.claim(claim)
            provider, payer = told.provider, told.payer
            part.count("provider", _named(called(provider, self._phi), provider.id), claim.charge)
            part.count("payer", _named(payer.last, payer.id), claim.charge)
            for rule in dict.fromkeys(f.rule for f in verdict.findings if f.rejects):
                part.count("rule", rule, claim.charge)
        elif verdict.findings:
            part.count("fate", "remarked", claim.charge)
        if verdict.findings and sum(len(each.judged) for each in self._parts) < MOST:
            found = [self._found(finding) for finding in verdict.findings]
            part.judged.append(Judged(claim, verdict.rejected, found, part.claims))
        part.claims += 1

    @property
    def judged(self) -> list[Judged]:
        """The claims shown."""
        return self._parts[0].judged

    def fate(self, name: str) -> Count:
        """What was accepted, remarked on (and accepted), rejected or refused."""
        return self._parts[0].counts.get(("fate", name), Count())

    def by(self, kind: str) -> Iterator[tuple[str, Count]]:
        """What was rejected by rule, provider or payer, most claims first."""
        found = [(name, count) for (of, name), count in self._parts[0].counts.items() if of == kind]
        yield from sorted(found, key=lambda row: (-row[1].claims, -row[1].charges, row[0]))


def _depth(frame: Interchange | FunctionalGroup | TransactionSet) -> int:
    return 1 if isinstance(frame, Interchange) else 2 if isinstance(frame, FunctionalGroup) else 3


def _named(name: str, id: str) -> str:
    """A provider or payer by name and number."""
    return safe.text("  ".join(part for part in (name, id) if part) or "nobody named")
