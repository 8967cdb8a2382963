"""Synthetic 837P and 837I interchanges of any size, for measuring and for soak tests.

Enters: a count of claims and a seed. Leaves: one interchange, one group, a set for every
5,000 claims, written to a binary stream as it is made; the same arguments give the same
bytes. Every claim follows its guide (005010X222A1, 005010X223A2) and keeps billing policy
042, except the share ``bad``, each of which breaks one rule of it and says which in its
CLM01 (``C0000042-A03``; a claim that keeps it is ``C0000042``). A `Layout` spreads the
claims over sets and providers otherwise, or puts three faults against the guide in each.
All people and numbers are invented; provider numbers begin with 2, which no issued one does.

    python -m benchmarks.generate 837P 30000 > claims.edi

A claim is a text prepared once for each kind and length of treatment; only its dates,
names and numbers are filled in. That makes tens of megabytes a second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import BinaryIO, NamedTuple

DEPENDANTS = 0.08  # share of subscribers whose claims are their dependants'
SECOND_CLAIM = 0.15  # share of patients with a claim for the next treatment too
TREATMENTS = (1, 3, 5, 7)  # days

LAST = ("ALDER", "ASPEN", "BEECH", "BIRCH", "CEDAR", "HAZEL", "MAPLE", "ROWAN")
FIRST = ("ADA", "BASIL", "CLAY", "FERN", "IRIS", "JUNE", "OWEN", "PEARL")
DAYS = [(date(2025, 1, 1) + timedelta(n)).strftime("%Y%m%d") for n in range(365)]


class Layout(NamedTuple):
    """How claims are spread over sets and providers, and whether they follow their guide."""

    per_set: int = 5_000  # the most a payer usually takes in one ST
    per_provider: int = 500
    faulty: bool = False  # CLM07, SV103 (SV204) and DTP01 of the first line have no code of the guide, in every claim


USUAL = Layout()


class Line(NamedTuple):
    """A service line before it is dated. ``daily``: ``units`` for each day of treatment."""

    code: str  # with its modifiers
    rate: float  # dollars a unit
    units: int = 1
    daily: bool = True  # dated first to last day; otherwise on the first
    revenue: str = "0640"  # 837I
    ndc: str = ""  # a drug's NDC


class Kind(NamedTuple):
    """What a claim is for: its diagnoses, its place of service and its lines."""

    diagnoses: tuple[str, ...]
    place: str
    lines: tuple[Line, ...]


VISIT = Line("99601", 180, daily=False, revenue="0641")
HOURS = Line("99602", 45, 2, daily=False, revenue="0641")
CEFTRIAXONE = Line("J0696", 3, 8, revenue="0636", ndc="99999010101")
DAPTOMYCIN = Line("J0878", 0.5, 500, revenue="0636", ndc="99999010202")
GLOBULIN = Line("J1561", 50, 60, daily=False, revenue="0636", ndc="99999010404")
MILRINONE = Line("J2260", 12, 4, revenue="0636", ndc="99999010505")
RANKED = (Line("S9501:SH", 65), Line("S9374:SJ", 40), Line("S9348:SJ", 70))
OFFICE = Line("99213:25", 135, daily=False, revenue="0510")
STREP = Line("87880:QW", 22, daily=False, revenue="0306")
BLOOD_DRAW = Line("36415", 6, daily=False, revenue="0300")
PANELS = tuple(Line(code, 25, daily=False, revenue="0301") for code in ("80053", "85025", "83036"))

GOOD = (
    Kind(("L03115", "Z452"), "12", (Line("S9500", 120), CEFTRIAXONE)),
    Kind(("A419",), "12", (Line("S9500", 120), DAPTOMYCIN, VISIT)),
    Kind(("A419", "E43"), "12", (Line("S9365", 215), Line("S9500:SH", 60), CEFTRIAXONE, VISIT)),
    Kind(("K912", "A419", "E860"), "12", (Line("S9366", 230), *RANKED, DAPTOMYCIN)),
    Kind(("D839",), "12", (Line("S9338", 310, daily=False), GLOBULIN, VISIT, HOURS)),
    Kind(("E860",), "12", (Line("S9374", 50), VISIT)),
    Kind(("I5023", "Z452"), "12", (Line("S9348", 110), MILRINONE, VISIT, HOURS)),
    Kind(("J449",), "12", (Line("E1390:RR", 190, daily=False, revenue="0291"),)),
    Kind(("J029", "R509"), "11", (OFFICE, STREP, BLOOD_DRAW)),
    Kind(("E119", "I10", "N179"), "81", (*PANELS, BLOOD_DRAW)),
)

# One rule of the policy broken by each. E01 has no counterpart on an 837I: no place of service.
BAD = {
    "A02": Kind(("A419",), "12", (Line("S9500", 120), Line("S9338:SH:SJ", 100), CEFTRIAXONE)),
    "A03": Kind(("A419", "E43"), "12", (Line("S9500", 120), Line("S9365", 215), CEFTRIAXONE)),
    "A04": Kind(("A419",), "12", (Line("S9500", 120), Line("S9365:SH", 110), Line("S9374:SH", 40))),
    "A08": Kind(("A419",), "12", (Line("S9500", 120), Line("S9500", 120), CEFTRIAXONE)),
    "B01": Kind(("A419",), "12", (Line("S9501", 70, 2), CEFTRIAXONE)),
    "B04": Kind(("A419",), "12", (Line("S9494", 120), Line("S9500:SH", 60), CEFTRIAXONE)),
    "C01": Kind(("G893",), "12", (Line("S9326", 130), Line("A4222", 35, revenue="0270"))),
    "C03": Kind(("G893",), "12", (Line("S9326", 130), Line("S9810", 60, daily=False))),
    "C04": Kind(("G893",), "12", (Line("S9326", 130), Line("A9901", 25, daily=False, revenue="0299"))),
    "D01": Kind(("D839",), "12", (Line("S9338", 310, daily=False), GLOBULIN, HOURS)),
    "E01": Kind(("A419",), "22", (Line("S9500", 120), CEFTRIAXONE)),
}


class Form(NamedTuple):
    """A claim's text, made ready: what is left to fill in stands in braces."""

    text: str
    days: int  # of treatment


