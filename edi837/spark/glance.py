"""Whether claims of a file can have to do with each other across its parts, told at a glance.

Enters: the text of each part of its sets, in file order. Leaves: whether any claim may come twice, and whether
any patient stands under more than one HL, or has more claims under one than are judged together (`kin`).
Only HL, CLM and three kinds of NM1 are looked at. It may say so where it is not so, never the other way.
"""

from __future__ import annotations

import tempfile
from array import array
from typing import IO

from edi837.gate import MOST_HELD
from edi837.kin import glance
from edi837.x12 import Delimiters, Segment, element


class Glance:
    """What was seen of a file so far."""

    def __init__(self, patients: bool) -> None:
        """``patients``: whether those who come again are looked for."""
        self._patients = Numbers() if patients else None
        self._seen = Numbers()
        self._provider = ""
        self._subscriber: tuple[str, ...] = ()
        self._patient: tuple[str, ...] = ()
        self._claims = 0  # under the HL at hand

    def repeated(self) -> bool:
        """Whether a claim may have come twice."""
        return self._seen.twice()

    def again(self) -> bool:
        """Whether a patient came again."""
        return self._patients is not None and self._patients.twice()

    def take(self, text: str, delimiters: Delimiters) -> None:
        """Look at the text of a part."""
        separator = delimiters.element
        for piece in glance(delimiters)(f"{delimiters.segment}{text}"):
            seg = piece.split(separator)
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
        if self._patients is not None and self._claims % MOST_HELD == 0:
            self._patients.add(hash(who))
        self._claims += 1
        self._seen.add(hash((_plain(element(seg, 1)), who)))


class Numbers:
    """Signed 64-bit numbers, such as hashes, of which it is only asked at the end whether any came twice.

    They lie on shelves by their last byte, and a shelf that is full goes to a file without a name: so memory
    is bounded, and the file is only appended to, where a set of so many would be looked into at every place.
    """

    def __init__(self, full: int = 4096) -> None:
        """``full``: numbers on a shelf."""
        self._full = full
        self._shelves = [array("q") for _ in range(256)]
        self._filed: list[list[int]] = [[] for _ in range(256)]  # where in the file each full shelf begins
        self._file: IO[bytes] | None = None

    def add(self, number: int) -> None:
        """Take a number in."""
        shelf = self._shelves[number & 255]
        shelf.append(number)
        if len(shelf) == self._full:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115
            self._filed[number & 255].append(self._file.seek(0, 2))
            shelf.tofile(self._file)
            del shelf[:]

    def twice(self) -> bool:
        """Whether any came twice."""
        for shelf, filed in zip(self._shelves, self._filed, strict=True):
            numbers = array("q", shelf)
            for start in filed:
                assert self._file is not None
                self._file.seek(start)
                numbers.fromfile(self._file, self._full)
            if len(set(numbers)) < len(numbers):
                return True
        return False


def _plain(text: str) -> str:
    return text.strip().upper()
