"""Keyed pseudonyms that keep the form of what they stand for, and dates moved by so many days.

Enters: a key and values, one character a byte. Leaves: for each value one with the same length, digits where
digits were and letters where letters were; the same for the same value under the same key, and another for
another of the same form (a Feistel network over its digits and letters). A good NPI becomes a good one that
was never issued, a bad one stays bad.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from math import prod

ROUNDS = 8
_FOREIGN = "\xc9"  # for every byte beyond ASCII: still none of the basic characters
_FOREIGN_UTF8 = ("", "", "\xc3\x89", "\xe1\xba\xbc", "\xf0\x9d\x90\x84")  # for a letter of so many bytes of UTF-8
_NPI = re.compile(r"[12]\d{9}\Z", re.ASCII)
_LONGEST_SHIFT = 52  # weeks
MOST_DAYS = 3650  # by which dates may be moved: farther off, no edition of the codes and no guide speaks of them


class Pseudonyms:
    """Pseudonyms under one key; dates are moved by ``days``, or by 1 to 52 whole weeks drawn from the key."""

    def __init__(self, key: bytes, days: int | None = None) -> None:
        if days is not None and abs(days) > MOST_DAYS:
            raise ValueError(f"dates are moved by -{MOST_DAYS} to {MOST_DAYS} days, not by {days}")
        self._key = hashlib.sha256(key).digest()
        self.days = 7 * (1 + self._draw(b"days", _LONGEST_SHIFT)) if days is None else days
        self.of = lru_cache(maxsize=65536)(self._of)
        self.npi = lru_cache(maxsize=65536)(self._npi)

    def _draw(self, said: bytes, below: int) -> int:
        return int.from_bytes(hashlib.blake2b(said, key=self._key, digest_size=40).digest()) % below

    def _of(self, value: str, letters: bool = True) -> str:
        """A value of the same form; ``letters`` as well as digits are changed."""
        kinds = [_kind(char) if letters or char.isdigit() else "" for char in value]
        places = [at for at, kind in enumerate(kinds) if kind]
        middle = (len(places) + 1) // 2
        halves = (places[:middle], places[middle:])
        sizes = tuple(prod(_SIZE[kinds[at]] for at in half) for half in halves)
        numbers = [_number(value, kinds, half) for half in halves]
        form = "".join(kind or char for kind, char in zip(kinds, value, strict=True)).encode("latin-1", "replace")
        for turn in range(ROUNDS):
            one, other = turn % 2, 1 - turn % 2
            said = b"%d/%d/" % (turn, numbers[other]) + form
            numbers[one] = (numbers[one] + self._draw(said, sizes[one])) % sizes[one]
        chars = [*_basic(value)]
        for half, number in zip(halves, numbers, strict=True):
            for at in reversed(half):
                number, rest = divmod(number, _SIZE[kinds[at]])
                chars[at] = chr(_FIRST[kinds[at]] + rest)
        return "".join(chars)

    def _npi(self, value: str) -> str:
        """An NPI: a good one begins with 2 and has its check digit; a bad one is as bad."""
        if good_npi(value):
            body = "2" + self._of(value[1:9])
            return body + next(digit for digit in "0123456789" if good_npi(body + digit))
        made = self._of(value)
        while good_npi(made):
            made = self._of(made)
        return made

    def day(self, text: str) -> str:
        """A date CCYYMMDD or YYMMDD, perhaps with a time behind the long one; one that is none stays none."""
        short = len(text) == 6
        try:
            if not (text.isascii() and text.isdecimal() and len(text) in (6, 8, 12, 14)):
                raise ValueError
            full = f"20{text}" if short else text
            moved = date(int(full[:4]), int(full[4:6]), int(full[6:8])) + timedelta(days=self.days)
        except (ValueError, OverflowError):
            return re.sub("[0-9]", "9", blanked(text))
        said = f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
        return said[2:] if short else said + full[8:]


def blanked(text: str) -> str:
    """Free text of which only its length is left, and what is neither letter nor digit."""
    return _basic(re.sub("[A-Z]", "X", re.sub("[a-z]", "x", re.sub("[0-9]", "9", text))))


def _basic(value: str) -> str:
    """A value, one character a byte, whose letters beyond ASCII are all the same, each as long as it was.

    They are UTF-8 if the bytes are that, else a byte each. The length stays in bytes and in letters.
    """
    if value.isascii():
        return value
    try:
        text = value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return re.sub("[^\x00-\x7f]", _FOREIGN, value)
    return "".join(char if char.isascii() else _FOREIGN_UTF8[len(char.encode())] for char in text)


def good_npi(value: str) -> bool:
    """Whether a number has the form of an NPI and its check digit (Luhn over 80840 and the number)."""
    if not _NPI.match(value):
        return False
    total = 24  # of the prefix 80840
    for at, digit in enumerate(map(int, reversed(value))):
        total += sum(divmod(2 * digit, 10)) if at % 2 else digit
    return total % 10 == 0


_SIZE = {"9": 10, "A": 26, "a": 26}
_FIRST = {"9": 48, "A": 65, "a": 97}


def _kind(char: str) -> str:
    if "0" <= char <= "9":
        return "9"
    return "A" if "A" <= char <= "Z" else "a" if "a" <= char <= "z" else ""


def _number(value: str, kinds: Sequence[str], places: Sequence[int]) -> int:
    number = 0
    for at in places:
        number = number * _SIZE[kinds[at]] + ord(value[at]) - _FIRST[kinds[at]]
    return number
