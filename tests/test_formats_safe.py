"""Nothing a sender writes reaches a terminal, a log or a build server as anything but text; nobody's values do."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from edi837 import personal
from tests.formats import FIXTURES, FORMATS, edi837, fixtures, name
from tests.pages import harmless
from tests.snippets import CLAIM_I, HEAD, I, interchange

UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
HOSTILE = [
    "\x1b[31mRED\x1b[0m", "\x1b]0;title\x07", "\x9b2J", "\u202eevil", "\u2066x\u2069", "a\rb", "a\nb", "a\n::error::x",
    "\x08\x08\x08", "\x00", "%0A::set-output", "]]>", "<!--", "&lt;", "\ufeff", "\u200b", "\x7f", "[bold red]x[/x]",
    '"},{"ruleId":"X"', "\\", "\x85next", "\udc1b",
]  # fmt: skip
MASKED = "CANARY"


def spoilt(data: bytes, drawn: random.Random) -> bytes:
    """A file with hostile text in some of its elements, tags and frames included."""
    segments = data.decode("latin-1").split("~\n")
    for _ in range(12):
        at = drawn.randrange(1, len(segments))
        elements = segments[at].split("*")
        which = drawn.randrange(len(elements))
        text = drawn.choice(HOSTILE).encode("utf-8", "surrogatepass").decode("latin-1")
        elements[which] = text if drawn.random() < 0.5 else elements[which] + text
        segments[at] = "*".join(elements)
    return "~\n".join(segments).encode("latin-1")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("seed", range(12))
def test_what_is_hostile_is_only_text(seed: int, form: str, tmp_path: Path) -> None:
    drawn = random.Random(seed)
    source = FIXTURES / drawn.choice(["demo.edi", "837I/fail/policy-042.edi", "837P/pass/minimum.edi"])
    file = tmp_path / f"x{drawn.choice(['', chr(27) + '[2J', chr(0x202E), '%0A', ' <b>&'])}.edi"
    file.write_bytes(spoilt(source.read_bytes(), drawn))
    for phi in ("mask", "show"):
        done = edi837("check", file, "--format", form, "--phi", phi)
        for said in (done.out, done.err):
            assert not UNSEEN.search(said), UNSEEN.search(said)
        if form == "github":
            assert all(re.match(r"::(error|warning|notice) title=", line) for line in done.out.splitlines())
        elif form == "junit":
            etree.fromstring(done.out.encode())
        elif form == "html":
            harmless(done.out, linked=True)
        elif form != "full" and form != "concise":
            read = json.loads if form != "jsonl" else lambda text: list(map(json.loads, text.splitlines()))
            read(done.out)
            assert not [word for word in words(read(done.out)) if UNSEEN.search(word)]


def words(value: object) -> Iterator[str]:
    """Every string in a JSON value: escapes are read back."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)


def test_the_search_finds_what_it_is_for() -> None:
    for text in HOSTILE[:9]:
        if text != "a\nb" and "::" not in text:
            assert UNSEEN.search(text), text


# ------------------------------------------------------------------ canaries


def planted(data: bytes, wrong: bool) -> tuple[bytes, int]:
    """A file with canaries in all elements that are a person's; ``wrong`` also breaks their forms."""
    text = data.decode("latin-1")
    mark, component, end = text[3], text[104], text[105]
    count = 0
    segments = text.split(end)
    for at, piece in enumerate(segments):
        body = piece.lstrip("\r\n")
        elements = body.split(mark)
        hidden = personal.hidden(elements, component)
        for number in range(1, len(elements)):
            if number in hidden and elements[number] and not (elements[0] == "PER" and number % 2 == 1):
                if elements[0] in ("DMG", "PAT") and not wrong:
                    continue
                if elements[0] in ("DMG", "PAT", "N4", "FRM") and number != 2 and not wrong:
                    continue
                count += 1
                elements[number] = f"{MASKED}{count}" if wrong else f"{MASKED}{count}"[: max(len(elements[number]), 8)]
        segments[at] = piece[: len(piece) - len(body)] + mark.join(elements)
    return end.join(segments).encode("latin-1"), count


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("path", fixtures("demo.edi", "837?/pass/*.edi", "837?/fail/*.edi"), ids=name)
def test_nobody_s_values_are_told(path: Path, wrong: bool, tmp_path: Path) -> None:
    data, count = planted(path.read_bytes(), wrong)
    assert count
    file = tmp_path / "planted.edi"
    file.write_bytes(data)
    every = wrong and path.stem in ("demo", "policy-042", "minimum", "missing-loop")
    for form in FORMATS if every else ("full", "jsonl") if wrong else ("full",):
        done = edi837("check", file, "--format", form)
        assert MASKED not in done.out + done.err, form
    if every:
        base = tmp_path / "known.json"
        edi837("check", file, "--baseline", base, "--write-baseline")
        assert MASKED not in base.read_text()


