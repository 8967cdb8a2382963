"""What the checks answer, in full; and that the sieve lets through what they have an answer to, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from edi837.checks import CHECKS, Answer, Breaks, Lines, Unknown, crowds
from edi837.checks.vocabulary import PAIR_TELLS, TELLS, Heading, Traits
from edi837.claim import Claim
from edi837.sieve import HCPCS
from tests import shorthand
from tests.test_vocabulary import CASES, DRUG, LINE, NDC, A, words

SNAPSHOT = Path(__file__).parent / "snapshots" / "checks" / "answers.txt"
DAY, ONE = date(2024, 11, 27), timedelta(1)
Row = tuple[str, dict[str, object], list[str], str]

RANKED: dict[str, object] = {"codes": A, "having": words("SH"), "first_lacks": words("SH", "SJ")}
THIRD: dict[str, object] = {"codes": A, "having": words("SJ"), "first_lacks": words("SH", "SJ"), "after": words("SH")}
PLACED: dict[str, object] = {"codes": A, "known": words("12"), "never": words("22")}
REVENUE = words("rev:0261", "rev:0262", "S9500")
MORE: list[Row] = [
    # two lines on a day
    ("one_a_day", {"codes": A}, [LINE, "S9364 7 11/07-11/13", "99601 1 11/07"], "P"),
    ("one_a_day", {"codes": A}, [LINE, "S9364 1 11/05-11/11"], "P"),
    ("one_a_day", {"codes": A}, ["S9500 1 statement 11/01-11/30", "S9364 1 11/01"], "P"),
    ("one_a_day", {"codes": A, "surely": words("S9500")}, ["S9500 1 11/01", "S9364 1 11/01", "S9500 1 11/01"], "P"),
    ("one_a_day", {"codes": A, "unpaid": words("GY", "GZ")},
     ["S9500 1 11/01 $0", "S9364 1 11/01", "S9364:GY 1 11/01", "S9500 1 11/02", "S9364:GZ 1 11/02"], "P"),
    ("one_a_day", {"codes": A}, [LINE, "S9364 1 none", "S9364 1 11/09-11/08"], "P"),
    ("one_a_day", {"codes": A, "having": words("SH")}, ["S9500:SH 1 11/01", "S9364:SH 1 11/01", "S9500 1 11/01"], "P"),
    ("one_a_day", {"codes": A, "lacking": words("SH")}, ["S9500:SH 1 11/01", "S9364 1 11/01", "S9500 1 11/01"], "P"),
    ("one_a_day", {"codes": A, "having": words("SS"), "lacking": words("SH")},
     ["S9500:SH:SS 1 11/01", "S9364:SS 1 11/01", "S9500 1 11/01", "S9500:SS 1 11/01", "claim", "S9364:SS 1 11/01"],
     "P"),
    ("not_repeated", {"codes": A}, ["S9500:SH:SS 7 11/01-11/07", "99601 1 11/01", "S9500:SS:SH 7 11/01-11/07"], "P"),
    ("not_repeated", {"codes": A}, [f"S9500 1 11/01 {NDC}", "S9500 1 11/01", f"S9500 1 11/01 {NDC}"], "P"),
    ("not_repeated", {"codes": A}, ["S9500 1 none", "S9500 1 none"], "P"),
    ("not_repeated", {"codes": A}, ["S9500 1 11/01 ~ second", "S9500 1 11/01", "S9500 1 11/01 ~ second"], "P"),
    ("not_repeated", {"codes": A}, ["S9500 1 11/01 ~ pointers", "S9500 1 11/01", "S9500 1 11/01 ~ pointers"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "surely": words("S9500")},
     ["J0696 1 11/01", "S9364 1 11/01", "J0696 1 11/02", "S9364 1 11/02", "S9500 1 11/02"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "unpaid": words("GY", "GZ")},
     [LINE, "J0696:GY 1 11/01", "J0696:SH:GZ 1 11/01", "J0696:GA 1 11/01"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "unpaid": words("GY", "GZ")},
     [LINE, "J0696 1 11/01 $0", "J0696 1 11/01 $5 ~ noncovered", "J0696 1 11/01 $0.01", "J0696 1 11/01 ~ charge",
      "J0696 1 11/01 $-5"], "I"),
    ("not_with", {"codes": DRUG, "other": A}, [LINE, "J0696:GY 1 11/01", "J0696 1 11/01 $0"], "P"),
    ("not_repeated", {"codes": A}, ["S9500 9 statement 11/01-11/30"] * 2, "I"),
    ("not_repeated", {"codes": A}, ["S9500 1 11/01"] * 6, "P"),
    ("not_repeated", {"codes": REVENUE}, ["0261 1 11/01", "0262 1 11/01", "0261 1 11/01"], "I"),
    ("not_together", {"rows": ((words("S9500"), words("S9364", "S9348")),)},
     ["S9364 1 11/01", "S9500 1 11/01", "S9348 1 11/01", "S9500 1 11/02"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "lasts": {"J0696": 2, "RR": 30}},
     ["J0696 1 11/01", "S9500 1 11/02", "J0696:RR 1 10/15", "J0696:RR 1 10/01-10/02", "J0696 1 11/02"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "lasts": {"J0696": 9}}, ["J0696 1 11/01", "S9500 9 11/03-11/30"], "P"),
    ("not_with", {"codes": REVENUE, "other": DRUG, "lasts": {"rev:0261": 2}},
     ["0261 1 11/01", "0262 1 11/01", "J0696 1 11/02"], "I"),
    # what needs another line
    ("follows", RANKED, ["S9500:SH 7 11/01-11/07", "S9364 3 11/02-11/04"], "P"),
    ("follows", RANKED, ["S9500:SH 1 11/01", "S9364:SJ 1 11/01"], "P"),
    ("follows", RANKED, ["S9500:SH 1 11/01", "S9364 1 11/01", "99601:SH 1 11/02"], "P"),
    ("follows", RANKED, ["S9500:SH 1 none", "S9364:SH 9 statement 11/01-11/09"], "I"),
    ("follows", RANKED, ["S9500:SH 1 11/01", "S9364 1 none"], "P"),
    ("follows", THIRD, ["S9500:SJ 1 11/01", "S9364 1 11/01"], "P"),
    ("follows", THIRD, ["S9500:SJ 1 11/01", "S9364:SH 1 11/01"], "P"),
    ("follows", THIRD, ["S9500:SJ 7 11/01-11/07", "S9364:SH 3 11/01-11/03", "S9364 4 11/03-11/06"], "P"),
    ("follows", THIRD, ["S9500:SJ 1 11/01", "S9364:SH 1 11/01", "S9364 1 11/01"], "P"),
    # modifiers
    ("modifier_only_on", {"codes": A, "modifiers": words("SH", "SJ")},
     ["99601:TT:SJ:SH 1 11/01", LINE, "S9500:SH 1 11/01", "99601:TT 1 11/01"], "P"),
    ("not_both", {"codes": A, "modifiers": words("SH", "SJ")},
     ["S9500:SH:SH 1 11/01", "S9500:SJ:TT:SH 1 11/01", "99601:SH:SJ 1 11/01", "S9364:SH 1 11/01"], "P"),
    ("modifier_needed", {"codes": A, "any_of": words("SS", "SD"), "all_of": words("59", "76")},
     ["S9500:SS 1 11/01", "S9500:59:76 1 11/01", "S9500:59:SD 1 11/01", "S9500:59:76:SD 1 11/01"], "P"),
    ("modifier_needed", {"codes": A, "any_of": words("SS"), "places": words("49")}, [LINE, "S9500:SS 1 11/01"], "I"),
    ("modifier_barred", {"codes": A, "modifiers": words("SS"), "places": words("49")}, [LINE, "S9500:SS 1 11/01"], "I"),
    ("modifier_position", {"codes": A, "modifiers": words("SH"), "most": 2},
     ["S9500:SS:TT:SH 1 11/01", "S9500:SH:TT:SH 1 11/01"], "P"),
    # units
    ("units_per_day", {"codes": A, "least": 1, "most": 2},
     ["S9500 15 11/01-11/07", "S9500 14 11/01-11/07", "S9500 0 11/01", "S9500 1 11/02-11/01", "S9500 1 11/01 MJ"], "P"),
    ("units_per_day", {"codes": A, "most": 1}, ["S9500 9 statement 11/01-11/07", "S9500 1 none", "S9500 2 11/01"], "I"),
    ("units_per_day", {"codes": A, "least": 1, "most": 1},
     ["S9500 9 statement 11/01-11/07", "S9364 1 statement 11/01-11/07"], "I"),
    ("counted_in", {"codes": A, "units": words("UN")},
     ["S9500 0 11/01", "S9500 1.5 11/01", "S9500 2 11/01 DA", "S9500 2 11/01", "99601 0 11/01"], "I"),
    # setting
    ("place_of_service", PLACED, ["claim @22", LINE, "S9500 1 11/01 @09", "S9364 1 11/01", "S9500 1 11/01 @12"], "P"),
    ("place_of_service", PLACED, ["claim @09", LINE, "99601 1 11/01", "claim @09", "S9364 1 11/01", LINE], "P"),
    ("place_of_service", PLACED, [LINE], "I"),
    ("place_of_service", {"codes": A, "never": words("22")}, [LINE, "S9500 1 11/01 @22"], "P"),
    ("not_rendered_by", {"codes": A, "taxonomies": words("164W")},
     ["S9500 1 11/01 by=164W00000X", "S9500 1 11/01 by=163W00000X", "99601 1 11/01 by=164W00000X", LINE], "P"),
    ("diagnosed", {"codes": A, "known": words("A41"), "never": words("B2")}, ["claim dx A419,B20", LINE], "I"),
    ("diagnosed", {"codes": A, "known": words("B20")}, ["claim dx A419,B20", LINE, "claim", LINE], "P"),
    ("authorised", {"codes": A}, ["claim auth 1", LINE, "claim", LINE], "I"),
    # claims
    ("bill_type", {"codes": A, "known": words("034"), "never": words("0342")},
     ["claim bill 341", LINE, "claim bill 342", LINE, "S9364 1 11/01", "claim bill 111", LINE], "I"),
    ("bill_type", {"codes": REVENUE, "never": words("11")},
     ["claim bill 111", "0261 1 11/01", LINE, "0262 1 11/01"], "I"),
    ("bill_type", {"codes": A, "known": words("034")}, [LINE], "P"),
    ("claim_form", {"codes": A, "never": words("837I")}, [LINE], "I"),
    ("filed_as", {"codes": A, "never": words("MB"), "known": words("CI", "BL")},
     ["claim filing MB", LINE, "claim filing BL", LINE, "claim filing 16", LINE], "P"),
    ("billed_by", {"codes": A, "known": words("251F"), "never": words("251F0")},
     ["claim taxonomy 251F1", LINE, "claim taxonomy 251F00000X", LINE, "claim taxonomy none", LINE], "P"),
    # how days are laid out
    ("not_split", {"codes": REVENUE, "least": 7}, ["0261 1 11/01", "0262 1 11/02", "0262 1 11/03"], "I"),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 none"], "P"),
    ("apart", {"codes": A, "days": 2}, ["S9500 9 statement 11/01-11/09"] * 2, "I"),
    ("not_with", {"codes": A, "other": A, "before": 2, "after": 2}, [LINE, "S9364 1 11/10"], "P"),
    ("not_with", {"codes": DRUG, "other": A}, ["S9500 1 11/01", "J0696 1 11/02", "S9500 1 11/03"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "before": 1}, ["S9500 1 11/01", "J0696 1 11/02", "S9500 1 11/03"], "P"),
    ("not_with", {"codes": DRUG, "other": A, "after": 1}, ["S9500 1 11/01", "J0696 1 11/02", "S9500 1 11/03"], "P"),
    ("one_a_day", {"codes": A}, ["S9500 9 11/01-11/02", "S9364 1 11/02-11/03"], "P"),
    ("one_a_day", {"codes": A | {"S9348"}}, ["S9348 2 11/01-11/02", "S9500 2 11/02-11/03"], "P"),
    ("one_a_day", {"codes": A}, ["S9500 9 11/01-11/02 ~ units", "S9364 2 11/02-11/03"], "P"),
    ("requires", {"codes": A, "other": DRUG, "before": 30}, ["S9500 1 11/05", "J0696 1 11/03-11/01"], "P"),
    ("requires", {"codes": A, "other": DRUG, "after": 1}, ["S9500 1 11/02", "J0696 1 11/01"], "P"),
    ("paired", {"codes": DRUG, "having": words("JW")}, ["S9500:JW 1 11/01", "J0696:JW 1 11/01"], "P"),
    ("modifier_once", {"codes": A}, ["S9500:SS:SS:SS 1 11/01"], "P"),
    ("modifier_needed", {"codes": A, "any_of": words("SS"), "all_of": words("59")}, [LINE], "I"),
    ("modifier_barred", {"codes": A, "modifiers": words("SS")}, ["S9500:SS 1 11/01"], "I"),
    ("drug_named", {"codes": DRUG | REVENUE, "unless": words("0262", "0250")},
     ["0261 1 11/01", "0262 1 11/01", "J0696 1 11/01 rev=0250", "J0696 1 11/01"], "I"),
    ("drug_number", {"codes": DRUG}, [f"J0696 1 11/01 {NDC} ~ qualifier"], "P"),
    ("drug_quantity", {"codes": DRUG}, [f"J0696 1 11/01 {NDC} ~ quantity"], "P"),
    ("drug_named", {"codes": DRUG, "unpaid": words("GY", "GZ")},
     ["J0696 1 11/01", "J0696 1 11/01 $0", "J0696:GY 1 11/01", "J0696:GZ 1 11/01"], "P"),
    ("drug_number", {"codes": DRUG, "unpaid": words("GY")},
     ["J0696 1 11/01 ndc=1", "J0696 1 11/01 $0 ndc=1", "J0696:GY 1 11/01 ndc=1"], "P"),
    ("drug_quantity", {"codes": DRUG, "unpaid": words("GY")},
     [f"{line} ndc=00409379601:0ML" for line in ("J0696 1 11/01", "J0696 1 11/01 $0", "J0696:GY 1 11/01")], "P"),
    ("drug_unit", {"codes": DRUG, "units": words("UN")},
     [f"J0696 1 11/01 {NDC} ~ quantity", f"J0696 1 11/01 {NDC} ~ measure", f"J0696 1 11/01 {NDC} ~ quantity measure",
      f"S9500 1 11/01 {NDC}"], "P"),
    ("drug_units", {"codes": DRUG, "table": {"00409379601": ("J0696", Decimal(1))}},
     [f"J0696 1 11/01 {NDC} ~ quantity", f"J0696 1 11/01 {NDC} ~ units", f"J0696 11 11/01 {NDC}"], "P"),
    ("units_per_day", {"codes": A, "most": 1}, ["S9500 -1 11/01", "S9500 1 11/01 ~ units"], "P"),
    ("units_per_day", {"codes": A, "least": 1},
     ["S9500 1 11/02-11/01", "S9500 1 11/01 ~ first", "S9500 1 11/01 ~ last", LINE], "P"),
    ("units_per_day", {"codes": A, "most": 1},
     ["claim statement 11/01-11/07", "S9500 7 11/01", "S9364 8 11/01", "S9500 7 11/01-11/02"], "I"),
    ("units_per_day", {"codes": A, "most": 1}, ["S9500 7 11/01", "S9364 7 11/07"], "P"),
    ("counted_in", {"codes": A, "units": words("UN")},
     ["S9500 1 11/01", "S9500 1 11/01 ~ units", "S9500 0.5 11/01", "S9500 0.5 11/01 DA", "99601 1 11/01 DA"], "I"),
    ("units_between", {"codes": A, "least": 1, "multiple_of": 1},
     ["S9500 0 11/01", "S9500 1 11/01", "S9500 6.5 11/01-11/07", "S9500 -1 11/01"], "P"),
    ("requires", {"codes": words("99602"), "other": words("99601")}, ["claim bill 345", "99602 1 11/01"], "I"),
    ("requires", {"codes": words("99602"), "other": words("99601")}, ["claim frequency 5", "99602 1 11/01"], "P"),
    ("requires", {"codes": words("99602"), "other": words("99601")}, ["claim bill 347", "99602 1 11/01"], "I"),
    ("follows", RANKED, ["claim statement 11/01-11/30", "S9500 7 11/01", "S9364:SH 4 11/04-11/07"], "I"),
    ("follows", RANKED, ["claim statement 11/01-11/30", "S9500 1 11/01", "S9364:SH 4 11/04-11/07"], "I"),
    ("follows", RANKED, ["claim statement 11/01-11/30", "S9500 1 11/01", "S9364:SH 4 11/04"], "I"),
    ("follows", RANKED, ["claim statement 11/01-11/30", "S9500 7 11/05-11/11", "S9364:SH 4 11/04"], "I"),
    ("follows", RANKED, ["claim statement 11/01-11/30", "S9500 3 11/05-11/07", "S9364:SH 4 11/04"], "I"),
    ("units_between", {"codes": A, "most": 1},
     ["S9500 1 11/01 ~ units", "S9500 0 11/01", "S9500 0.5 11/01", "S9500 2 11/01"], "P"),
    ("charged_between", {"codes": A, "most": 1}, ["S9500 2 11/01 $0", "S9500 2 11/01 $2.01"], "P"),
    ("charged_between", {"codes": A, "most": 1},
     ["S9500 1 11/01 ~ units", "S9500 1 11/01 ~ charge", "S9500 1 11/01"], "P"),
    ("within_month", {"codes": A}, ["S9500 1 11/01", "S9500 1 11/02-10/31", "S9500 1 11/01/2024-11/01/2025"], "P"),
    ("at_most", {"codes": A, "most": 2, "per": "day"},
     ["S9500 1 11/01", "S9500 5 11/02", "S9500 9 11/03 ~ units"], "P"),
    ("at_most", {"codes": A, "most": 2, "per": "month"}, ["S9500 5 12/31/2024-01/01/2025"], "P"),
    ("place_of_service", PLACED, ["claim @22", LINE, "S9364 1 11/01 @12", "S9364 1 11/01 @21"], "P"),
    ("filed_as", {"codes": A, "never": words("MB")}, ["claim ~ filing", LINE], "P"),
    ("filed_as", {"codes": A, "known": words("MB")}, ["claim ~ filing", LINE], "P"),
    ("patient_age", {"codes": A, "most": 1}, ["claim born 2024-10-01", LINE], "P"),
    ("described", {"codes": A, "matching": re.compile("[0-9]")},
     [f'S9500 1 11/01 desc="{80 * "x"}7"', f'S9500 1 11/01 desc="{79 * "x"}7"'], "P"),
    ("patient_age", {"codes": A, "most": 1}, ["claim born 2022-11-05", LINE, "claim ~ birth", LINE], "P"),
    ("diagnosed", {"codes": A, "never": words("B20")}, ["claim dx A419", "S9500 1 11/01 ~ pointers"], "P"),
]  # fmt: skip
ROWS: list[Row] = [*((check, given, lines, "P") for check, given, lines, _ in CASES), *MORE]


def _traits(claim: Claim) -> list[Traits]:
    return [
        Traits(e.qualifier, e.procedure, e.modifiers, e.place, e.unit, e.taxonomy, e.revenue,
               e.drug.unit if e.drug else None)
        for e in claim.lines
    ]  # fmt: skip


def _heading(claim: Claim) -> Heading:
    return Heading(claim.kind, claim.filing, claim.provider.taxonomy, claim.place, claim.frequency)


def _told(texts: list[str], kind: str) -> list[Claim]:
    """The claims of a row; behind a ~ stands what shorthand cannot leave out of a line, or of the claim before it."""
    parts = [text.partition(" ~ ") for text in texts]
    claims = shorthand.claims([text for text, *_ in parts], kind)
    lines = (line for claim in claims for line in claim.lines)
    heads = iter(claims)
    for text, _, gone in parts:
        if text.startswith("claim"):
            claim = next(heads)
            claim.filing = "" if "filing" in gone else claim.filing
            claim.patient.birth = None if "birth" in gone else claim.patient.birth
            continue
        line = next(lines)
        missing = gone.split()
        # Shorthand names no diagnosis on a line.
        line.pointers = () if "pointers" in missing else (2,) if "second" in missing else (1,)
        line.units = None if "units" in missing else line.units
        line.charge = None if "charge" in missing else line.charge
        line.noncovered = line.charge if "noncovered" in missing else None
        line.first = None if "first" in missing else line.first
        line.last = None if "last" in missing else line.last
        if line.drug is not None:
            line.drug.qualifier = "" if "qualifier" in missing else line.drug.qualifier
            line.drug.quantity = None if "quantity" in missing else line.drug.quantity
            line.drug.unit = "" if "measure" in missing else line.drug.unit
    return claims


def _answers(check: str, claims: list[Claim], given: Mapping[str, object]) -> list[Answer]:
    lines = [line for claim in claims for line in claim.lines]
    ours = [line for line in lines if line.qualifier in HCPCS]
    foreign = [line for line in lines if line.qualifier not in HCPCS]
    return list(CHECKS[check].run(Lines(claims, ours, (), A, foreign), **given))


def test_a_history_that_lacks_the_statement_leaves_open_how_long_a_line_lasts() -> None:
    """Stores of before the statement's days were kept have none; then a year at most is believed."""

    def doubts(*texts: str) -> list[str]:
        claims = shorthand.claims([*texts], "I")
        for claim in claims:
            claim.first = claim.last = None
        found = _answers("units_per_day", claims, {"codes": A, "most": 1, "alone": A})
        return [each.doubt for each in found if isinstance(each, Breaks)]

    may = "the line may be dated by its first day alone"
    assert doubts("S9364 366 11/01") == [may] and doubts("S9364 367 11/01") == [""]
    assert doubts("S9500 9 statement 11/01") == [""]  # no line of the claim besides: too many, whatever its days
    assert doubts("S9364 2 11/01", "S9364 2 11/02") == ["", may]
    assert doubts("S9500 9 12/31/9999") == [may]
    (claim,) = shorthand.claims(["99602 2 11/03", "99601 3 11/01", "99602 2 11/04"], "I")
    claim.first = claim.last = None
    found = _answers("requires", [claim], {"codes": words("99602"), "other": words("99601")})
    why = [each.doubt for each in found if isinstance(each, Breaks)]
    assert why == ["a line may be dated by its first day alone", ""]


