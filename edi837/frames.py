"""The three frames around claims, and the events in which an interchange is told.

`process` tells an interchange as one flat stream: a frame when it opens, the findings
and verdicts inside it in file order, and an `End` when it closes. Everything that
answers the sender (`acks`, `report`) folds over that stream, holding one claim at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edi837.claim import Claim
from edi837.findings import Finding


@dataclass(slots=True)
class Interchange:
    """ISA to IEA. Elements are kept as sent, blanks and all."""

    header: list[str]  # the ISA: header[13] is ISA13
    element: str = "*"
    component: str = ":"
    repetition: str = "^"  # ISA11; empty when ISA11 is no separator
    segment: str = "~"
    groups: int = 0  # GS seen
    codes: list[tuple[str, str]] = field(default_factory=list)  # (TA104 A/E/R, TA105) found

    @property
    def number(self) -> str:
        """ISA13."""
        return self.header[13]

    @property
    def wants_ta1(self) -> bool:
        """ISA14 is 1."""
        return self.header[14] == "1"

    @property
    def refused(self) -> bool:
        """A TA1 with R: nothing inside is answered any more."""
        return any(action == "R" for action, _ in self.codes)


@dataclass(slots=True)
class FunctionalGroup:
    """GS to GE."""

    header: list[str]  # the GS: header[6] is GS06
    sets: int = 0  # ST received (AK903)
    accepted: int = 0  # ST accepted, IK5 A or E (AK904)
    declared: str = ""  # GE01 as received (AK902)
    codes: list[str] = field(default_factory=list)  # AK905..09

    @property
    def number(self) -> str:
        """GS06."""
        return self.header[6] if len(self.header) > 6 else ""

    @property
    def refused(self) -> bool:
        """AK9 R for a fault of the group itself: none of its sets goes on."""
        return bool(self.codes)

    @property
    def version(self) -> str:
        """GS08."""
        return self.header[8] if len(self.header) > 8 else ""


@dataclass(slots=True)
class TransactionSet:
    """ST to SE."""

    header: list[str]  # the ST: header[2] is ST02
    guide: str = ""  # the guide that judges it: 005010X222A1, 005010X223A2; empty: refused unread
    kind: str = ""  # P, I
    reference: str = ""  # BHT03
    created: str = ""  # BHT04
    submitter: list[str] = field(default_factory=list)  # 1000A NM1 as sent
    receiver: list[str] = field(default_factory=list)  # 1000B NM1 as sent
    segments: int = 0  # counted ST through SE
    claims: int = 0
    refused: bool = False  # IK5 R: no 277CA
    codes: list[str] = field(default_factory=list)  # IK502..06 of its own (2, 3, 4, 6, 7, 18, 19, 23, I6)
    returned: str = ""  # composite with which a set that the 999 accepts goes back whole (277CA 2200B STC01)

    def head(self, bht: list[str], submitter: list[str], receiver: list[str]) -> None:
        """Note what the answers repeat of the BHT and of the NM1 of 1000A and 1000B; each may be empty."""
        self.reference = bht[3] if len(bht) > 3 else ""
        self.created = bht[4] if len(bht) > 4 else ""
        self.submitter, self.receiver = submitter, receiver

    @property
    def number(self) -> str:
        """ST02."""
        return self.header[2] if len(self.header) > 2 else ""


@dataclass(slots=True)
class Verdict:
    """A claim and all that was found on it. It is rejected if one finding rejects."""

    claim: Claim
    findings: tuple[Finding, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether the claim goes back (277CA U)."""
        return bool(self.findings) and any(f.rejects for f in self.findings)


@dataclass(slots=True)
class End:
    """The close of a frame; its counts and codes are final now."""

    of: Interchange | FunctionalGroup | TransactionSet


Event = Interchange | FunctionalGroup | TransactionSet | Finding | Verdict | End