class Guide(NamedTuple):
    """What differs between the two guides."""

    version: str
    letter: str
    taxonomy: str

    def form(self, kind: Kind, days: int, mark: str) -> Form:
        """The text of a claim of this kind; ``mark`` is added to its CLM01."""
        total = sum(line.rate * _units(line, days) for line in kind.lines)
        text = "".join(_head(self, kind, f"{{id}}{mark}", total))
        for number, line in enumerate(kind.lines, 1):
            text += "".join(_line(self, line, days, number))
        return Form(text, days)

    def good(self, faulty: bool) -> list[Form]:
        """Every kind that keeps the policy, in every length of treatment."""
        forms = [self.form(kind, days, "") for kind in GOOD for days in TREATMENTS]
        return [Form(_spoilt(form.text), form.days) for form in forms] if faulty else forms

    def bad(self) -> list[Form]:
        """Every kind that breaks it."""
        rules = [rule for rule in BAD if rule != "E01" or self.letter == "P"]
        return [self.form(BAD[rule], days, f"-{rule}") for rule in rules for days in TREATMENTS]


PROFESSIONAL = Guide("005010X222A1", "P", "251F00000X")
INSTITUTIONAL = Guide("005010X223A2", "I", "251E00000X")


def write_837p(
    stream: BinaryIO, claims: int, *, seed: int = 1, bad: float = 0.0, newline: bool = True, layout: Layout = USUAL
) -> None:
    """Write an 837P of ``claims`` claims; ``bad`` is the share of them that break the policy.

    ``newline`` puts a line feed behind each terminator. About 500 bytes a claim.
    """
    _write(stream, claims, PROFESSIONAL, seed, bad, newline, layout)


def write_837i(
    stream: BinaryIO, claims: int, *, seed: int = 1, bad: float = 0.0, newline: bool = True, layout: Layout = USUAL
) -> None:
    """Write an 837I of ``claims`` claims; otherwise as `write_837p`. About 590 bytes a claim."""
    _write(stream, claims, INSTITUTIONAL, seed, bad, newline, layout)