# ------------------------------------------------------------------ in full


def _said(word: object) -> str:
    if isinstance(word, frozenset):
        return ",".join(sorted(word))
    if isinstance(word, Mapping):
        return ",".join(f"{key}={_said(value)}" for key, value in word.items())
    if isinstance(word, (list, tuple)):
        return "/".join(_said(each) for each in word)
    return word.pattern if isinstance(word, re.Pattern) else str(word)


def _in_full(answer: Answer, claims: list[Claim]) -> str:
    def place(line: object) -> str:
        at = next(n for n, claim in enumerate(claims, 1) if any(line is each for each in claim.lines))
        number = getattr(line, "number", "")
        return f"line {number}" if len(claims) == 1 else f"line {at}.{number}"

    if isinstance(answer, Unknown):
        return f"unknown: {place(answer.line)}: {answer.why}"
    beside = f" beside {place(answer.other)}" if answer.other else ""
    doubt = f" perhaps: {answer.doubt}" if answer.doubt else ""
    told = "".join(f"; {name} {_said(value)}" for name, value in sorted(answer.told.items()))
    return f"breaks: {place(answer.line)}{beside}, {answer.on} of the {answer.level}{doubt}{told}"


def test_answers_in_full(update: bool) -> None:
    """Every row of the cases: the claims, and all that is said of them."""
    text = []
    for check, given, lines, kind in ROWS:
        claims = _told(lines, kind)
        text.append(f"{check} " + " ".join(f"{name}={_said(word)}" for name, word in given.items()))
        text += [f"    {line}" + " (837I)" * (kind == "I") for line in lines]
        text += [f"  {_in_full(answer, claims)}" for answer in _answers(check, claims, given)]
    if update:
        SNAPSHOT.write_text("\n".join(text) + "\n", "utf-8")
    assert text == SNAPSHOT.read_text("utf-8").splitlines()


