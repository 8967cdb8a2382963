"""A segment told for people: the segment, where it stands, and each element with its name and what it means.

Enters: what `told` tells of it. Leaves: lines of 100 columns at most. Elements that were not sent are only named.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import Any

from edi837 import safe, wording
from edi837.findings import Finding
from edi837.lookup.found import Match
from edi837.maps import frames
from edi837.views import shown
from edi837.views.full import WIDTH, WORDS, Paint

_VALUE = 22  # columns
_AT = 11  # column of values


def lines(told: dict[str, Any], paint: Paint, *, asked: bool) -> Iterator[str]:
    """The lines of a segment; ``asked``: some of its elements alone were asked for, so that all of them are told."""
    text = told["text"]
    yield paint("bold", text[:WIDTH])
    yield from (paint("bold", text[at : at + WIDTH]) for at in range(WIDTH, len(text), WIDTH))
    if told.get("separators"):
        yield paint("dim", f"    {told['separators']}")
    where = told["file"] + f":{told['row']}:{told['column']}  byte {told['offset']}"
    yield paint("dim", f"    {where}" + (f"  segment {told['segment']}" if told["segment"] else ""))
    if told["steps"]:
        yield from (paint("dim", line) for line in _wrapped(" › ".join(told["steps"]), "    ", 7, "in "))
    called = "; ".join(part for part in (told["name"], told["usage"], told["guide"]) if part)
    yield from _wrapped(f"{told['path']}  {called}" if called else "no guide tells what stands here", "    ", 6)
    for finding in told["findings"]:
        words = f"{WORDS[finding['action']]}[{finding['rule']}] {finding['message']}"
        yield from (paint(finding["action"], line) for line in _wrapped(words, "    ", 6))
        if finding["fix"]:
            yield from _wrapped(f"fix: {finding['fix']}", "      ", 11)
    yield ""
    rows = told["elements"]
    last = max((n for n, row in enumerate(rows) if row["sent"] or row["found"]), default=-1)
    unsent: list[tuple[str, str]] = []
    for n, row in enumerate(rows):
        if not (row["sent"] or row["found"] or asked) and (n > last or row["usage"] == "not used"):
            if row["usage"] != "not used" and "-" not in row["element"]:
                unsent.append((row["element"], row["name"]))
            continue
        yield from _row(row, paint)
    if unsent:
        yield ""
        yield from _wrapped("; ".join(_together(unsent)), "  ", _AT + 2, "not sent: ")


def _together(unsent: list[tuple[str, str]]) -> Iterator[str]:
    """Elements by name; those of one name in a row as one: HI03 to HI12."""
    for name, several in groupby(unsent, key=lambda each: each[1]):
        refdes = [each for each, _ in several]
        yield f"{refdes[0]} to {refdes[-1]} {name}" if len(refdes) > 1 else f"{refdes[0]} {name}"


def _row(row: dict[str, Any], paint: Paint) -> Iterator[str]:
    called = "; ".join(part for part in (row["name"], row["usage"]) if part)
    if row["repetition"] > 1:
        called += f"; repetition {row['repetition']}"
    value = row["value"]
    if not row["sent"]:
        value = "(empty)"
    elif value.isspace():
        value = "(blanks)"
    lead = f"  {row['element']:<{_AT - 2}}"
    if len(value) >= _VALUE:
        yield from _wrapped(value, lead, _AT)
        lead, value = " " * _AT, ""
    if value or "-" in row["element"] or not row["sent"]:
        lead += value.ljust(_VALUE)
    yield from _wrapped(called, lead, _AT + _VALUE)
    for means in row["means"]:
        yield from _wrapped(means, " " * (_AT + _VALUE), _AT + _VALUE, "= ")
    for finding in row["found"]:
        yield from (paint(finding.action, line) for line in _finding(finding))


def _finding(finding: Finding) -> Iterator[str]:
    pad = " " * _AT
    yield from _wrapped(f"{WORDS[finding.action]}[{finding.rule}] {safe.text(finding.message)}", pad, _AT + 2, "^ ")
    if finding.fix:
        yield from _wrapped(f"fix: {safe.text(finding.fix)}", pad + "  ", _AT + 7)
    if finding.proposal:
        yield from _wrapped(f"write: {safe.text(str(finding.proposal))}", pad + "  ", _AT + 9)
    yield from _wrapped(f"reply: {wording.reply(finding)}", pad + "  ", _AT + 9)


def listed(number: int, match: Match, *, phi: bool) -> str:
    """A match on one line."""
    segment = match.segment
    text = shown.line(segment, match.guide, loop=match.loop, phi=phi).text
    told_by = ("claim", "line") if any(word == "claim" for word, _ in match.steps) else ("ISA", "GS", "ST")
    steps = " ".join(f"{word} {safe.number(word, value)}" for word, value in match.steps if word in told_by)
    at = f"segment {segment.number:<5}" if segment.number else " " * 13
    path = safe.text(match.path) if match.use or match.segment.tag in frames() else ""
    told = f"{number:>4}  {at}  {'/'.join(path.split('/')[-2:]):<16} {steps:<26} {text}"
    return told if len(told) <= WIDTH else told[: WIDTH - 1] + "…"


def _wrapped(words: str, lead: str, hanging: int, word: str = "") -> Iterator[str]:
    lead += word
    told = wrap(words, WIDTH, initial_indent=lead, subsequent_indent=" " * hanging, break_on_hyphens=False)
    yield from told or [lead]
