"""Slips made from the guide, each told once, by the code the guide gives it, and so in the 999.

`guide_mutants` makes them and says what must be found. What is found otherwise stands in
`OTHERWISE`, by name and with the reason; an entry that no longer occurs must go.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

import edi837
from edi837 import process
from edi837.acks import Acknowledgements
from edi837.findings import Finding, Place
from edi837.frames import End, FunctionalGroup
from tests import guide_mutants
from tests.ack_events import TOLERATED
from tests.guide_mutants import Clean, Expected, Mutant
from tests.judge import judge_all
from tests.test_acks import JUDGED_OTHERWISE

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 1, 15, 9, 30)
KNOWN = {**TOLERATED, **JUDGED_OTHERWISE}  # complaints of pyx12 about our answers
CLEAN = {  # between them they have most places of their guide
    "P": (
        "many-segments", "dependants", "certificate-of-medical-necessity", "accident", "other-specialties",
        "subscriber-then-dependant", "drugs", "coordination-of-benefits", "office-visit",
    ),
    "I": ("many-segments", "dependants", "subscriber-then-dependant", "hospital", "coordination-of-benefits"),
}  # fmt: skip

# What is told otherwise than the guide's facts alone would have it: the code, and why that is right.
OTHERWISE = {
    "P 2300/2310D NM1*DQ left out, its loop kept": (
        "IK3:2", "a lone REF that other loops have too may be one too many as well as a loop without its NM1",
    ),
    "P 2320/2330C NM1*DN left out, its loop kept": (
        "IK3:7", "the REF may belong to the NM1 behind it, whose loop comes once: so it stays one slip either way",
    ),
    "P 2320/2330D NM1*82 left out, its loop kept": (
        "IK3:7", "the REF may belong to the NM1 behind it, whose loop comes once: so it stays one slip either way",
    ),
    "I 2320/2330C NM1*71 left out, its loop kept": (
        "IK3:7", "the REF may belong to the NM1 behind it, whose loop comes once: so it stays one slip either way",
    ),
    "I 2300/2310F NM1*DN left out, its loop kept": (
        "IK4:7", "the REF may as well be one of the loop before, with a bad qualifier",
    ),
    "I 2400/2420A NM1*72 left out, its loop kept": (
        "IK3:2", "a lone REF that other loops have too may be one too many as well as a loop without its NM1",
    ),
}  # fmt: skip


@dataclass
class Told:
    """What we say of a mutant: its findings that have a code, the group, and the 999 and TA1 written."""

    findings: list[Finding]
    group: FunctionalGroup | None
    ack: list[list[str]]
    ta1: list[list[str]]
    files: dict[str, bytes]  # every answer as written


def tell(data: bytes) -> Told:
    """Tell an interchange and answer it in the same pass."""
    findings, group = [], None
    acks = Acknowledgements(NOW, 1)
    for event in process.tell(io.BytesIO(data)):
        acks.take(event)
        if isinstance(event, Finding) and event.syntax:
            findings.append(event)
        elif isinstance(event, End) and isinstance(event.of, FunctionalGroup):
            group = event.of
    files = {kind: content.read() for kind, content in acks.finish().items()}
    ack, ta1 = (list(edi837.segments(files[kind])) if kind in files else [] for kind in ("999", "ta1"))
    return Told(findings, group, ack, ta1, files)


def clean(kind: str, name: str) -> Clean:
    return Clean((FIXTURES / f"837{kind}/pass/{name}.edi").read_bytes())


@functools.cache
def envelope(kind: str) -> tuple[Mutant, ...]:
    return tuple(guide_mutants.envelope(clean(kind, CLEAN[kind][0])))


def made_in(kind: str) -> Iterator[tuple[str, Mutant]]:
    """Every mutant of a guide, each place of the guide but once, with the name of the fixture it is made of."""
    done: set[str] = set()
    for name in CLEAN[kind]:
        for mutant in guide_mutants.mutants(clean(kind, name), done):
            yield name, mutant


def made(kind: str) -> Iterator[Mutant]:
    """Every mutant of a guide."""
    return (mutant for _, mutant in made_in(kind))


# ------------------------------------------------------------------ one slip, one finding


def unlike(expected: Expected, told: Told) -> str:
    """How what is told differs from the one finding expected; empty when it does not."""
    found = told.findings
    said = "; ".join(f"{f.syntax} at {f.place.segment} {f.place.loop} {f.place.tag} {f.place.refdes}" for f in found)
    if len(found) != 1:
        return f"told {len(found)} times: {said}" if found else "not told"
    place = found[0].place
    because = tuple(each.element for each in found[0].because) if place.element else ()
    same = (found[0].syntax, place.segment, place.tag, place.element, place.component, because) == (
        expected.code, expected.segment, expected.tag, expected.element, expected.component, expected.because,
    )  # fmt: skip
    return "" if same and (not expected.loops or place.loop in expected.loops) else said


def badly_answered(told: Told) -> str:
    """How the 999 differs from the one finding in a set; empty when it does not."""
    finding, group, ack = told.findings[0], told.group, told.ack
    place = finding.place
    level, _, code = finding.syntax.partition(":")
    told_by = {tag: [s for s in ack if s[0] == tag] for tag in ("IK3", "IK4", "IK5", "AK9")}
    segment = ["IK3", place.tag, str(place.segment), _loop(place), "8" if level == "IK4" else code]
    if told_by["IK3"] != [segment]:
        return f"{told_by['IK3']} for {segment}"
    trigger = [["CTX", "SITUATIONAL TRIGGER", p.tag, str(p.segment), _loop(p), str(p.element)] for p in finding.because]
    usable = place.claim and not {":", "^"} & set(place.claim)
    claim = [["CTX", f"CLM01:{place.claim[:35]}"]] if usable else []
    inside = [s for s in ack if s[0] in ("CTX", "IK4")]
    at = len(trigger) if level == "IK3" else 0
    if [s for s in inside if s[0] == "CTX"] != (trigger + claim if level == "IK3" else claim + trigger):
        return f"{inside} because of {finding.because}"
    if level == "IK4" and inside[at + len(claim)][0] != "IK4":
        return f"{inside}: a trigger of an element stands behind its IK4"
    where = str(place.element) + (f":{place.component}" if place.component else "")
    elements = [[s[1].replace("^", ":"), s[3]] for s in told_by["IK4"]]
    if elements != ([[where, code]] if level == "IK4" else []):
        return f"{told_by['IK4']} for {where} {code}"
    error = "I5" if code.startswith("I") else "5"  # of the guide, or of X12 itself
    if told_by["IK5"] != [["IK5", "R", error]] or told_by["AK9"] != [["AK9", "R", "1", "1", "0"]]:
        return f"{told_by['IK5']} {told_by['AK9']}"
    if group is None or group.accepted or not finding.rejects:
        return "the set is not refused"
    return ""


def _loop(place: Place) -> str:
    return "" if place.loop == "ST_LOOP" else place.loop[:4]


@dataclass(frozen=True)
class Result:
    """What became of the mutants of a guide."""

    count: int
    otherwise: dict[str, str]  # told, but not as expected: name to how
    ill: dict[str, str]  # the 999 does not say what was found
    codes: frozenset[str]
    answers: tuple[tuple[str, bytes], ...]  # every TA1, 999 and 277CA written, the envelope's slips included


@functools.cache
def result(kind: str) -> Result:
    count, otherwise, ill, codes = 0, {}, {}, set()
    answers = [
        (f"{kind} {m.name} {file}", data) for m in envelope(kind) for file, data in tell(m.data).files.items()
    ]
    for mutant in made(kind):
        told, name = tell(mutant.data), f"{kind} {mutant.name}"
        count += 1
        codes.add(mutant.expected.code)
        answers += [(f"{name} {file}", data) for file, data in told.files.items()]
        if difference := unlike(mutant.expected, told):
            otherwise[name] = difference
        if len(told.findings) == 1 and (difference := badly_answered(told)):
            ill[name] = difference
    return Result(count, otherwise, ill, frozenset(codes), tuple(answers))


@pytest.mark.parametrize("kind", CLEAN)
def test_each_slip_is_told_once_as_the_guide_has_it(kind: str) -> None:
    found = {name: how for name, how in result(kind).otherwise.items() if name not in OTHERWISE}
    assert not found, "\n".join(f"{name}: {how}" for name, how in found.items())


@pytest.mark.parametrize("kind", CLEAN)
def test_what_is_told_otherwise_is_told_so_once(kind: str) -> None:
    otherwise = result(kind).otherwise
    for name, (code, why) in OTHERWISE.items():
        if name.startswith(f"{kind} "):
            assert name in otherwise, f"no longer told otherwise: {name}"
            assert otherwise[name].startswith(f"{code} at "), otherwise[name]
            assert len(why.split()) > 4


@pytest.mark.parametrize("kind", CLEAN)
def test_the_999_says_what_was_found(kind: str) -> None:
    ill = result(kind).ill
    assert not ill, "\n".join(f"{name}: {how}" for name, how in ill.items())


@pytest.mark.parametrize(("kind", "least"), [("P", 4_000), ("I", 3_000)])
def test_the_slips_are_many_and_of_every_code(kind: str, least: int) -> None:
    elements = {f"IK4:{code}" for code in ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12", "13", "I10")}
    elements |= {"IK4:I12"} if kind == "P" else set()  # forms are asked of social security numbers there alone
    assert result(kind).codes == elements | {"IK3:3", "IK3:4", "IK3:5"}
    assert result(kind).count > least


# ------------------------------------------------------------------ the envelope


@pytest.mark.parametrize("kind", CLEAN)
@pytest.mark.parametrize("name", [*guide_mutants.ENVELOPE, *guide_mutants.BOTH_ENDS])
def test_each_slip_of_the_envelope_is_told_once_and_answered_by_its_code(kind: str, name: str) -> None:
    mutant = next(m for m in envelope(kind) if m.name == name)
    told = tell(mutant.data)
    expected = mutant.expected
    assert [(f.syntax, f.place.tag, f.place.element) for f in told.findings] == [
        (expected.code, expected.tag, expected.element)
    ]
    level, _, code = expected.code.partition(":")
    grave = told.findings[0].rejects
    if level == "TA1":
        answers = [s[4:] for s in told.ta1 if s[0] == "TA1"]
        assert answers == ([["R" if grave else "E", code]] if name != "ISA14 of no code" else [])
        assert bool(told.ack) is not grave
        return
    status = next(s for s in told.ack if s[0] == "IK5")[1:] if level == "IK5" else ["R", code]
    assert status == ["R", code]
    last = next(s for s in told.ack if s[0] == "AK9")
    assert last[1] == "R"
    assert last[4] == "0"
    assert last[5:] == ([code] if level == "AK9" else [])


# ------------------------------------------------------------------ the answers, judged by pyx12


def answers() -> list[tuple[str, bytes]]:
    return [answer for kind in CLEAN for answer in result(kind).answers]


def test_pyx12_accepts_the_answer_to_every_slip() -> None:
    written = answers()
    assert len(written) > 7_800
    against = []
    for (name, _), complaints in zip(written, judge_all([data for _, data in written]), strict=True):
        against += [f"{name}: {c}" for c in complaints if not any(re.fullmatch(known, c) for known in KNOWN)]
    assert not against, "\n".join(against)


def test_maps_read_once_judge_as_maps_read_anew() -> None:
    written = [data for _, data in answers()]
    good = next(data for data in written if b"IK3*" in data)
    sample = [*written[:: len(written) // 40], b"ISA*broken~"]
    broken = [good.replace(b"IK5*R", b"IK5*Z"), good.replace(b"AK9*R", b"AK9*Q"), good.replace(b"IK3*", b"IK9*")]
    told = judge_all([*sample, *broken, good])
    assert told == judge_all([*sample, *broken, good], anew=True)
    assert all(told[len(sample) : -1]) and not told[-1]
