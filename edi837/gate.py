"""The gate before the policies: what they see, and when.

Enters: claims as they are mapped. Leaves: a `Verdict` on each. A policy sees only claims
that are well formed, and all claims of one patient together: those under one HL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from edi837.chart import Loop
from edi837.claim import Claim
from edi837.findings import Finding, Place
from edi837.frames import Verdict

MOST_HELD = 100  # claims of one patient judged together: the guide's own limit for a level


class Judge(Protocol):
    """A policy, as far as the gate knows one."""

    def judge(self, claims: Sequence[Claim]) -> list[list[Finding]]:
        """Findings for each of a patient's claims."""


class Gate:
    """Holds a patient's claims until all are there."""

    def __init__(self, policies: Sequence[Judge], at: Place) -> None:
        self._policies = policies
        self._at = at  # interchange, group and set, for every finding
        self._held: list[tuple[Claim, bool]] = []
        self._level: Loop | None = None

    def hold(self, claim: Claim, good: bool, level: Loop | None) -> Iterator[Verdict]:
        """Take a claim, well formed or not; the verdicts it makes due are those on claims before it."""
        if self._held and (level is not self._level or len(self._held) >= MOST_HELD):
            yield from self.judge()
        self._level = level
        self._held.append((claim, good))

    def judge(self) -> Iterator[Verdict]:
        """The verdicts on all claims held, in file order."""
        if not self._held:
            return
        good = [claim for claim, well_formed in self._held if well_formed]
        found: dict[int, list[Finding]] = {}
        at = self._at
        for policy in self._policies if good else ():
            for claim, findings in zip(good, policy.judge(good), strict=True):
                for f in findings:
                    place = replace(f.place, interchange=at.interchange, group=at.group, set=at.set)
                    found.setdefault(id(claim), []).append(replace(f, place=place))
        held, self._held = self._held, []
        for claim, _ in held:
            yield Verdict(claim, tuple(found.get(id(claim), ())))
