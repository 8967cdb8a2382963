"""What is shown of a file stands in it: no mark for a line end, and a word where a mark is not the file's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi837 import marks
from edi837.isa import Delimiters
from tests.formats import edi837
from tests.snippets import CLAIM_P, HEAD, interchange

UNSEEN = "\x1d\x1f\x1e\x1c"
BROKEN = HEAD + CLAIM_P.replace("CLM*C1*100*", "CLM*C1*101*").replace(":B:1", ":B:9")


def shown(tmp_path: Path, command: str, separators: str, after: str, *more: str) -> str:
    file = tmp_path / "a.edi"
    file.write_bytes(interchange(BROKEN, marks=separators, after=after))
    if command == "claims":
        page = tmp_path / "a.html"
        edi837("report", "claims", file, "--html", page)
        return page.read_text()
    return edi837(command, file, *more).out


@pytest.mark.parametrize(
    ("own", "seen", "said"),
    [
        ("*:^~", "*:^~", ""),
        ("|>^'", "|>^'", ""),
        ("*:^\n", "*:^", ""),
        ("*:^\r", "*:^", ""),
        (UNSEEN, "*:^~", "separators shown as * : ^ ~"),
        ("*:^\x1c", "*:^~", "separators shown as ~"),
        ("\x1d\x1f^\n", "*:^", "separators shown as * :"),
    ],
)
def test_the_marks_that_are_shown(own: str, seen: str, said: str) -> None:
    delimiters = Delimiters(*own)
    found = marks.shown(delimiters)
    assert found.element + found.component + found.repetition + found.segment == seen
    assert marks.said(delimiters) == said
    once = marks.Once()
    assert (once.of([delimiters]), once.of([delimiters])) == ([said] if said else [], [])


@pytest.mark.parametrize(
    ("command", "more"),
    [("check", ()), ("check", ("--format", "html")), ("show", ("CLM",)), ("tree", ("--raw",)), ("claims", ())],
)
def test_a_line_end_is_no_mark(command: str, more: tuple[str, ...], tmp_path: Path) -> None:
    plain = shown(tmp_path, command, "*:^~", "\n", *more)
    lines = shown(tmp_path, command, "*:^\n", "", *more)
    clm = "CLM*C1*101***12:B:9*Y*A*Y*Y"
    assert f"{clm}~" in plain.replace("<mark>", "").replace("</mark>", "")
    assert clm in lines.replace("<mark>", "").replace("</mark>", "")
    assert "~" in plain and "~" not in lines and "separators shown" not in plain + lines


@pytest.mark.parametrize(
    ("command", "more"),
    [("check", ()), ("check", ("--format", "html")), ("show", ("CLM",)), ("tree", ("--raw",)), ("claims", ())],
)
def test_separators_that_cannot_be_seen_are_spoken_of_once(command: str, more: tuple[str, ...], tmp_path: Path) -> None:
    told = shown(tmp_path, command, UNSEEN, "", *more)
    assert told.lower().count("separators shown as * : ^ ~") == 1
    assert "CLM*C1*101***12:B:9*Y*A*Y*Y~" in told.replace("<mark>", "").replace("</mark>", "")


def test_what_is_missing_at_the_end_of_a_segment_is_marked_behind_it(tmp_path: Path) -> None:
    """CLM without its last elements: the caret stands behind the segment, with a terminator or without."""
    body = BROKEN.replace("*Y*A*Y*Y", "*Y*A*Y")
    for separators, after in (("*:^~", "\n"), ("*:^\n", "")):
        file = tmp_path / "a.edi"
        file.write_bytes(interchange(body, marks=separators, after=after))
        rows = edi837("check", file).out.splitlines()
        at = next(n for n, row in enumerate(rows) if "| CLM*" in row)
        assert rows[at + 1].index("^") == rows[at].index("*Y*A*Y") + len("*Y*A*Y")
