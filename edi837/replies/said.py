"""One thing that an acknowledgement says, before it is text, JSON or a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["good", "bad", "note"]


@dataclass(slots=True)
class Said:
    """One thing the answer says: a headline, and rows of a label and words."""

    kind: str  # TA1, 999, 277CA; 277 where it is no acknowledgement
    about: str  # interchange, group, set, batch, provider, claim, end
    tone: Tone
    head: str
    rows: list[tuple[str, str]] = field(default_factory=list)


def tone(bad: bool, good: bool) -> Tone:
    """How it is said: what is neither good nor bad is a note."""
    return "bad" if bad else "good" if good else "note"


def cut(end: str) -> tuple[str, str]:
    """The row that says that an answer ends too soon."""
    return "cut off", f"the answer ends before its {end}: there may be more"
