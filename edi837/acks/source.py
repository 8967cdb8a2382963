"""Who answers in a 277CA (2100A): as settled, else the one payer of all claims, else the receiver addressed.

Enters: the payer of each claim (2010BB), NM1*40 of 1000B, the envelope. Leaves: a `Source`. Of the payers the first
is held, and whether there is another: a receiver for several payers answers for none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edi837.claim import Party
from edi837.frames import FunctionalGroup, Interchange
from edi837.x12 import element

_SOURCE_IDS = frozenset(("46", "FI", "PI"))  # NM108 of 2100A


@dataclass(frozen=True, slots=True)
class Source:
    """Who answers: the information source, 2100A NM103, NM109 and NM108 (46, FI or PI)."""

    name: str
    id: str
    qualifier: str = "46"

    def __post_init__(self) -> None:
        if self.qualifier not in _SOURCE_IDS:
            raise ValueError(f"{self.qualifier!r} is no NM108 of 2100A: {', '.join(sorted(_SOURCE_IDS))}")
        if not self.name or not self.id:
            raise ValueError("the information source needs a name and an id")


class Payers:
    """The payers of the claims of a set."""

    def __init__(self) -> None:
        self._first: Party | None = None
        self._several = False

    def add(self, payer: Party) -> None:
        """Note the payer of a claim."""
        if self._first is None:
            self._first = payer
        elif payer is not self._first and not self._several:
            self._several = _differ(self._first, payer)

    @property
    def one(self) -> Party | None:
        """The payer of all claims; None where they have several."""
        return None if self._several else self._first


def who(payer: Party | None, receiver: Sequence[str], group: FunctionalGroup, received: Interchange) -> Source:
    """A payer with name and id; else NM1*40 of 1000B, if it has both; else the code that the envelope has for him."""
    if payer and payer.last and payer.id:
        return Source(payer.last, payer.id, "PI")
    name, id = (element(receiver, at).strip() for at in (3, 9))
    if name and id:
        return Source(name, id)
    code = element(group.header, 3).strip() or element(received.header, 8).strip()
    return Source(code, code)


def _differ(payer: Party, other: Party) -> bool:
    """Whether two payers are not the same: by their ids (NM109), else by their names."""
    return payer.id != other.id if payer.id and other.id else payer.last != other.last
