"""What is known of each rule: its title, its type, and the line of the policy file that says it.

Enters: the policies that judge. Leaves: a `Card` by the id of a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from edi837 import rulebook
from edi837.explain import OWN
from edi837.rules import Policy


def _beginnings(rule: str) -> Iterator[str]:
    """The rule, and what it begins with: 042-A03, 042-A, 042."""
    yield rule
    while (cut := rule.rpartition("-"))[0]:
        rule = cut[0]
        yield f"{rule}-{cut[2][:1]}"
        yield rule


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
        self._off = {edit.id for policy in several for edit in policy.file.written}  # a profile may switch them on
        self._cards |= {rule: Card(rule, title.partition("; ")[0]) for rule, title in OWN.items()}

    def unknown(self, begun: str) -> str:
        """Why no finding can be of a rule that begins so, with the nearest that there is; empty when one can."""
        if any(rule.upper().startswith(begun.upper()) for rule in self._cards.keys() | self._off):
            return ""
        known = {part: None for rule in self._cards for part in _beginnings(rule)}
        words = {word.upper(): word for word in known}
        if any(word.startswith(f"X12-{begun.upper()}") for word in words):
            return f'no rule begins so; did you mean "X12-{begun}"?'
        close = get_close_matches(begun.upper(), list(words), n=1, cutoff=0.5)
        meant = f'did you mean "{words[close[0]]}"?' if close else "edi837 rules lists them"
        return f"no rule begins so; {meant}"

    def of(self, rule: str) -> Card:
        """The card of a rule; one that is not known has its id for a title."""
        return self._cards.get(rule) or Card(rule, rule)
