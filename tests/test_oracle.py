"""Our word on syntax against pyx12's, on every fixture and on one fault at a time.

Compared are, first, whether a file is refused at all; then, where both refuse it, the set of
what each says: position in the set, level, element, code. Each disagreement needs a row in
``agreements.toml``, which says who is right and why; a row that no longer occurs must go.
What both sides merely call by another name is settled here, in `_theirs` and `_ours`.
"""

from __future__ import annotations

import copy
import difflib
import functools
import io
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest

from edi837 import process
from edi837.findings import Finding, NotX12
from edi837.frames import End, FunctionalGroup, Interchange, TransactionSet
from tests.edits import Wire
from tests.mutate import mutations, variants
from tests.oracle import Opinion, judge_all

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
FOLDERS = ("837P/pass", "837P/fail", "837I/pass", "837I/fail", "envelope")
MUTATED = (  # between them they have a place for every mutation
    "837P/pass/office-visit",
    "837P/pass/coordination-of-benefits",
    "837P/pass/drugs",
    "837P/pass/dependants",
    "837P/pass/many-segments",
    "837P/pass/subscriber-then-dependant",
    "837I/pass/hospital",
    "837I/pass/statement-dates-only",
    "837I/pass/home-infusion",
    "837I/pass/coordination-of-benefits",
)


class Said(NamedTuple):
    """One complaint, in words both sides share. Frames are counted from 1; a set's own has segment 0."""

    set: int
    segment: int
    code: str  # IK3:5, IK4 05-2:7, IK5:4, AK9:5, TA1:021


