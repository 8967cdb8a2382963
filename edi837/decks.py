"""The cases of a policy as files to try a claim system with: for each edit one that breaks it, one that holds it.

Enters: a policy with its cases, as a `Court`. Leaves: `Deck`s, each an interchange of invented parties
and what should be found in it by that policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from edi837 import sample
from edi837.cases import EXPECTED, Case
from edi837.edit import Edit
from edi837.trial import Court


@dataclass(frozen=True, slots=True)
class Deck:
    """One interchange, and what to expect of it."""

    name: str  # as 042-A03.breaks.837P
    text: str
    case: Case
    expected: dict[str, object]

    @property
    def json(self) -> str:
        """What to expect, as a JSON document."""
        return json.dumps(self.expected, indent=2, ensure_ascii=False) + "\n"


def decks(court: Court) -> Iterator[Deck]:
    """For each edit, on or off, a deck that breaks it and one that holds it, in each guide that can tell it."""
    for edit in court.file.written:
        for which in ("breaks", "holds"):
            fit = [case for case in court.file.cases if _fits(court, case, edit, which)]
            for kind in "PI":
                able = [case for case in fit if kind in case.kinds and edit.only in ("", f"837{kind}")]
                if able:
                    yield _deck(court, min(able, key=_oddity), edit, which, kind)


def _fits(court: Court, case: Case, edit: Edit, which: str) -> bool:
    return case.breaks(edit.id) if which == "breaks" else case.holds(edit) and court.asked(case, edit)


def _oddity(case: Case) -> tuple[object, ...]:
    """Cases by how far they are from the policy as it is, and from one slip on few lines."""
    return bool(case.on) or case.profile.endswith("-all"), bool(case.profile), len(case.named), len(case.lines)


def _deck(court: Court, case: Case, edit: Edit, which: str, kind: str) -> Deck:
    policy = court.policy(case)
    findings = [
        {"rule": label.split()[0], "action": action, **_place(label, len(case.claims))}
        for action in EXPECTED.values()
        for label in case.labels(action, kind, policy.edits)
    ]
    told = {rule: each.id for each in policy.edits for rule in each.told_by}
    expected: dict[str, object] = {
        "rule": edit.id,
        "which": which,
        "case": case.name,
        "policy": case.profile or court.file.number,
        "switched_on": sorted(case.on),  # edits that are off in the policy, and on for this deck
        "guide_rules": told,  # rules of the guide that tell what an edit would
        "findings": findings,
    }
    name = re.sub(r"[^A-Za-z0-9_-]", "_", edit.id)  # of a file: an edit may be called as its author likes
    return Deck(f"{name}.{which}.837{kind}", sample.interchange(case.claims, kind), case, expected)


def _place(label: str, claims: int) -> dict[str, str]:
    """CLM01 and LX01 of a label; an empty line is the claim as a whole."""
    words = label.split()
    claim = words[words.index("claim") + 1] if claims > 1 else "1"
    return {"claim": f"C{claim}", "line": words[words.index("line") + 1] if "line" in words else ""}