def _spoilt(text: str) -> str:
    """A claim with three codes that its guide does not know."""
    for good, wrong in (("*A*Y*Y~", "*X*Y*Y~"), ("*UN*", "*XX*"), ("DTP*472*", "DTP*999*")):
        text = text.replace(good, wrong, 1)
    return text


def _units(line: Line, days: int) -> int:
    return line.units * days if line.daily else line.units


def _head(guide: Guide, kind: Kind, name: str, total: float) -> Iterator[str]:
    first, *others = kind.diagnoses
    if guide.letter == "P":
        yield f"CLM*{name}*{total:g}***{kind.place}:B:1*Y*A*Y*Y~REF*D9*T{{id}}~"
        yield f"HI*{'*'.join([f'ABK:{first}', *(f'ABF:{code}' for code in others)])}~"
        return
    bill = "34" if kind.place == "12" else "13"
    yield f"CLM*{name}*{total:g}***{bill}:A:1**A*Y*Y~DTP*434*RD8*{{first}}-{{last}}~"
    yield f"CL1*3*1*30~REF*D9*T{{id}}~HI*ABK:{first}~"
    if others:
        yield f"HI*{'*'.join(f'ABF:{code}' for code in others)}~"
    yield f"NM1*71*1*OAKES*CLIFF****XX*{_npi(900)}~"


def _line(guide: Guide, line: Line, days: int, number: int) -> Iterator[str]:
    units = _units(line, days)
    charge = f"{line.rate * units:g}"
    if guide.letter == "P":
        yield f"LX*{number}~SV1*HC:{line.code}*{charge}*UN*{units}***1~"
    else:
        yield f"LX*{number}~SV2*{line.revenue}*HC:{line.code}*{charge}*UN*{units}~"
    yield "DTP*472*RD8*{first}-{last}~" if line.daily and days > 1 else "DTP*472*D8*{first}~"
    yield f"REF*6R*{{id}}-{number}~"
    if line.ndc:
        yield f"LIN**N4*{line.ndc}~CTP****{units / 4:g}*ML~"


