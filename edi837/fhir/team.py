"""Who took part in the care: the providers of 2310 and 2420, numbered as members of a claim's care team.

Enters: the loops of a claim and of its lines. Leaves: members with their sequence, each once for the same role, and
which of them each line names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edi837.chart import Loop
from edi837.fhir import systems
from edi837.fhir.form import Json, concept, filled
from edi837.fhir.parties import Contained
from edi837.x12 import element

# By NM101: the system of the role, its code, and what X12 calls it where no code says so.
_ROLES = {
    "82": (systems.C4BB_ROLE, "performing", ""),
    "DN": (systems.C4BB_ROLE, "referring", ""),
    "P3": (systems.TEAM_ROLE, "other", "Primary Care Provider"),
    "DQ": (systems.TEAM_ROLE, "supervisor", ""),
    "DK": (systems.TEAM_ROLE, "other", "Ordering Provider"),
    "QB": (systems.C4BB_ROLE, "purchasedservice", ""),
    "71": (systems.C4BB_ROLE, "attending", ""),
    "72": (systems.C4BB_ROLE, "operating", ""),
    "ZZ": (systems.C4BB_ROLE, "otheroperating", ""),
}
FACILITY = "77"


class Team:
    """The care team of one claim."""

    def __init__(self, contained: Contained) -> None:
        self.members: list[Json] = []
        self._contained = contained
        self._known: dict[tuple[str, str], int] = {}
        self._roles: list[str] = []  # NM101, by sequence from 1

    def join(self, within: Loop) -> list[int]:
        """Take in the providers of a claim or line; their sequences."""
        found = []
        for loop in within.loops:
            name = loop.first("NM1") if loop.use.id.startswith(("2310", "2420")) else []
            role = _ROLES.get(element(name, 1))
            if role is None:
                continue
            taxonomy = element(loop.first("PRV"), 3)
            provider = self._contained.provider(f"provider{len(self._contained.resources)}", loop, taxonomy)
            key = (element(name, 1), provider["reference"])
            if key not in self._known:
                self._known[key] = len(self.members) + 1
                self._roles.append(element(name, 1))
                system, code, text = role
                self.members.append(filled(
                    sequence=self._known[key], provider=provider, role=concept(system, code, text=text),
                    qualification=concept(systems.TAXONOMY, taxonomy),
                ))  # fmt: skip
            found.append(self._known[key])
        return found

    def of_lines(self, whole: Sequence[int], homes: Iterable[Loop]) -> list[list[int]]:
        """Take in the providers of the lines; for each line whom it names. ``whole`` are the claim's own.

        A member that no item names is of the whole claim. Where a line repeats one of the claim's (2310), it no
        longer is: then each line without one in that role (2420) names the claim's as well.
        """
        named = [self.join(home) for home in homes]
        repeated = [one for one in whole if any(one in mine for mine in named)]
        if not repeated:
            return named
        return [[*mine, *self._lacking(mine, repeated)] for mine in named]

    def _lacking(self, mine: Sequence[int], repeated: Sequence[int]) -> list[int]:
        """Those of some members in whose role a line has none."""
        roles = {self._roles[one - 1] for one in mine}
        return [one for one in repeated if self._roles[one - 1] not in roles]
