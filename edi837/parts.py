"""The lines that an edit looks at together: of a claim, of the claims under one HL, of a file, of all there are.

Enters: a patient's claims, with the lines of each that concern a policy. Leaves: for each edit, the
`Lines` its check is asked on, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from edi837.checks import Lines
from edi837.claim import Claim, ServiceLine
from edi837.edit import Edit

Made = Callable[[Sequence[Claim], list[ServiceLine]], Lines]


class Parts:
    """A patient's claims, taken apart as each edit asks for it; each way is made but once."""

    def __init__(
        self, claims: Sequence[Claim], sifted: Sequence[list[ServiceLine]], levels: Sequence[int], make: Made
    ) -> None:
        """``levels`` numbers the HL of each claim, 0 for one accepted before this file; none: one HL for all."""
        self._claims = claims
        self._sifted = sifted
        self._levels = levels
        self._make = make
        self._mixed = len(claims) > 1 and len({claim.kind for claim in claims}) > 1  # of both guides
        self._apart = len(claims) > 1 and len(set(levels)) > 1
        self.whole = self._together(range(len(claims)))
        self._made: dict[str, tuple[Lines, ...]] = {}

    def of(self, edit: Edit) -> Iterable[Lines]:
        """The parts that an edit is asked on."""
        if len(self._claims) == 1 or not (self._apart or edit.scope == "claim"):
            parts: Iterable[Lines] = (self.whole,)
        else:
            missing = edit.check.misses and edit.scope == "file"  # the history may hold what an edit misses
            parts = self._by("history" if missing else edit.scope)
        if edit.narrow or (edit.only and self._mixed):
            parts = (part.narrowed(edit.judges) for part in parts)
        return parts

    def _by(self, scope: str) -> tuple[Lines, ...]:
        made = self._made.get(scope)
        if made is None:
            made = self._made[scope] = tuple(map(self._together, self._groups(scope)))
        return made

    def _groups(self, scope: str) -> Iterable[Sequence[int]]:
        """The claims by number, as the scope puts them together."""
        everyone = range(len(self._claims))
        here = [at for at in everyone if not self._levels or self._levels[at]]
        if scope in ("line", "claim"):
            return [[at] for at in here]
        if scope == "patient":
            numbers = dict.fromkeys(self._levels[at] for at in here)
            return [[at for at in here if self._levels[at] == number] for number in numbers]
        return [here if scope == "file" else everyone]

    def _together(self, group: Sequence[int]) -> Lines:
        if len(group) == 1:
            return self._make([self._claims[group[0]]], self._sifted[group[0]])
        return self._make([self._claims[at] for at in group], [line for at in group for line in self._sifted[at]])
