"""What a file came to: counts, what became of the claims, and which answers `edi837 ack` would write.

Enters: the events of a file. Leaves: a line for every format, and for people two more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edi837 import safe
from edi837.acks import ta1
from edi837.findings import Finding
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.wording import many

_KINDS = ("P", "I")  # sets that a 277CA answers


@dataclass(slots=True)
class Tally:
    """Counts the events of a file."""

    interchanges: int = 0
    sets: int = 0
    claims: int = 0
    lines: int = 0
    rejected: int = 0  # claims that break something for certain, whatever becomes of their set
    found: Counter[str] = field(default_factory=Counter)  # findings by action
    answers: Counter[str] = field(default_factory=Counter)  # TA1 R, 999 P ...
    accepted: int = 0  # claims that the 277CA accepts
    returned: int = 0  # claims that the 277CA rejects
    refused: int = 0  # claims of what a TA1 or 999 refuses
    _set: tuple[int, int] = (0, 0)  # claims accepted and rejected of the set at hand
    _group: tuple[int, int] = (0, 0)
    _sets: int = 0  # of the group at hand, that have a 277CA
    _held: Counter[str] = field(default_factory=Counter)  # answers to the interchange at hand
    _all: tuple[int, int] = (0, 0)

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, Verdict):
            self.claims += 1
            self.lines += len(event.claim.lines)
            self.rejected += event.rejected
            self._set = self._set[0] + (not event.rejected), self._set[1] + event.rejected
            if event.findings:
                self.found.update(finding.action for finding in event.findings)
        elif isinstance(event, Finding):
            self.found[event.action] += 1
        elif isinstance(event, TransactionSet):
            self.sets += 1
            self._set = 0, 0
        elif isinstance(event, Interchange):
            self.interchanges += 1
            self._held, self._all = Counter(), (0, 0)
        elif isinstance(event, FunctionalGroup):
            self._group, self._sets = (0, 0), 0
        else:
            self._end(event)

    def _end(self, end: End) -> None:
        frame = end.of
        if isinstance(frame, TransactionSet):
            if frame.refused:
                self.refused += sum(self._set)
            else:
                self._group = self._group[0] + self._set[0], self._group[1] + self._set[1]
                self._sets += frame.kind in _KINDS
            self._set = 0, 0
        elif isinstance(frame, FunctionalGroup):
            if frame.refused:
                self.refused += sum(self._group)
            else:
                self._all = self._all[0] + self._group[0], self._all[1] + self._group[1]
                self._held["277CA"] += self._sets
            if frame.header[1:2] != ["FA"]:
                accepted = 0 if frame.refused else frame.accepted
                self._held[f"999 {'R' if not accepted else 'P' if accepted < frame.sets else 'A'}"] += 1
        else:
            if frame.refused:
                self.refused += sum(self._all)
                self._held.clear()
            else:
                self.accepted += self._all[0]
                self.returned += self._all[1]
            if ta1.due(frame):
                self._held[f"TA1 {ta1.verdict(frame)[0]}"] += 1
            self.answers += self._held

    def line(self, file: str) -> str:
        """The line that every format ends with."""
        return f"{safe.text(file)}: {self.claims} claims, {self.rejected} rejected, {self.found.total()} findings"

    def lines_for_people(self, file: str) -> list[str]:
        """What the file holds, what was found in it, and what `ack` would answer."""
        held = (("interchange", self.interchanges), ("set", self.sets), ("claim", self.claims), ("line", self.lines))
        told = [f"{safe.text(file)}   {' · '.join(many(count, word) for word, count in held)}"]
        fates = [f"accepted {self.accepted}", f"rejected {self.returned}"]
        fates += [f"in what is refused {self.refused}"] if self.refused else []
        told.append(
            f"  {'   '.join(fates)}   errors {self.found['reject']}   warnings {self.found['warn']}"
            + (f"   cannot tell {self.found['unknown']}" if self.found["unknown"] else "")
        )
        answers = [f"{count} x {name}" if count > 1 else name for name, count in sorted(self.answers.items())]
        if self.answers["277CA"]:
            answers = [each for each in answers if not each.endswith("277CA")]
            one = "277CA" if self.answers["277CA"] == 1 else f"{self.answers['277CA']} x 277CA"
            answers.append(f"{one} ({self.accepted} accepted, {self.returned} rejected)")
        told.append(f"  edi837 ack would write: {' · '.join(sorted(answers, reverse=True)) or 'nothing'}")
        return told
