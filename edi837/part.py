"""A part of a set, read by itself.

Enters: a `Part`: its text, what its set is read by, and where a reader stands at its beginning. Leaves: a
`Read`: what was found, where the reader stands at its end, and the keys by which its claims are known when
they come again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from edi837.body import Body, Head, Setting
from edi837.chart import Loop, chart
from edi837.claim import Claim, ServiceLine
from edi837.cut import Standing
from edi837.findings import Finding
from edi837.frames import Verdict
from edi837.gate import Judge, Put
from edi837.seen import Seen
from edi837.snip import Codes


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a set that can be read by itself."""

    setting: Setting
    start: Standing | None  # None: it begins the set
    text: str  # its segments, a terminator between two
    after: str  # the HL that follows; empty: the last segment of the text ends the set
    offset: int  # byte of the file at which the text begins

    def pieces(self) -> Iterator[str]:
        """The text of each segment."""
        return iter(self.text.split(self.setting.delimiters.segment))


@dataclass(slots=True)
class Read:
    """What came of a part."""

    events: Sequence[Finding | Verdict | int]  # int: a claim of so many lines, and nothing found on it
    standing: Standing | None  # at its end; None at the end of the set, or when it could not be cut there
    ended: bool  # whether it is the end of the set
    claims: int
    keys: Sequence[int]  # of the claims that it accepts, by which they are known again
    # At the end of the set:
    number: int = 0  # of the last segment; that of the SE, if it is one
    stop: str = ""  # the segment that ended it
    head: Head = ([], [], [])
    others: Sequence[int] = ()  # keys of the claims that it sends back
    # Where claims are put by: those of each HL by themselves.
    put: Sequence[Sequence[Put]] = ()


def read(
    part: Part, judges: Sequence[Judge], codes: Codes | None, known: frozenset[int] = frozenset(), light: bool = False
) -> Read:
    """Read a part; ``known``: keys of claims that came before it; ``light``: of claims, only count their lines."""
    setting, seen = part.setting, _Keys(known)
    body = Body(setting, judges, seen, codes, part.start)
    told = body.read_part(part.pieces(), part.after) if part.after else body.read(part.pieces())
    events: list[Finding | Verdict | int] = []
    for event in told:
        if isinstance(event, Loop):
            event.release()
        else:
            events.append(_light(event) if light else event)
    if not part.after:
        chart(setting.guide, setting.delimiters).forget()
    return Read(
        events, body.reader.standing, not part.after, body.claims, seen.new, body.number,
        setting.delimiters.element.join(body.stop or []), body.head, list(seen.asked),
    )  # fmt: skip


class _Keys(Seen):
    """Notes the claims of a part."""

    def __init__(self, known: frozenset[int]) -> None:
        super().__init__()
        self._known = known
        self.new: list[int] = []
        self.asked: set[int] = set()  # and not taken in

    def __contains__(self, number: int) -> bool:
        self.asked.add(number)
        return number in self._known or super().__contains__(number)

    def take(self, numbers: Iterable[int]) -> None:
        """As of `Seen`."""
        numbers = list(numbers)
        super().take(numbers)
        self.new += numbers
        self.asked.difference_update(numbers)


def _light(event: Finding | Verdict) -> Finding | Verdict | int:
    """Of a claim, its lines by their number."""
    if isinstance(event, Finding):
        return event
    lines = len(event.claim.lines)
    return replace(clean(lines), findings=event.findings) if event.findings else lines


@lru_cache(maxsize=1024)
def clean(lines: int) -> Verdict:
    """The verdict on a claim of which nothing is known but how many lines it has."""
    return Verdict(Claim(lines=(ServiceLine(),) * lines))
