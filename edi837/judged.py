"""Each claim of a file with its loop, its frames, its verdict and what was found on it.

Enters: a binary stream, perhaps policies. Leaves: a `Judged` for each claim, in file order, with the
2300 loop it was mapped from, which is let go once the next one is asked for. One patient's claims are held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from edi837 import process
from edi837.chart import Loop
from edi837.claim import Claim
from edi837.companion import Guides
from edi837.findings import Finding
from edi837.frames import Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from edi837.gate import Choosy, Judge
from edi837.snip import Codes

Watch = Callable[[object], None]
NOT_JUDGED = "not judged"


@dataclass(slots=True)
class Judged:
    """A claim, and where it stands."""

    claim: Claim
    loop: Loop  # its 2300, hanging from its open ancestors
    interchange: Interchange
    group: FunctionalGroup
    set: TransactionSet
    frames: str  # which interchange of the file, which group of it, which set of that: 1.1.2
    well_formed: bool  # nothing in it breaks the guide
    status: str  # rejected, by the guide's rules or a policy; accepted, by policies; not judged
    findings: tuple[Finding, ...]  # on it and its lines


def judged(
    stream: BinaryIO, policies: Sequence[Judge] = (), watch: Watch | None = None, *, codes: Codes | None = None,
    guides: Guides | None = None,
) -> Iterator[Judged]:  # fmt: skip
    """Yield each claim with what is said of it; ``watch`` is shown every event, those on frames too.

    ``codes`` are tables of codes with their dates, ``guides`` the guides as companions change them.

    Its status is ``rejected`` where the guide's rules beyond syntax (SNIP 3 to 5) or a policy send it back, with
    a 277CA; else ``accepted`` where a policy is for it, and ``not judged`` where none is. A claim whose syntax
    breaks the guide is ``not judged``: no such rule and no policy sees it. Whether its set goes on at all is
    known only at the set's end: that is the 999's to say. Raises NotX12 when the stream holds no interchange.
    """
    events = process.tell_loops(stream, policies, codes, guides)
    return of(_shown(events, watch) if watch else events, policies)


def _shown(events: Iterable[Event | Loop], watch: Watch) -> Iterator[Event | Loop]:
    for event in events:
        watch(event)
        yield event


def of(events: Iterable[Event | Loop], policies: Sequence[Judge], count: int = 0) -> Iterator[Judged]:
    """As `judged`, of the events of a file, or of a stretch of it that ``count`` interchanges come before."""
    interchange, group, frame = Interchange([""] * 17), FunctionalGroup([]), TransactionSet([])
    found: list[Finding] = []
    waiting: deque[tuple[Loop, bool, list[Finding]]] = deque()  # claims closed and without a verdict
    choosing = [each.covers if isinstance(each, Choosy) else _everyone for each in policies]
    levels: list[Loop] = []  # closed while claims below them waited
    for event in events:
        if isinstance(event, Verdict):
            loop, well_formed, syntax = waiting.popleft()
            status = NOT_JUDGED
            if well_formed and event.rejected:
                status = "rejected"
            elif well_formed and any(covers(event.claim) for covers in choosing):
                status = "accepted"
            frames = f"{count}.{interchange.groups}.{group.sets}"
            findings = (*syntax, *event.findings)
            yield Judged(event.claim, loop, interchange, group, frame, frames, well_formed, status, findings)
            loop.release()
            if levels and not waiting:
                for level in levels:
                    level.release()
                levels.clear()
        elif isinstance(event, Loop):
            if event.use.id == "2300":
                waiting.append((event, event.well_formed, found))
                found = []
            elif waiting:
                levels.append(event)
            else:
                event.release()
        elif isinstance(event, Finding):
            if event.place.claim:
                found.append(event)
        elif isinstance(event, Interchange):
            count += 1
            interchange, group, frame = event, FunctionalGroup([]), TransactionSet([])
        elif isinstance(event, FunctionalGroup):
            group, frame = event, TransactionSet([])
        elif isinstance(event, TransactionSet):
            frame = event
            found = []


def _everyone(claim: Claim) -> bool:
    """A judge who does not choose is for every claim."""
    return True
