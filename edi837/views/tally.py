"""What a file came to: counts, what became of the claims, and which answers `edi837 ack` would write.

Enters: the events of a file. Leaves: a line for every format, and for people two more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edi837 import safe
from edi837.acks import ta1
from edi837.fates import Fates
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.wording import many

_KINDS = ("P", "I")  # sets that a 277CA answers


@dataclass(slots=True)
class Tally:
    """Counts the events of a file."""

    interchanges: int = 0
    sets: int = 0
    lines: int = 0
    fates: Fates = field(default_factory=Fates)  # of its claims
    cut: bool = False  # an interchange is cut off
    found: Counter[str] = field(default_factory=Counter)  # findings by action
    answers: Counter[str] = field(default_factory=Counter)  # TA1 R, 999 P ...
    _sets: int = 0  # of the group at hand, that have a 277CA
    _held: Counter[str] = field(default_factory=Counter)  # answers to the interchange at hand

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.fates.take(event)
        if isinstance(event, Verdict):
            self.lines += len(event.claim.lines)
            if event.findings:
                self.found.update(finding.action for finding in event.findings)
        elif isinstance(event, Finding):
            self.found[event.action] += 1
            self.cut |= event.cut
        elif isinstance(event, TransactionSet):
            self.sets += 1
        elif isinstance(event, Interchange):
            self.interchanges += 1
            self._held = Counter()
        elif isinstance(event, FunctionalGroup):
            self._sets = 0
        else:
            self._end(event)

    def _end(self, end: End) -> None:
        frame = end.of
        if isinstance(frame, TransactionSet):
            self._sets += not frame.refused and frame.kind in _KINDS
        elif isinstance(frame, FunctionalGroup):
            if not frame.refused:
                self._held["277CA"] += self._sets
            if frame.header[1:2] != ["FA"]:
                accepted = 0 if frame.refused else frame.accepted
                self._held[f"999 {'R' if not accepted else 'P' if accepted < frame.sets else 'A'}"] += 1
        else:
            if frame.refused:
                self._held.clear()
            if ta1.due(frame):
                self._held[f"TA1 {ta1.verdict(frame)[0]}"] += 1
            self.answers += self._held

    def line(self, file: str) -> str:
        """The line that every format ends with."""
        claims, findings = many(self.fates.claims, "claim"), many(self.found.total(), "finding")
        return f"{safe.text(file)}: {claims}, {self.fates}, {findings}"

    def lines_for_people(self, file: str) -> list[str]:
        """What the file holds, what was found in it, and what `ack` would answer."""
        of = self.fates
        held = (("interchange", self.interchanges), ("set", self.sets), ("claim", of.claims), ("line", self.lines))
        told = [f"{safe.text(file)}   {' · '.join(many(count, word) for word, count in held)}"]
        fates = [f"accepted {of.accepted}", f"rejected {of.rejected}"]
        fates += [f"in what is refused {of.refused}"] if of.refused else []
        told.append(
            f"  {'   '.join(fates)}   errors {self.found['reject']}   warnings {self.found['warn']}"
            + (f"   cannot tell {self.found['unknown']}" if self.found["unknown"] else "")
        )
        answers = [f"{count} x {name}" if count > 1 else name for name, count in sorted(self.answers.items())]
        if self.answers["277CA"]:
            answers = [each for each in answers if not each.endswith("277CA")]
            one = "277CA" if self.answers["277CA"] == 1 else f"{self.answers['277CA']} x 277CA"
            answers.append(f"{one} ({of.accepted} accepted, {of.rejected} rejected)")
        told.append(f"  edi837 ack would write: {' · '.join(sorted(answers, reverse=True)) or 'nothing'}")
        return told