def test_what_a_message_may_tell_every_answer_tells() -> None:
    """And little is told that no message may tell: which modifier it is, and days that are near, or the same."""
    told: dict[str, set[str]] = {}
    for check, given, texts, kind in ROWS:
        found = CHECKS[check]
        for answer in _answers(check, _told(texts, kind), given):
            if isinstance(answer, Breaks):
                words = set(answer.told) | (PAIR_TELLS if answer.other is not None else set())
                assert found.tells - TELLS <= words, (check, given, texts)
                told.setdefault(check, set()).update(words)
    apart = {check: words - found.tells for check, found in CHECKS.items() if (words := told[check]) - found.tells}
    assert apart == {"modifier_once": {"at"}, "not_with": {"gap"}, "apart": {"shared"}}
    assert all(found.tells >= TELLS for found in CHECKS.values())


def test_how_far_checks_look() -> None:
    """Those that look at one line at a time, and those that hold lines against each other."""
    beside = {"one_a_day", "not_repeated", "not_together", "not_with", "apart", "not_split"}
    lacking = {"follows", "requires", "paired"}  # a breach is that there is no such line
    pairs = beside | lacking | {"at_most", "at_most_each"}
    assert {name for name, found in CHECKS.items() if found.scopes == ("claim", "patient", "file", "history")} == pairs
    assert {name for name, found in CHECKS.items() if found.scopes == ("line",)} == CHECKS.keys() - pairs
    assert {name for name, found in CHECKS.items() if found.misses} == lacking
    assert {name for name, found in CHECKS.items() if found.tells >= PAIR_TELLS} == beside
    assert {name for name, found in CHECKS.items() if found.foreign} == {"coded_as"}


