"""What is known of each rule: its title, its type, and the line of the policy file that says it.

Enters: the policies that judge. Leaves: a `Card` by the id of a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edi837 import rulebook
from edi837.explain import OWN
from edi837.rules import Policy


@dataclass(frozen=True, slots=True)
class Card:
    """What is said of a rule, whatever it found."""

    rule: str
    title: str
    snip: int = 0  # WEDI's type; 0 for a remark on the file
    source: str = ""
    where: str = ""  # 042.toml:123


class Cards:
    """The cards of all rules."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        several = list(dict.fromkeys(policies))
        places = {
            edit.id: f"{policy.file.path.name}:{edit.row}" for policy in several for edit in policy.file.edits
        }
        self._cards = {
            entry.rule: Card(entry.rule, entry.title, entry.snip, entry.source, places.get(entry.rule, ""))
            for entry in rulebook.entries(several)
        }
        self._cards |= {rule: Card(rule, title.partition("; ")[0]) for rule, title in OWN.items()}

    def of(self, rule: str) -> Card:
        """The card of a rule; one that is not known has its id for a title."""
        return self._cards.get(rule) or Card(rule, rule)