@dataclass(frozen=True)
class Case:
    """A fixture, or a fixture with one fault: ``837P/pass/drugs: S15 HI missing``."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Word:
    """Our own word on a file."""

    refused: bool
    said: frozenset[Said]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Difference:
    """Where the two part, and how."""

    case: str
    kind: str
    ours: frozenset[str]  # codes only
    pyx12: frozenset[str]

    def __str__(self) -> str:
        return f"{self.case}: {self.kind}; we say {sorted(self.ours)}, pyx12 {sorted(self.pyx12)}"


def _fixtures() -> Iterator[Case]:
    for folder in FOLDERS:
        for path in sorted((FIXTURES / folder).glob("*.edi")):
            yield Case(f"{folder}/{path.stem}", path.read_bytes())


def _mutants(fixture: str) -> Iterator[Case]:
    for name, data in mutations((FIXTURES / f"{fixture}.edi").read_bytes()):
        yield Case(f"{fixture}: {name}", data)


@functools.cache
def _cases() -> tuple[Case, ...]:
    return (*_fixtures(), *(case for fixture in MUTATED for case in _mutants(fixture)))


# ------------------------------------------------------------------ the two words


def _ours(data: bytes) -> Word:
    """What we say. One vocabulary: pyx12 has one code (1) for what has no place here."""
    said, findings = set(), []
    sets = interchanges = groups = 0
    try:
        for event in process.tell(io.BytesIO(data)):
            if isinstance(event, Interchange):
                interchanges += 1
            elif isinstance(event, FunctionalGroup):
                groups, before = groups + 1, sets
            elif isinstance(event, TransactionSet):
                sets += 1
            elif isinstance(event, End) and isinstance(event.of, FunctionalGroup):
                sets = before + event.of.sets  # those of a refused group are not told
            elif isinstance(event, Finding):
                findings.append(event)
                if event.rejects:
                    level = event.syntax.partition(":")[0]
                    frame = {"TA1": interchanges, "AK9": groups}.get(level, sets)
                    said.add(Said(frame, event.place.segment, _our_code(event)))
    except NotX12:
        return Word(True, frozenset(), ())
    return Word(bool(said), frozenset(said), tuple(findings))


def _our_code(finding: Finding) -> str:
    level, _, code = finding.syntax.partition(":")
    place = finding.place
    if level == "IK4":
        return _element(place.element, place.component, {"I10": "10"}.get(code, code))
    if finding.syntax in ("IK3:2", "IK3:7", "IK5:5"):
        return "IK3:1"
    return finding.syntax


def _element(element: int, component: int, code: str) -> str:
    return f"IK4 {element:02d}-{component}:{code}" if component else f"IK4 {element:02d}:{code}"


def _theirs(opinion: Opinion, ours: frozenset[Said]) -> frozenset[Said]:
    """What pyx12 says. A syntax note it names whole; the element it misses is taken from us if it is one of them."""
    said = {Said(frame, 0, f"TA1:{code}") for frame, code in opinion.interchanges}
    said |= {Said(frame, 0, f"AK9:{code}") for frame, code in opinion.groups}
    said |= {Said(frame, 0, f"IK5:{code}") for frame, code in opinion.sets}
    there = {(c.set, c.segment, c.element) for c in opinion.complaints if c.level == "IK4"}
    for c in opinion.complaints:
        if c.level == "note":
            elements = [int(c.code[i : i + 2]) for i in range(1, len(c.code), 2)]
            if any((c.set, c.segment, element) in there for element in elements):
                continue  # said already, of an element
            named = (Said(c.set, c.segment, _element(e, 0, code)) for e in elements for code in ("2", "10"))
            code = next((n.code for n in named if n in ours), f"note {c.code}")
        elif c.level == "IK4":
            code = _element(c.element, c.component, c.code)
        else:
            code = {"HL1": "IK4 01:7", "HL2": "IK4 02:7", "LX": "IK4 01:7"}.get(c.code, f"IK3:{c.code}")
        said.add(Said(c.set, c.segment, code))
    return frozenset(said)


def _difference(case: str, word: Word, opinion: Opinion) -> Difference | None:
    theirs = _theirs(opinion, word.said)
    codes = frozenset(s.code for s in word.said), frozenset(s.code for s in theirs)
    if opinion.crashed is not None:
        return Difference(case, "pyx12 crashes", *codes)
    if word.refused != (not opinion.ok):
        return Difference(case, "only we refuse" if word.refused else "only pyx12 refuses", *codes)
    if word.said == theirs or not word.refused:
        return None
    if word.said and word.said < theirs:
        return Difference(case, "pyx12 says more", *codes)
    return Difference(case, "both refuse, otherwise", *codes)


@functools.cache
def _differences() -> tuple[Difference, ...]:
    cases = _cases()
    told = zip(cases, judge_all(case.data for case in cases), strict=True)
    found = (_difference(case.name, _ours(case.data), opinion) for case, opinion in told)
    return tuple(d for d in found if d)


# ------------------------------------------------------------------ the list


@dataclass(frozen=True)
class Row:
    """A disagreement that is known: which cases, how they part, who is right, and why."""

    cases: tuple[str, ...]  # patterns, ``*: S15 *``
    kind: str
    ours: frozenset[str]  # exactly what we say
    pyx12: frozenset[str]  # all that it says, over the cases
    right: str
    why: str

    def holds(self, pattern: str, difference: Difference) -> bool:
        """Whether the row means this difference by that pattern."""
        return (
            fnmatchcase(difference.case, pattern)
            and difference.kind == self.kind
            and difference.ours == self.ours
            and difference.pyx12 <= self.pyx12
        )


@functools.cache
def _rows() -> tuple[Row, ...]:
    table = tomllib.loads((HERE / "agreements.toml").read_text("utf-8"))
    return tuple(
        Row(tuple(r["cases"]), r["kind"], frozenset(r["ours"]), frozenset(r["pyx12"]), r["right"], r["why"])
        for r in table["disagreement"]
    )


def test_each_disagreement_with_pyx12_is_listed() -> None:
    unlisted = [
        str(d) for d in _differences() if not any(row.holds(p, d) for row in _rows() for p in row.cases)
    ]
    assert not unlisted, "\n".join(unlisted)


def test_no_listed_disagreement_has_gone() -> None:
    dead = []
    for row in _rows():
        met: set[str] = set()
        for pattern in row.cases:
            found = [d for d in _differences() if row.holds(pattern, d)]
            met.update(code for d in found for code in d.pyx12)
            if not found:
                dead.append(f"{pattern}: {row.kind}")
        dead.extend(f"{row.cases}: pyx12 never says {code}" for code in sorted(row.pyx12 - met))
    assert not dead, "\n".join(dead)


def test_each_row_says_who_is_right_in_one_sentence() -> None:
    for row in _rows():
        assert row.right in ("we", "pyx12", "both"), row
        assert row.why.endswith(".") and row.why.count(". ") == 0 and len(row.why.split()) > 4, row
    patterns = Counter((p, row.kind, row.ours) for row in _rows() for p in row.cases)
    assert max(patterns.values()) == 1


def test_every_mutation_is_tried() -> None:
    tried = {case.name.partition(": ")[2] for case in _cases()} - {""}
    everywhere = {name for folder in FOLDERS[0::2][:2] for path in (FIXTURES / folder).glob("*.edi")
                  for name, _ in mutations(path.read_bytes())}  # fmt: skip
    assert tried == everywhere


# ------------------------------------------------------------------ one fault, one finding

# Faults on which we say nothing at all.
SILENT = {
    "B": "beyond one segment: sums, check digits, outside code lists, what policies and payers judge",
    "P34": "a place of service is judged by the list of its day, in the 277CA",
    "E13": "00402 is read like 00501: GS08 names the guide, and nothing else depends on ISA12",
    "E36": "letters beyond ASCII are let through as sent",
    "E39": "line ends before an ISA mean nothing",
    "E40": "a byte order mark means nothing",
    "E41": "letters beyond ASCII are let through as sent",
    "E47": "blanks before a segment id mean nothing",
    "L23": "blanks at the end of an element are untidy, and change nothing",
    "L25": "separators at the end of a segment are untidy, and change nothing",
    "L27": "separators at the end of a composite are untidy, and change nothing",
    "S25": "the numbers of service lines are read, never judged",
}
# Faults on which we do not reject: one finding that warns.
NOTED = {
    "E15": "TA1 014, accepted with the error noted",
    "E16": "a date of the group is no ground to refuse its claims",
    "E30": "text outside every interchange",
    "E31": "TA1 023, accepted with the error noted: nothing but the last terminator is missing",
    "E37": "text outside every interchange",
    "E38": "text outside every interchange",
    "E43": "a terminator with nothing before it",
    "E55": "TA1 019, accepted with the error noted",
}
# Of the B, what is a fault of one segment or level after all.
SEEN = ("B21", "B28", "B29")
# More than one fault, and more than one finding.
MORE = {
    "E56": (2, "two faults: ST02 is too short, and SE02 no longer agrees with it"),
    "I14": (2, "two faults: neither the form nor the date of the occurrence is there"),
}


@pytest.mark.parametrize("fixture", MUTATED)
def test_one_fault_gives_one_finding_in_its_place(fixture: str) -> None:
    clean = (FIXTURES / f"{fixture}.edi").read_bytes()
    wrong = []
    for name, data in mutations(clean):
        findings = _ours(data).findings
        if name.startswith("B41") and b"CLM" in clean and b"." in clean.partition(b"CLM*")[2].split(b"*")[1]:
            continue  # a second point: another fault than the name says
        expected, action = _expected(name)
        if name[:3] not in _REFUSED and (len(findings), {f.action for f in findings} - {action}) != (expected, set()):
            wrong.append(f"{name}: {[(f.rule, f.action) for f in findings]}, expected {expected} {action}")
        wrong += [f"{name}: {f.rule} at {f.place}" for f in findings if not _in_place(f, clean, data)]
    assert not wrong, "\n".join(wrong)


_REFUSED = ("E33", "E34")  # no X12: an exception, not a finding


def _expected(name: str) -> tuple[int, str]:
    """How many findings, and of what action."""
    id = name[:3]
    if id in NOTED:
        return 1, "warn"
    if id in MORE:
        return MORE[id][0], "reject"
    silent = (id in SILENT or id[0] in SILENT) and id not in SEEN
    return (0 if silent else 1), "reject"


def _in_place(finding: Finding, clean: bytes, data: bytes) -> bool:
    """Whether a finding stands at what was changed; frames and stray text are found by their tag."""
    place = finding.place
    before, after = _segments(clean), _segments(data)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    changes = [op for op in matcher.get_opcodes() if op[0] != "equal"]
    if not place.segment:
        touched = {s.split("*")[0] for _, i, j, k, m in changes for s in before[i:j] + after[k:m]}
        return place.tag in touched or place.tag == "" or place.tag in _FELT.get(finding.syntax, ())
    st = next(i for i, s in enumerate(after) if s.startswith("ST*"))
    at = st + place.segment - 1
    for _, i, j, k, m in changes:
        while i == j and k < m < len(after) and after[k] == after[m]:
            k, m = k + 1, m + 1  # of twins the second is one too many
        if place.element and j - i == m - k and k <= at < m:
            return _element_changed(before[i + at - k], after[at], place.element, place.component)
        end = max(m, k + 1)
        while finding.syntax == "IK3:3" and after[end - 1].startswith(f"{place.tag}*"):
            end += 1  # what is missing among equals is missed behind the last of them
        if not place.element and k <= at < end:
            return True
    return False


# A frame that is cut open is found out at its end, or by what stands outside it.
_FELT = {"TA1:022": ("BHT",), "TA1:023": ("IEA",), "TA1:024": ("ST",), "AK9:3": ("GE",)}
_FELT |= dict.fromkeys(("IK5:2", "IK5:3", "IK5:4"), ("SE",))


def _segments(data: bytes) -> list[str]:
    """The segments, with SE01 left out: it counts along with whatever is changed."""
    texts = (text.strip() for text in data.decode("latin-1").split("~"))
    return [f"SE*{text.split('*')[2]}" if text.startswith("SE*") else text for text in texts]


def _element_changed(before: str, after: str, element: int, component: int) -> bool:
    left, right = (_at(text.split("*"), element) for text in (before, after))
    if component and left != right:
        left, right = (_at(["", *text.split(":")], component) for text in (left, right))
    return left != right


def _at(parts: list[str], index: int) -> str:
    return parts[index] if index < len(parts) else ""


# Leaving out the first segment of a loop whose kind cannot be told from what is left of it.
UNTOLD = {
    ("837P/pass/certificate-of-medical-necessity", "NM1*DK"): "N3 and N4 are taken for those of 2420C",
    ("837P/pass/dependant-oxygen-at-home", "NM1*DK"): "N3 and N4 are taken for those of 2420C",
}


@pytest.mark.parametrize("fixture", [c.name for c in _fixtures() if "/pass/" in c.name])
def test_any_segment_garbled_intruding_or_left_out_is_one_finding(fixture: str) -> None:
    wire = Wire.read((FIXTURES / f"{fixture}.edi").read_bytes())
    untold = []
    for at, segment in enumerate(wire.segments):
        if segment[0] in ("ISA", "GS", "ST", "SE", "GE", "IEA"):
            continue
        number = at - max(i for i in range(at) if wire.segments[i][0] == "ST") + 1
        garbled = copy.deepcopy(wire)
        garbled.segments[at][0] = segment[0].lower()
        found = [(f.syntax, f.place.segment) for f in _ours(garbled.write()).findings]
        assert found == [("IK5:5", number)], f"{segment} garbled"
        longer = copy.deepcopy(wire)
        longer.segments.insert(at, ["ZZZ", "1"])
        longer.recount()
        found = [(f.syntax, f.place.segment) for f in _ours(longer.write()).findings]
        assert found == [("IK5:5", number)], f"an intruder before {segment}"
        shorter = copy.deepcopy(wire)
        del shorter.segments[at]
        shorter.recount()
        found = [(f.syntax, f.place.segment) for f in _ours(shorter.write()).findings]
        if len(found) > 1:  # none: it need not be there
            untold.append("*".join(segment[:2]))
        assert all(place >= number for _, place in found), f"{segment} left out"
    assert untold == [place for name, place in UNTOLD if name == fixture]


def test_an_intruder_is_one_finding_even_before_what_may_come_later() -> None:
    """Dates of a claim stand in any order: before DTP*435, what is unknown may stand for DTP*434, which yet comes."""
    wire = Wire.read((FIXTURES / "837I/pass/hospital.edi").read_bytes())
    second = wire.index("DTP*435")
    first = wire.index("DTP*434", second - 1)
    wire.segments[second : second + 1] = []
    wire.segments.insert(first, ["DTP", "435", "D8", "20250110"])
    assert _ours(wire.write()).findings == ()
    wire.segments.insert(first, ["ZZZ", "1"])
    wire.recount()
    assert [f.syntax for f in _ours(wire.write()).findings] == ["IK5:5"]


def test_a_loop_out_of_nowhere_is_not_taken_for_another_with_a_wrong_qualifier() -> None:
    """A provider where the submitter is due has no flaw in its elements: its level and three loops are missing."""
    wire = Wire.read((FIXTURES / "837P/pass/minimum.edi").read_bytes())
    for place in ("NM1*41", "PER", "NM1*40", "HL*1", "N3", "N4", "REF*EI", "HL*2", "SBR"):
        del wire.segments[wire.index(place)]
    wire.recount()
    found = [(f.syntax, f.place.loop) for f in _ours(wire.write()).findings]
    assert found == [("IK3:2", "ST_LOOP"), ("IK3:3", "1000A"), ("IK3:3", "1000B"), ("IK3:3", "2000A")]


# ------------------------------------------------------------------ other marks, other line ends


@pytest.mark.parametrize("fixture", [c.name for c in _fixtures() if not c.name.startswith("envelope")])
def test_marks_and_line_ends_change_nothing(fixture: str) -> None:
    _assert_same((FIXTURES / f"{fixture}.edi").read_bytes(), fixture)


@pytest.mark.parametrize("fixture", ["837P/pass/drugs", "837I/pass/home-infusion"])
def test_marks_and_line_ends_change_nothing_of_what_is_found(fixture: str) -> None:
    for case in _mutants(fixture):
        if case.name.partition(": ")[2][0] in "SLPI":
            _assert_same(case.data, case.name)


_MARKS = {
    "other marks": str.maketrans("|>!", "*:^"),
    "control characters as marks": str.maketrans("\x1d\x1f\x1c", "*:^"),
}


def _assert_same(data: bytes, name: str) -> None:
    told = _told(data, {})
    empty = any(f.rule == "X12-EMPTY" for f in told)
    broken = b"\n" in b"".join(segment.strip() for segment in data.split(b"~"))
    for variant, written in variants(data):
        if (empty and variant not in _MARKS) or (broken and variant == "a line end as terminator"):
            continue  # there the empty segment goes, or the line end within an element ends one
        assert _told(written, _MARKS.get(variant, {})) == told, f"{name}, {variant}"


def _told(data: bytes, marks: dict[int, int]) -> list[Finding]:
    """Our findings, their values in the usual marks."""
    findings = _ours(data).findings
    return [replace(f, place=replace(f.place, value=f.place.value.translate(marks))) for f in findings]