# ------------------------------------------------------------------ what is asked

VAIN: dict[str, Callable[[Traits, dict[str, Any]], bool]] = {  # where the sieve knows too little of a line
    "drug_coded": lambda line, given: line.drug is not None and line.code in given["codes"],
    "drug_units": lambda line, given: line.drug is not None and line.code in given["codes"],
    "drug_unit": lambda line, given: line.drug == "" and line.code in given["codes"],
    "modifier_position": lambda line, given: (
        len(set(line.modifiers)) < len(line.modifiers) and line.code in given["codes"]
    ),
}


@pytest.mark.parametrize("kind", ["P", "I"])
def test_a_line_is_asked_of_when_something_is_said_of_it(kind: str) -> None:
    """Any line of the cases, twice on a claim, under the words of any case: neither more nor less is let through."""
    texts = sorted({text for *_, told, _ in ROWS for text in told if not text.startswith("claim")})
    pool = [(claim, _traits(claim)[0]) for text in texts for claim in _told([text, text], kind)]
    wrong = []
    for check, given, *_ in ROWS:
        found = CHECKS[check]
        if found.line is None:
            continue
        for claim, traits in pool:
            line = claim.lines[0]
            asked = found.line(traits, **given) and found.foreign == (line.qualifier not in HCPCS)
            held = bool(found.holds and found.holds(line, **given))
            asked = bool(asked and not held)
            said = bool(_answers(check, [claim], given))
            if asked != said and not (asked and check in VAIN and VAIN[check](traits, given)):
                wrong.append((check, given, traits, asked, said))
    assert not wrong