def test_canaries_are_told_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "planted.edi"
    file.write_bytes(planted((FIXTURES / "demo.edi").read_bytes(), True)[0])
    for flag in (["--show-phi"], ["--phi", "show"]):
        out = edi837("check", file, *flag).out
        assert MASKED in out
    assert MASKED in edi837("check", file, "--phi", "show", "--format", "jsonl").out


@pytest.mark.parametrize("last", ["19580214", "19581399"])
def test_the_day_of_birth_of_an_occurrence_code_is_masked_as_in_dmg(last: str, tmp_path: Path) -> None:
    """UB-04 occurrence codes A1, B1 and C1 are births of the insured, 55 is a death; 11 is a day of illness."""
    codes = f"HI*BH:A1:D8:19470301*BH:11:D8:20241230*BH:B1:D8:19480229*BH:55:D8:20250111*BH:C1:D8:{last}"
    file = tmp_path / "births.edi"
    file.write_bytes(interchange(HEAD + CLAIM_I.replace("HI*ABK:A419", f"HI*ABK:A419\n{codes}"), guide=I))
    days = ("19470301", "19480229", "20250111", last)
    commands: list[list[str | Path]] = [["check", file, "--format", form] for form in FORMATS]
    commands += [["tree", file, "--raw"], ["tree", file, "--format", "json"], ["tree", file, "--format", "xml"]]
    commands += [["show", file, "HI*BH"], ["show", file, "HI*BH", "--format", "json"]]
    commands += [["claims", file], ["lines", file]]
    for words in commands:
        said = edi837(*words)
        assert not [day for day in days if day in said.out + said.err], words
    for words in commands[len(FORMATS) + 1 : len(FORMATS) + 5]:
        assert "20241230" in edi837(*words).out
        shown = edi837(*words, "--phi", "show").out
        assert all(day in shown for day in days)
    assert not [day for day in days if day in edi837("deid", file).out]
    assert "20241230" not in edi837("deid", file).out
    unsaid = file.read_bytes().replace(b":D8:", b"::")
    file.write_bytes(unsaid)
    assert not [day for day in days if day in edi837("deid", file).out]


def test_the_place_that_a_value_code_tells_is_masked_as_in_n4(tmp_path: Path) -> None:
    """UB-04 value code A0 is a ZIP code, 85 a county, 61 and G8 an area; 80 counts days."""
    codes = "HI*BE:A0:::49503*BE:85:::26081*BE:61:::24340*BE:G8:::24349*BE:80:::7654*BE:a0:::49504"
    file = tmp_path / "places.edi"
    wrong = CLAIM_I.replace("HI*ABK:A419", f"HI*ABK:A419\n{codes}*BE:8")  # its finding underlines this segment
    file.write_bytes(interchange(HEAD + wrong, guide=I))
    places = ("49503", "26081", "24340", "24349", "49504")
    commands: list[list[str | Path]] = [["check", file, "--format", form] for form in FORMATS]
    commands += [["tree", file, "--raw"], ["tree", file, "--format", "json"], ["tree", file, "--format", "xml"]]
    commands += [["show", file, "HI*BE"], ["show", file, "HI*BE", "--format", "json"]]
    for words in commands:
        said = edi837(*words)
        assert not [place for place in places if place in said.out + said.err], words
    for words in commands[len(FORMATS) + 1 :]:  # the text of a tree is cut to its width
        assert "7654" in edi837(*words).out
        shown = edi837(*words, "--phi", "show").out
        assert all(place in shown for place in places)
    assert "HI*BE" in edi837("check", file, "--format", "full").out
