"""What was found wrong, where, and what it rests on: the currency of the house.

A sender's error is a value, never an exception. It travels in the stream beside the
claims and leaves by two exits: the acknowledgements, which know only codes, and the
report, which speaks in words. Three answers exist: a rule *holds* (no finding), it
*breaks* for certain (``reject``, or ``warn`` where the policy says so), or the claim
*cannot tell* (``unknown``). Only ``reject`` sends anything back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Action = Literal["reject", "warn", "unknown"]
Level = Literal["interchange", "group", "set", "segment", "element", "claim", "line"]


class Edi837Error(Exception):
    """The root of what this package raises: our own faults, and input that is not X12."""


class NotX12(Edi837Error):
    """The bytes are not an X12 interchange.

    ``offset`` is the byte at which they stopped making sense, counted from 0.
    """

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands, from the interchange down to one component.

    Empty strings and zeros mean "not that deep".
    """

    interchange: str = ""  # ISA13
    group: str = ""  # GS06
    set: str = ""  # ST02
    claim: str = ""  # CLM01
    line: str = ""  # LX01
    segment: int = 0  # position in the set, ST is 1 (IK302)
    tag: str = ""  # segment id (IK301)
    loop: str = ""  # loop id (IK303)
    element: int = 0  # element position (IK401-1)
    component: int = 0  # component position (IK401-2)
    repetition: int = 0  # repetition position (IK401-3)
    data_element: str = ""  # X12 data element number (IK402)
    value: str = ""  # the value as sent (IK404): may be a patient's, mask before showing

    @property
    def refdes(self) -> str:
        """The element by its usual name: ``SV104``, ``SV101-3``; empty above elements."""
        if not self.element:
            return ""
        name = f"{self.tag}{self.element:02d}"
        return f"{name}-{self.component}" if self.component else name


@dataclass(frozen=True, slots=True)
class Proposal:
    """One element as it should be; the sender decides."""

    line: str  # LX01; empty: a line that is not there yet
    element: str  # SV101; LX: the whole line
    value: str  # components joined by a colon; empty: it goes
    money: str = ""  # what it does to the charge or the payment, in words; empty: nothing

    def __str__(self) -> str:
        """In words, what it does to money included."""
        where = f"of line {self.line}" if self.line else "of a new line"
        said = f"{self.element} {where}: {self.value}" if self.value else f"take line {self.line} out"
        return f"{said} ({self.money})" if self.money else said


@dataclass(frozen=True, slots=True)
class Missing:
    """A line that is not there, as far as a policy knows it."""

    codes: tuple[str, ...]  # one of which it has
    barred: tuple[str, ...]  # modifiers, of which it has none
    days: tuple[tuple[date, date], ...]  # from the first to the last, on one of which it lies


@dataclass(frozen=True, slots=True)
class Finding:
    """One slip, said once.

    A finding knows its answer to the sender: ``syntax`` is the code of a TA1 or 999
    (``TA1:021``, ``AK9:4``, ``IK5:4``, ``IK3:3``, ``IK4:7``), ``status`` the claim
    status composites of a 277CA (``A8:453``, ``A7:145:82``), most telling first.
    """

    rule: str
    action: Action
    level: Level
    message: str
    place: Place = Place()
    source: str = "X12"  # explicit, implied, "external: ..." for a policy; X12 or guide below it
    says: str = ""  # the policy's own sentence
    fix: str = ""  # what the sender changes
    syntax: str = ""
    status: tuple[str, ...] = ()
    proposal: Proposal | None = None  # what would mend it, where that is plain
    because: tuple[Place, ...] = ()  # the elements sent that make it a fault (the CTX of a 999); no values
    other: Place | None = None  # the line it is at odds with, where a pair makes the fault
    told_by: tuple[str, ...] = ()  # rules of the guide that tell the same slip: it is told once, by them
    explained_by: tuple[str, ...] = ()  # rules that make it a consequence: what is missing may go back by them
    missing: Missing | None = None  # what is missing, where that can be a line that goes back

    @property
    def rejects(self) -> bool:
        """Whether this finding alone sends its claim, set, group or interchange back."""
        return self.action == "reject"

    @property
    def cut(self) -> bool:
        """Whether it says that an interchange is cut off: there may have been more."""
        return self.syntax == "TA1:023" and self.rejects


@dataclass(frozen=True, slots=True)
class StatusCode:
    """A claim status composite (C043): category, status, entity. ``A7:145:82``."""

    category: str  # code source 507
    status: str  # code source 508
    entity: str = ""

    @classmethod
    def parse(cls, text: str) -> StatusCode:
        """Read ``category:status[:entity]``; ValueError says what is wrong."""
        parts = text.split(":")
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise ValueError(f"{text!r} is not category:status or category:status:entity")
        return cls(*parts)

    def __str__(self) -> str:
        text = f"{self.category}:{self.status}"
        return f"{text}:{self.entity}" if self.entity else text
