"""The last gate before a person's eye: text from a file made harmless to show.

Enters: text as `x12` reads it, one character a byte (latin-1), or text already decoded.
Leaves: text that cannot move a cursor, ring, reverse, hide or calculate: for a terminal, a
log, a CSV cell or a page. Nothing from a file is shown in any other way.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

# What a page of ours lets a browser do: show it with its own styles, and nothing else.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

MASK = "•••"
ASCII_MASK = "***"

# What frames, levels, claims and lines go by, and how long that may be: ISA13, GS06, ST02, BHT03, HL01, CLM01, LX01.
LONGEST = {"ISA": 9, "GS": 9, "ST": 9, "batch": 50, "HL": 12, "claim": 38, "line": 6}

# What has no shape of its own, or turns what stands beside it: control characters, marks of
# direction and of joining, blanks without width, separators of lines and paragraphs, invisible
# fillers, variation selectors and tags, halves of surrogates, and what is no character at all.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}

# What we write ourselves, as ASCII has it.
_PLAINER = str.maketrans({"›": ">", "·": "-", "…": "~", "“": '"', "”": '"', "•": "*", "’": "'", "–": "-"})

# What makes a spreadsheet calculate (OWASP, CSV injection), in both widths.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n", "\0")


def text(value: str) -> str:
    r"""A value as it may be shown: UTF-8 if its bytes are that, else latin-1; the unseen as ``\x1b``.

    Text that is beyond latin-1 has been decoded already and is only made visible.
    """
    if value.isascii():
        return value if value.isprintable() else _UNSEEN.sub(_visible, value)
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return _UNSEEN.sub(_visible, value)


def in_ascii(text: str) -> str:
    """A text that is harmless already, for a terminal that knows ASCII alone."""
    return text.translate(_PLAINER).encode("ascii", "backslashreplace").decode()


def number(word: str, value: str) -> str:
    """What a frame, level, claim or line goes by; masked if it is longer than that may be.

    For then it is no such number, and may be anything, a name too. ``word``: ISA, GS, ST, batch, HL, claim or line.
    """
    return text(short(value, LONGEST[word]))


def short(value: str, most: int) -> str:
    """A value as it is, or the mask if it has more characters than its element may have."""
    return value if len(value) <= most else MASK


def masked(value: str, *, ascii: bool = False) -> str:
    """What stands for a personal value: the same for all, so that not even its length is told."""
    return (ASCII_MASK if ascii else MASK) if value else ""


@lru_cache(maxsize=16384)
def cell(value: str) -> str:
    """A value as a CSV cell of text: shown as by `text`, and never a formula.

    Numbers and dates are written as such by the caller and do not pass here.
    """
    shown = text(value)
    if shown.lstrip(" ").startswith(_FORMULA) or value.startswith(_FORMULA):
        return "'" + shown
    return shown


def _visible(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    escape = f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    return _SHORT.get(char, escape)