@pytest.mark.parametrize("kind", ["P", "I"])
def test_a_claim_is_asked_of_when_something_is_said_of_it(kind: str) -> None:
    """Any claim of the cases, with a line of every code that a case looks at."""
    heads = sorted({text for *_, texts, _ in ROWS for text in texts if text.startswith("claim")})
    wrong = []
    for check, given, *_ in ROWS:
        found = CHECKS[check]
        if found.claim is None:
            continue
        for head in ["claim", *heads]:
            (claim,) = _told([head, LINE, "J0696 1 11/01"], kind)
            asked = bool(found.claim(_heading(claim), **given))
            if asked != bool(_answers(check, [claim], given)):
                wrong.append((check, given, head, asked))
    assert not wrong


# ------------------------------------------------------------------ without dates


def test_a_line_with_half_its_dates_or_with_dates_in_disorder_is_one_without() -> None:
    wrong = []
    for check, given, texts, kind in ROWS:
        for number in range(sum(not text.startswith("claim") for text in texts)):
            said = []
            for ends in ("", "first", "last", "first last"):
                claims = _told(texts, kind)
                lines = [line for claim in claims for line in claim.lines]
                for line in [each for each in lines if each is lines[number] or not (each.first and each.last)]:
                    days = [day for day in (line.first, line.last) if day] or [DAY]
                    later, earlier = min(max(days), date.max - ONE) + ONE, min(days) - ONE
                    line.first, line.last = later if "first" in ends else None, earlier if "last" in ends else None
                said.append([_in_full(answer, claims) for answer in _answers(check, claims, given)])
            if any(each != said[0] for each in said):
                wrong.append((check, given, texts, number, said))
    assert not wrong


