"""Whose claims a policy or one of its edits is for.

Enters: the words of a policy file (``payers``, ``filing`` and so on). Leaves: a `Scope`, which says
of a claim whether it is for it. What a claim does not tell keeps it out: nobody is rejected by a
policy that may not be theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edi837.claim import Claim
from edi837.problems import Problems, nearest

KEYS = ("payers", "filing", "sequence", "taxonomies", "npis", "forms")
_FORMS = {"837P": "P", "837I": "I"}
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """Conditions that a claim meets one and all; an empty one is met by every claim."""

    payers: frozenset[str] = _NOTHING  # 2010BB NM109
    filing: frozenset[str] = _NOTHING  # SBR09, the line of business: CI, MB, MC ...
    sequence: frozenset[str] = _NOTHING  # SBR01: P, S, T ...
    taxonomies: tuple[str, ...] = ()  # billing provider, 2000A PRV03, or how it begins
    npis: frozenset[str] = _NOTHING  # billing provider, 2010AA NM109
    forms: frozenset[str] = _NOTHING  # P, I

    def covers(self, claim: Claim) -> bool:
        """Whether the claim is for it."""
        return (
            (not self.payers or claim.payer.id in self.payers)
            and (not self.filing or claim.filing in self.filing)
            and (not self.sequence or claim.sequence in self.sequence)
            and (not self.taxonomies or claim.provider.taxonomy.upper().startswith(self.taxonomies))
            and (not self.npis or claim.provider.id in self.npis)
            and (not self.forms or claim.kind in self.forms)
        )

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return self != EVERYONE


EVERYONE = Scope()


def read(table: Mapping[str, object], problems: Problems, row: int, where: str) -> Scope:
    """The scope that these words of a policy file mean; what is wrong with them goes to ``problems``."""
    words: dict[str, frozenset[str]] = {}
    for key, value in table.items():
        if key not in KEYS:
            problems.add(row, where, f'unknown key "{key}"{nearest(key, KEYS)}')
        elif not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
            problems.add(row, where, f'{key} is a list of texts: {key} = ["..."]')
        else:
            words[key] = frozenset(value)
    for form in words.get("forms", _NOTHING):
        if form not in _FORMS:
            problems.add(row, where, f'forms has "{form}"; there are 837P and 837I')
    payers = words.get("payers", _NOTHING)
    return Scope(
        payers=_NOTHING if "*" in payers else payers,
        filing=words.get("filing", _NOTHING),
        sequence=words.get("sequence", _NOTHING),
        taxonomies=tuple(sorted(word.upper() for word in words.get("taxonomies", _NOTHING))),
        npis=words.get("npis", _NOTHING),
        forms=frozenset(_FORMS[form] for form in words.get("forms", _NOTHING) if form in _FORMS),
    )
