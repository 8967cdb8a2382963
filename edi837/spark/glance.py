"""Whether claims of a file can have to do with each other across its parts, told at a glance.

Enters: the text of each part of its sets, in file order. Leaves: whether any claim may come twice, and whether
any patient stands under more than one HL, or has more claims under one than are judged together (`kin`).
Only HL, CLM and three kinds of NM1 are looked at. It may say so where it is not so, never the other way.
"""

from __future__ import annotations

import re
from functools import lru_cache

from edi837.gate import MOST_HELD
from edi837.isa import BLANK
from edi837.seen import Seen
from edi837.x12 import Delimiters, Segment, element


class Glance:
    """What was seen of a file so far."""

    def __init__(self, patients: bool) -> None:
        """``patients``: whether those who come again are looked for."""
        self.repeated = False  # a claim may have come twice
        self.again = False  # a patient came again
        self._patients: Seen | None = Seen() if patients else None
        self._seen = Seen()
        self._provider = ""
        self._subscriber: tuple[str, ...] = ()
        self._patient: tuple[str, ...] = ()
        self._claims = 0  # under the HL at hand

    @property
    def enough(self) -> bool:
        """Whether nothing more can be learned."""
        return self.repeated or self.again

    def take(self, text: str, delimiters: Delimiters) -> None:
        """Look at the text of a part."""
        separator = delimiters.element
        for match in _pattern(delimiters).finditer(f"{delimiters.segment}{text}"):
            seg = match["seg"].split(separator)
            if seg[0] == "CLM":
                self._claim(seg)
            elif seg[0] == "NM1":
                if not self._claims:  # behind a claim they name other payers' parties
                    self._party(seg)
            else:
                self._level(element(seg, 3))

    def _level(self, code: str) -> None:
        """An HL: nobody below it has been named yet."""
        self._claims = 0
        self._patient = ()
        if code != "23":
            self._subscriber = ()
        if code == "20":
            self._provider = ""

    def _party(self, seg: Segment) -> None:
        who = element(seg, 1)
        if who == "85":
            self._provider = _plain(element(seg, 9))
        elif who == "IL":
            self._subscriber = tuple(_plain(element(seg, at)) for at in (9, 3, 4))
            self._patient = self._subscriber[1:]
        else:
            self._patient = tuple(_plain(element(seg, at)) for at in (3, 4))

    def _claim(self, seg: Segment) -> None:
        who = (self._provider, *self._subscriber[:1], *self._patient)
        if self._patients is not None and self._claims % MOST_HELD == 0 and not self._patients.add(hash(who)):
            self.again = True
        self._claims += 1
        if not self._seen.add(hash((_plain(element(seg, 1)), who))):
            self.repeated = True


def _plain(text: str) -> str:
    return text.strip().upper()


@lru_cache(maxsize=16)
def _pattern(delimiters: Delimiters) -> re.Pattern[str]:
    t, e = re.escape(delimiters.segment), re.escape(delimiters.element)
    blank = "".join(re.escape(each) for each in BLANK if each != delimiters.segment)
    # It begins with a character, not a choice: so most of the text is passed over quickly.
    return re.compile(rf"{t}[{blank}]*+(?P<seg>(?:HL|CLM|NM1{e}(?:85|IL|QC)(?={e})){e}[^{t}]*)")