# ------------------------------------------------------------------ crowds

APART = 150  # lines, each on a day of its own: more than are compared with each, no two near enough to fill that up


@pytest.mark.parametrize(
    ("check", "given"),
    [
        ("one_a_day", {"codes": A}),
        ("not_with", {"codes": DRUG, "other": A}),
        ("not_with", {"codes": DRUG, "other": A, "before": 2, "after": 3}),
        ("not_with", {"codes": DRUG, "other": A, "after": 1}),
        ("apart", {"codes": A, "days": 2}),
    ],
)
def test_a_crowd_is_told_as_if_each_were_compared_with_each(
    check: str, given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a crowd in no order of days stand lines at its ends, amid it, beyond it, of several days, of none."""
    days = sorted(range(APART), key=lambda day: (day * 37) % APART)
    texts = [f"S9500 1 {_day(4 * day)}" for day in days] + ["S9364 1 none"]
    others = [_day(0), _day(4 * APART - 4), _day(200), f"{_day(201)}-{_day(209)}", _day(202), "none",
              _day(4 * APART + 9), "12/31/9999"]  # fmt: skip
    claims = _told(texts + [f"{code} 9 {when}" for when in others for code in ("S9364", "J0696")], "P")

    def said() -> list[str]:
        return sorted(_in_full(answer, claims) for answer in _answers(check, claims, given))

    in_a_crowd = said()
    monkeypatch.setattr(crowds, "REACH", 10 * APART)
    alone = said()
    certain = [each for each in alone if each.startswith("breaks")]
    assert len(certain) > 3 and [each for each in in_a_crowd if each.startswith("breaks")] == certain
    dateless = [each for each in in_a_crowd if each.startswith("unknown")]
    assert dateless and set(dateless) <= set(alone)
    assert len({each.split(":")[1] for each in dateless}) == len(dateless), "of each line it is said once"


def _day(number: int) -> str:
    return f"{date(2024, 1, 1) + timedelta(number):%m/%d/%Y}"