def _npi(number: int) -> str:
    """A provider number of ten digits with its check digit (Luhn over 80840 and the first nine)."""
    digits = f"{200_000_000 + number}"
    total = 0
    for place, digit in enumerate(reversed("80840" + digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def _write(
    stream: BinaryIO, claims: int, guide: Guide, seed: int, bad: float, newline: bool, layout: Layout
) -> None:
    if claims < 1:
        raise ValueError(f"an interchange of {claims} claims cannot be written")
    if not 0 <= bad <= 1:
        raise ValueError(f"bad is a share from 0 to 1, not {bad}")
    end = "~\n" if newline else "~"

    def put(text: str) -> None:
        stream.write(text.replace("~", end).encode("ascii"))

    blank = " " * 10
    put(f"ISA*00*{blank}*00*{blank}*ZZ*{'GENERATED':15}*ZZ*{'PAYER042':15}")
    put("*251231*0915*^*00501*000000001*0*T*:~")
    put(f"GS*HC*GENERATED*PAYER042*20251231*0915*1*X*{guide.version}~")
    sets = 0
    draw = Random(seed)
    for start in range(0, claims, layout.per_set):
        sets += 1
        count = 0
        for text in _set(guide, f"{sets:04d}", start, min(layout.per_set, claims - start), bad, draw, layout):
            count += text.count("~")
            put(text)
        put(f"SE*{count + 1}*{sets:04d}~")
    put(f"GE*{sets}*1~IEA*1*000000001~")


def _set(
    guide: Guide, number: str, start: int, claims: int, bad: float, draw: Random, layout: Layout
) -> Iterator[str]:
    """A set without its SE, in pieces of one provider each."""
    good_forms, bad_forms = guide.good(layout.faulty), guide.bad()
    yield (
        f"ST*837*{number}*{guide.version}~BHT*0019*00*GENERATED-{number}*20251231*0915*CH~"
        "NM1*41*2*EXAMPLE CLAIMS GENERATOR*****46*GENERATED~PER*IC*CLAIMS DESK*TE*6165550100~"
        "NM1*40*2*SAMPLE HEALTH PLAN*****46*PAYER042~"
    )
    level = done = 0
    while done < claims:
        level += 1
        parts = [_provider(guide, level, (start + done) // layout.per_provider)]
        provider = level
        stop = min(done + layout.per_provider, claims)
        while done < stop:
            level += 1
            subscriber = level
            name = LAST[int(draw.random() * len(LAST))]
            first_name = int(draw.random() * len(FIRST))
            child = draw.random() < DEPENDANTS
            parts.append(_subscriber(level, provider, name, start + done + 1, child, draw))
            for sibling in range(1 + (child and draw.random() < 0.5)):
                if done == stop:
                    break
                if child:
                    level += 1
                    parts.append(_dependant(level, subscriber, name, first_name + sibling, draw))
                day = int(draw.random() * 340)
                for _ in range(min(1 + (draw.random() < SECOND_CLAIM), stop - done)):
                    done += 1
                    choice = bad_forms if draw.random() < bad else good_forms
                    form = choice[int(draw.random() * len(choice))]
                    # The next claim of a patient is for the days after this one.
                    first, last, day = DAYS[day], DAYS[day + form.days - 1], day + form.days
                    parts.append(form.text.format(id=f"C{start + done:07d}", first=first, last=last))
        yield "".join(parts)


def _provider(guide: Guide, level: int, number: int) -> str:
    return (
        f"HL*{level}**20*1~PRV*BI*PXC*{guide.taxonomy}~"
        f"NM1*85*2*EXAMPLE HOME INFUSION {number}*****XX*{_npi(number)}~"
        f"N3*{100 + number} EXAMPLE PARKWAY~N4*SAMPLETON*MI*490009998~REF*EI*{123_000_000 + number}~"
    )


def _subscriber(level: int, parent: int, name: str, number: int, child: bool, draw: Random) -> str:
    group = f"GRP{int(draw.random() * 400):04d}"
    text = f"HL*{level}*{parent}*22*{1 if child else 0}~SBR*P*{'' if child else '18'}*{group}******CI~"
    text += f"NM1*IL*1*{name}*{FIRST[int(draw.random() * len(FIRST))]}****MI*SYN{number:07d}~"
    if not child:
        text += _born(draw, 1935, 50)
    return text + "NM1*PR*2*SAMPLE HEALTH PLAN*****PI*PAYER042~"


def _dependant(level: int, parent: int, name: str, first_name: int, draw: Random) -> str:
    first = FIRST[first_name % len(FIRST)]
    return f"HL*{level}*{parent}*23*0~PAT*19~NM1*QC*1*{name}*{first}~{_born(draw, 2005, 18)}"


def _born(draw: Random, year: int, years: int) -> str:
    roll = int(draw.random() * years * 240)
    year, month, day, sex = year + roll // 240, roll // 20 % 12 + 1, roll % 20 + 1, "FM"[roll % 2]
    zip_ = 49_000 + int(draw.random() * 700)
    return f"N3*{roll} BIRCH LANE~N4*SAMPLETON*MI*{zip_}~DMG*D8*{year}{month:02d}{day:02d}*{sex}~"


def _main() -> None:
    parser = argparse.ArgumentParser(description="Write a synthetic interchange to standard output.")
    parser.add_argument("kind", choices=["837P", "837I"])
    parser.add_argument("claims", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bad", type=float, default=0.0, help="share of claims that break the policy")
    parser.add_argument("--no-newline", action="store_true", help="no line feed behind each terminator")
    parser.add_argument("--faulty", action="store_true", help="three faults against the guide in every claim")
    given = parser.parse_args()
    write = write_837p if given.kind == "837P" else write_837i
    layout = Layout(faulty=given.faulty)
    write(
        sys.stdout.buffer, given.claims, seed=given.seed, bad=given.bad, newline=not given.no_newline, layout=layout
    )


if __name__ == "__main__":
    _main()
