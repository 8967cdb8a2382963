"""Names that the gateway makes: of jobs and of answers. Nothing of a sender's gets into a path unsifted."""

from __future__ import annotations

import re
from datetime import datetime

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_TOKENS = ("kind", "isa06", "isa13", "job", "partner", "ext")
_WIDTHS = {"isa06": 15, "isa13": 9, "partner": 50, "job": 18}  # characters at most
_LONGEST = 120  # characters of a name
TEMPLATE = "{kind}_{isa06}_{isa13}_{job}.{ext}"
_KINDS = {
    "ta1": ("TA1", "edi"), "999": ("999", "edi"), "277ca": ("277CA", "edi"),
    "report.json": ("report", "json"), "report.txt": ("report", "txt"),
}  # fmt: skip


def job(now: datetime, token: str) -> str:
    """The id of a job: when it began, so that ids sort by time, and something drawn by chance."""
    since = int((now - datetime(2020, 1, 1)).total_seconds() * 1000)
    digits = ""
    for _ in range(8):
        since, digit = divmod(since, 32)
        digits = _DIGITS[digit] + digits
    return digits + token


def token(chance: bytes) -> str:
    """Bytes drawn by chance as digits of an id, one a byte."""
    return "".join(_DIGITS[byte % 32] for byte in chance)


def sifted(value: str, most: int = 50) -> str:
    """A value of a sender's as it may stand in a name."""
    return _UNSAFE.sub("-", value.strip())[:most].strip("-") or "none"


def output(template: str, kind: str, job: str, *, isa06: str, isa13: str, partner: str) -> str:
    """The name of an answer, at most 120 characters, one component of a path."""
    said = {"isa06": isa06, "isa13": isa13, "partner": partner}
    said = {token: sifted(value, _WIDTHS[token]) for token, value in said.items()}
    word, ext = _KINDS[kind]
    stem = template.removesuffix(".{ext}").format(**said, kind=word, job=job, ext=ext)
    return _UNSAFE.sub("-", stem)[: _LONGEST - 1 - len(ext)] + f".{ext}"


def fault(template: str) -> str:
    """What is wrong with a template, empty when nothing is."""
    if not template.endswith(".{ext}"):
        return "ends with .{ext}"
    stem = template.removesuffix(".{ext}")
    try:
        tokens = re.findall(r"\{(\w*)\}", stem)
        stem.format(**dict.fromkeys(_TOKENS, "x"))
    except (KeyError, ValueError, IndexError, AttributeError):
        return f"may hold {', '.join('{' + t + '}' for t in _TOKENS)} and nothing else in braces"
    if "kind" not in tokens or "job" not in tokens:
        return "must hold {kind} and {job}, or answers would meet at one name"
    if _UNSAFE.search(re.sub(r"\{\w+\}", "", stem)):
        return "may hold letters, digits, _ and -"
    longest = {token: "x" * width for token, width in _WIDTHS.items()}
    most = max(len(stem.format(**longest, kind=word, ext=ext)) + len(ext) + 1 for word, ext in _KINDS.values())
    if most > _LONGEST:  # cut off, answers would meet at one name
        return f"makes names of up to {most} characters: {_LONGEST} are the most"
    return ""


def shown(name: str) -> str:
    """A file's name as text that anything can hold."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
