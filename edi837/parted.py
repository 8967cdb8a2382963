"""A set that is read in parts by others, told as if it had been read from its beginning to its end.

Enters: the parts under way (`ahead`). Leaves: what `body.Body` would tell. A part counts only if its reader
began where the one before it ended, and knew which of its claims had come before; else it is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from edi837.ahead import Ahead, Coming, Rest
from edi837.body import Body, Head, Setting
from edi837.chart import Loop
from edi837.cut import Standing
from edi837.findings import Finding
from edi837.frames import Verdict
from edi837.gate import Judge, Receiver
from edi837.part import Read, clean
from edi837.seen import Seen
from edi837.snip import Codes
from edi837.x12 import Segment, split


class Parted:
    """Tells one set."""

    def __init__(
        self, setting: Setting, policies: Sequence[Judge], seen: Seen, codes: Codes | None, ahead: Ahead
    ) -> None:
        """As of `Body`; ``ahead`` has just handed out the ST."""
        self._setting, self._policies, self._seen, self._codes = setting, policies, seen, codes
        self._ahead = ahead
        self._standing: Standing | None = None
        self.claims = 0
        self.number = 1
        self.stop: Segment | None = None
        self.head: Head = ([], [], [])

    def read(self) -> Iterator[Finding | Loop | Verdict]:
        """Tell the set to its end."""
        for item in self._ahead.parts():
            if isinstance(item, Rest):
                yield from self._here(item.pieces)
                return
            read = self._true(item)
            if not read.ended and read.standing is None:  # nobody can go on from there but who read it
                yield from self._here(chain(item.part.pieces(), self._ahead))
                return
            self._seen.take(read.keys)
            self._pass_on(read)
            self.claims += read.claims
            self._standing = read.standing
            for event in read.events:
                yield clean(event) if isinstance(event, int) else event
            if read.ended:
                self.number, self.head = read.number, read.head
                self.stop = split(read.stop, self._setting.delimiters)
                return
        yield from self._here(iter(()))  # the file ends in the set

    def _true(self, coming: Coming) -> Read:
        """What came of a part that began where we stand."""
        read, start = self._ahead.read(coming), coming.part.start
        known: frozenset[int] = frozenset()
        while True:
            more = self._seen.among([*read.keys, *read.others]) - known
            if start == self._standing and not more:
                return read
            known |= more
            read, start = self._ahead.again(coming, self._standing, known), self._standing

    def _pass_on(self, read: Read) -> None:
        at = self._setting.at
        for judge in self._policies:
            if isinstance(judge, Receiver):
                judge.receive((self._setting.interchange, at.group, at.set), read.put)

    def _here(self, pieces: Iterator[str]) -> Iterator[Finding | Loop | Verdict]:
        """Read what is left of the set as it comes."""
        body = Body(self._setting, self._policies, self._seen, self._codes, self._standing)
        yield from body.read(pieces, self._ahead.torn)
        self.claims += body.claims
        self.number, self.stop, self.head = body.number, body.stop, body.head
