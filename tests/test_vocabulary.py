"""Each check of the vocabulary alone: what breaks it, what holds it, what cannot tell, and where its edges are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi837.checks import CHECKS, Breaks, Lines, Unknown, conflicts, needs
from edi837.checks.vocabulary import Heading, Traits, code_of
from edi837.checks.words import Window
from edi837.claim import Claim
from edi837.sieve import HCPCS
from tests import shorthand

A = frozenset({"S9500", "S9364"})
DRUG = frozenset({"J0696"})
NDC = "ndc=00409379601:10ML"


def words(*texts: str) -> frozenset[str]:
    return frozenset(texts)


def answers(check: str, claims: list[Claim], given: Mapping[str, object]) -> Iterator[str]:
    lines = [line for claim in claims for line in claim.lines]
    ours = [line for line in lines if line.qualifier in HCPCS]
    foreign = [line for line in lines if line.qualifier not in HCPCS]
    for answer in CHECKS[check].run(Lines(claims, ours, (), A, foreign), **given):
        kind = "unknown" if isinstance(answer, Unknown) else "breaks" if answer.certain else "doubts"
        claim = next(n for n, each in enumerate(claims, 1) if any(answer.line is line for line in each.lines))
        yield f"{kind} {answer.line.number}" if len(claims) == 1 else f"{kind} {claim}.{answer.line.number}"


LINE = "S9500 7 11/01-11/07"
CASES: list[tuple[str, dict[str, object], list[str], list[str]]] = [
    # modifiers
    ("modifier_once", {"codes": A}, ["S9500:SS:SS 1 11/01"], ["breaks 1"]),
    ("modifier_once", {"codes": A}, ["S9500:SH:SS:SH 1 11/01"], ["breaks 1"]),
    ("modifier_once", {"codes": A}, ["S9500:SH:SS 1 11/01", "S9364:SH 1 11/01", "99601:SS:SS 1 11/01"], []),
    ("modifier_needed", {"codes": A, "any_of": words("SS", "SD")}, [LINE, "S9500:SD 1 11/01"], ["breaks 1"]),
    ("modifier_needed", {"codes": A, "all_of": words("SS", "SD")}, ["S9500:SD 1 11/01"], ["breaks 1"]),
    ("modifier_needed", {"codes": A, "all_of": words("SS", "SD")}, ["S9500:SD:SS 1 11/01"], []),
    ("modifier_needed", {"codes": A, "any_of": words("SS"), "places": words("49")}, [LINE], []),
    ("modifier_needed", {"codes": A, "any_of": words("SS"), "places": words("49")},
     ["S9500 1 11/01 @49"], ["breaks 1"]),
    ("modifier_needed", {"codes": A, "all_of": words("59"), "having": words("SH", "SJ")},
     ["S9500:SH 1 11/01", "S9500:SJ:59 1 11/01", LINE, "99601:SH 1 11/01"], ["breaks 1"]),
    ("modifier_needed", {"codes": A, "any_of": words("SS"), "having": words("SH"), "places": words("49")},
     ["S9500:SH 1 11/01", "S9500:SH 1 11/01 @49", "S9500 1 11/01 @49"], ["breaks 2"]),
    ("modifier_barred", {"codes": A, "modifiers": words("SS")}, ["S9500:SH:SS 1 11/01", LINE], ["breaks 1"]),
    ("modifier_barred", {"codes": A, "modifiers": words("SS"), "places": words("49")}, ["S9500:SS 1 11/01"], []),
    ("modifier_barred", {"codes": A, "modifiers": words("SS"), "places": words("12")},
     ["S9500:SS 1 11/01"], ["breaks 1"]),
    ("modifier_position", {"codes": A, "modifiers": words("SH")}, ["S9500:SS:SH 1 11/01"], ["breaks 1"]),
    ("modifier_position", {"codes": A, "modifiers": words("SH"), "most": 2}, ["S9500:SS:SH 1 11/01"], []),
    ("modifier_position", {"codes": A, "modifiers": words("SH")}, ["S9500:SH:SH 1 11/01", LINE], []),
    # drugs
    ("drug_named", {"codes": DRUG}, ["J0696 1 11/01", f"J0696 1 11/01 {NDC}", LINE], ["breaks 1"]),
    ("drug_number", {"codes": DRUG}, [f"J0696 1 11/01 {NDC}", "J0696 1 11/01"], []),
    ("drug_number", {"codes": DRUG}, ["J0696 1 11/01 ndc=0409-3796-01"], ["breaks 1"]),
    ("drug_number", {"codes": DRUG}, ["J0696 1 11/01 ndc=0409379601"], ["breaks 1"]),
    ("drug_number", {"codes": DRUG}, ["J0696 1 11/01 ndc=99999999999"], ["breaks 1"]),
    ("drug_number", {"codes": DRUG}, ["J0696 1 11/01 ndc=١١١١١١١١١١١"], ["breaks 1"]),
    ("drug_quantity", {"codes": DRUG}, ["J0696 1 11/01 ndc=00409379601:0ML", "J0696 1 11/01"], ["breaks 1"]),
    ("drug_quantity", {"codes": DRUG}, ["J0696 1 11/01 ndc=00409379601:0.001ML"], []),
    ("drug_unit", {"codes": DRUG, "units": words("ML")}, ["J0696 1 11/01 ndc=00409379601:1UN"], ["breaks 1"]),
    ("drug_unit", {"codes": DRUG, "units": words("ML")}, [f"J0696 1 11/01 {NDC}", "J0696 1 11/01"], []),
    ("drug_coded", {"codes": DRUG, "table": {"00409379601": ("J3370", Decimal(4))}},
     [f"J0696 1 11/01 {NDC}"], ["breaks 1"]),
    ("drug_coded", {"codes": DRUG, "table": {"00409379601": ("J0696", Decimal(4))}},
     [f"J0696 1 11/01 {NDC}", "J0696 1 11/01"], []),
    ("drug_coded", {"codes": DRUG, "table": {}}, [f"J0696 1 11/01 {NDC}"], ["unknown 1"]),
    ("drug_units", {"codes": DRUG, "table": {"00409379601": ("J0696", Decimal("0.4"))}},
     [f"J0696 4 11/01 {NDC}", f"J0696 5 11/01 {NDC}", f"J0696 3.5 11/01 {NDC}"], ["breaks 2"]),
    ("drug_units", {"codes": DRUG, "table": {"00409379601": ("J3370", Decimal(1))}},
     [f"J0696 99 11/01 {NDC}"], []),
    ("drug_units", {"codes": DRUG, "table": {}}, [f"J0696 1 11/01 {NDC}", "J0696 1 11/01"], ["unknown 1"]),
    # texts
    ("described", {"codes": A}, [LINE, 'S9500 1 11/01 desc="x"', 'S9500 1 11/01 note="y"'], ["breaks 1"]),
    ("described", {"codes": A, "matching": re.compile("[0-9]")}, ['S9500 1 11/01 desc="x"'], ["breaks 1"]),
    ("described", {"codes": A, "matching": re.compile("[0-9]")}, ['claim note "7"', 'S9500 1 11/01 desc="x"'], []),
    ("described", {"codes": A, "each": {"S9500": re.compile("cuvitru|hizentra", re.IGNORECASE)}},
     ['S9500 1 11/01 desc="Hizentra"', 'S9500 1 11/01 desc="other"', 'S9364 1 11/01 note="any"', "S9364 1 11/01"],
     ["breaks 2", "breaks 4"]),
    ("described", {"codes": A, "matching": re.compile("[0-9]"), "each": {"S9500": re.compile("x")}},
     ['S9500 1 11/01 desc="7"', 'S9500 1 11/01 desc="x"', 'S9364 1 11/01 desc="x"', 'S9364 1 11/01 desc="7"'],
     ["breaks 1", "breaks 3"]),
    # how days are laid out
    ("not_split", {"codes": A, "least": 7, "longer": 7},
     ["S9500 4 11/01-11/04", "S9500 4 11/05-11/08"], ["breaks 2"]),
    ("not_split", {"codes": A, "least": 7, "longer": 7}, ["S9500 3 11/05-11/07", "S9500 4 11/01-11/04"], []),
    ("not_split", {"codes": A, "least": 7}, ["S9500 3 11/05-11/07", "S9500 4 11/01-11/04"], ["breaks 1"]),
    ("not_split", {"codes": A, "least": 7}, ["S9500 7 11/01-11/07", "S9500 3 11/08-11/10"], []),
    ("not_split", {"codes": A, "least": 7}, ["S9500 3 11/01-11/03", "S9500 7 11/04-11/10"], []),
    ("not_split", {"codes": A, "least": 7}, ["S9500 4 11/01-11/04", "S9500 4 11/06-11/09"], []),
    ("not_split", {"codes": A, "least": 7}, ["S9500 4 11/01-11/04", "S9500 4 11/04-11/07"], []),
    ("not_split", {"codes": A, "least": 7}, ["S9500 4 11/01-11/04", "S9500:SH 4 11/05-11/08"], []),
    ("not_split", {"codes": A, "least": 7}, ["S9500 1 12/31/9999", "S9500 1 12/31/9999"], []),  # no day follows it
    ("not_split", {"codes": A, "least": 7}, ["S9500:SH:SS 4 11/01-11/04", "S9500:SS:SH 4 11/05-11/08"], ["breaks 2"]),
    ("not_split", {"codes": A, "least": 7}, ["S9500 4 11/01-11/04", "S9364 4 11/05-11/08"], []),
    ("not_split", {"codes": A, "least": 7}, [f"S9500 1 11/{day:02d}" for day in range(1, 11)], ["breaks 2"]),
    ("not_split", {"codes": A, "least": 7},
     ["S9500 2 11/01-11/02", "S9500 2 11/03-11/04", "S9500 2 11/11-11/12", "S9500 2 11/13-11/14"],
     ["breaks 2", "breaks 4"]),
    ("not_split", {"codes": A, "least": 7}, ["S9500 1 none", "S9500 1 11/02"], ["unknown 1"]),
    ("not_split", {"codes": A, "least": 7}, ["S9500 9 statement 11/01-11/03", "S9500 1 11/04"], []),
    # units, charge, days
    ("units_per_day", {"codes": A, "least": 1, "most": 1}, [LINE, "S9500 6 11/01-11/07"], ["breaks 2"]),
    ("units_between", {"codes": A, "least": 2}, ["S9500 1 11/01", "S9500 2 11/01"], ["breaks 1"]),
    ("units_between", {"codes": A, "most": 2}, ["S9500 3 11/01", "S9500 2 11/01"], ["breaks 1"]),
    ("units_between", {"codes": A, "multiple_of": 4}, ["S9500 6 11/01", "S9500 8 11/01"], ["breaks 1"]),
    ("units_between", {"codes": A, "multiple_of": 4}, ["S9500 4.5 11/01"], ["breaks 1"]),
    ("charged_between", {"codes": A, "most": 100}, ["S9500 2 11/01 $200", "S9500 2 11/01 $200.01"], ["breaks 2"]),
    ("charged_between", {"codes": A, "least": 1}, ["S9500 2 11/01 $0", "S9500 0 11/01 $0"], ["breaks 1"]),
    ("days_between", {"codes": A, "most": 1}, [LINE, "S9500 1 11/01"], ["breaks 1"]),
    ("days_between", {"codes": A, "least": 7}, [LINE, "S9500 6 11/01-11/06"], ["breaks 2"]),
    ("days_between", {"codes": A, "most": 1}, ["S9500 1 none", "S9500 1 11/02-11/01"], ["unknown 1", "unknown 2"]),
    ("days_between", {"codes": A, "most": 1}, ["S9500 1 statement 11/01-11/07"], ["doubts 1"]),
    ("within_month", {"codes": A}, ["S9500 1 11/30-12/01", "S9500 30 11/01-11/30"], ["breaks 1"]),
    ("within_month", {"codes": A}, ["S9500 1 statement 11/30-12/01", "S9500 1 none"], ["doubts 1", "unknown 2"]),
    # setting
    ("not_billed", {"codes": A}, [LINE, "99601 1 11/01"], ["breaks 1"]),
    ("coded_as", {"never": words("IV")}, ["X 1 11/01 as=IV", "X 1 11/01 as=ER", LINE], ["breaks 1"]),
    ("coded_as", {"never": words("IV"), "codes": A}, ["X 1 11/01 as=IV", "S9500 1 11/01 as=IV"], ["breaks 2"]),
    ("authorised", {"codes": A}, [LINE, f"{LINE} auth=1", "99601 1 11/01"], ["breaks 1"]),
    ("authorised", {"codes": A}, ["claim auth 1", LINE], []),
    # claims, said once for each
    ("bill_type", {"codes": A, "known": words("34")}, ["claim bill 341", LINE], []),
    ("claim_form", {"codes": A, "never": words("837P")}, [LINE, LINE, "claim", LINE], ["breaks 1.1", "breaks 2.1"]),
    ("claim_form", {"codes": A, "never": words("837I")}, [LINE], []),
    ("filed_as", {"codes": A, "never": words("MB")}, ["claim filing MB", LINE, LINE], ["breaks 1"]),
    ("filed_as", {"codes": A, "known": words("CI")}, ["claim filing BL", LINE], ["breaks 1"]),
    ("filed_as", {"codes": A, "known": words("CI")}, ["claim filing CI", LINE], []),
    ("billed_by", {"codes": A, "known": words("251F")}, ["claim taxonomy 251F00000X", LINE], []),
    ("billed_by", {"codes": A, "known": words("251F")}, ["claim taxonomy 207Q00000X", LINE], ["breaks 1"]),
    ("billed_by", {"codes": A, "known": words("251F")}, ["claim taxonomy none", LINE], ["unknown 1"]),
    ("billed_by", {"codes": A, "never": words("251F")}, ["claim taxonomy none", LINE], []),
    ("billed_by", {"codes": A, "never": words("251F")}, ["claim taxonomy 251F00000X", LINE], ["breaks 1"]),
    # patients and codes
    ("patient_age", {"codes": A, "least": 18}, ["claim born 2006-11-01", "S9500 1 11/01"], []),
    ("patient_age", {"codes": A, "least": 18}, ["claim born 2006-11-02", "S9500 1 11/01"], ["breaks 1"]),
    ("patient_age", {"codes": A, "least": 18}, ["claim born 2006-11-02", LINE], ["doubts 1"]),
    ("patient_age", {"codes": A, "most": 1}, ["claim born 2022-11-03", "S9500 1 11/03"], ["breaks 1"]),
    ("patient_age", {"codes": A, "most": 1}, ["claim born 2022-11-04", "S9500 1 11/03"], []),
    ("patient_age", {"codes": A, "most": 1}, ["claim born 2022-11-03", "S9500 1 none"], ["unknown 1"]),
    ("patient_age", {"codes": A, "most": 3}, ["claim born 2020-02-29", "S9500 1 02/28/2024"], []),
    ("patient_age", {"codes": A, "most": 3}, ["claim born 2020-02-29", "S9500 1 02/29/2024"], ["breaks 1"]),
    ("patient_sex", {"codes": A, "sexes": words("F")}, ["claim sex M", LINE], ["breaks 1"]),
    ("patient_sex", {"codes": A, "sexes": words("F")}, ["claim sex F", LINE], []),
    ("patient_sex", {"codes": A, "sexes": words("F")}, ["claim sex U", LINE], ["unknown 1"]),
    ("in_force", {"ended": {"S9500": date(2024, 11, 3)}}, ["S9500 1 11/04", "S9364 1 11/04"], ["breaks 1"]),
    ("in_force", {"ended": {"S9500": date(2024, 11, 3)}}, ["S9500 1 11/03", "S9500 1 none"], ["unknown 2"]),
    ("in_force", {"ended": {"S9500": date(2024, 11, 3)}}, [LINE], ["doubts 1"]),
    # what needs another line
    ("requires", {"codes": A, "other": DRUG, "before": 30}, ["S9500 1 12/01", "J0696 1 11/01"], []),
    ("requires", {"codes": A, "other": DRUG, "before": 30}, ["S9500 1 12/02", "J0696 1 11/01"], ["breaks 1"]),
    ("requires", {"codes": A, "other": DRUG, "before": 30}, ["S9500 1 11/01", "J0696 1 11/02"], ["breaks 1"]),
    ("requires", {"codes": A, "other": DRUG, "after": 1}, ["S9500 1 11/01", "J0696 1 11/02"], []),
    ("requires", {"codes": A, "other": DRUG, "after": 1}, ["S9500 1 11/01", "J0696 1 11/03"], ["breaks 1"]),
    ("requires", {"codes": A, "other": DRUG, "before": 5}, ["S9500 1 11/01", "J0696 1 none"], ["unknown 1"]),
    ("paired", {"codes": DRUG, "having": words("JW")}, ["J0696:JW 1 11/01"], ["breaks 1"]),
    ("paired", {"codes": DRUG, "having": words("JW")}, ["J0696:JW 1 11/01", "J0696 1 11/01"], []),
    ("paired", {"codes": DRUG | A, "having": words("JW")}, ["J0696:JW 1 11/01", "S9500 1 11/01"], ["breaks 1"]),
    ("paired", {"codes": DRUG, "having": words("JW"), "lacking": words("JZ")},
     ["J0696:JW 1 11/01", "J0696:JZ 1 11/01"], ["breaks 1"]),
    ("paired", {"codes": DRUG, "having": words("JW")}, ["J0696:JW 1 none"], ["unknown 1"]),
    # what may not come near
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 11/01", "J0696 1 11/03"], ["breaks 2"]),
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 11/01", "J0696 1 11/04"], []),
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 11/03", "J0696 1 11/01"], []),
    ("not_with", {"codes": DRUG, "other": A, "after": 2}, ["S9500 1 11/03", "J0696 1 11/01"], ["breaks 2"]),
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 11/01-11/02", "J0696 1 11/04"], ["doubts 2"]),
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 11/03", "J0696 1 11/03"], ["breaks 2"]),
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 none", "J0696 1 11/03"], ["unknown 2"]),
    ("not_with", {"codes": DRUG, "other": A, "before": 2}, ["S9500 1 11/03", "J0696 1 none"], ["unknown 2"]),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 11/01", "S9500 1 11/03"], ["breaks 2"]),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 11/01", "S9500 1 11/04"], []),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 11/03", "S9364 1 11/01"], ["breaks 1"]),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 11/01", "S9500 1 11/01"], ["breaks 2"]),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 11/01-11/09", "S9500 1 11/05"], ["doubts 2"]),
    ("apart", {"codes": A, "days": 2}, ["S9500 1 none", "S9500 1 11/05"], ["unknown 1"]),
    # how much
    ("at_most", {"codes": A, "most": 2, "per": "day"}, ["S9500 1 11/01", "S9364 2 11/01"], ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "day"}, ["S9500 1 11/01", "S9364 3 11/01-11/02"], []),
    ("at_most", {"codes": A, "most": 2, "per": "day"}, ["S9500 2 11/01"] * 3, ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "day"}, ["S9500 2 11/01", "S9364 3 11/01-11/02"], ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "day", "weights": {"S9364": Decimal("1.5")}},
     ["S9500 1 11/01", "S9364 1 11/01"], ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "week"}, ["S9500 1 11/04", "S9500 2 11/10"], ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "week"}, ["S9500 1 11/03", "S9500 2 11/04"], []),
    ("at_most", {"codes": A, "most": 2, "per": "month"}, ["S9500 1 11/01", "S9500 2 11/30"], ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "month"}, ["S9500 1 11/30", "S9500 2 12/01"], []),
    ("at_most", {"codes": A, "most": 2, "per": 7}, ["S9500 1 11/01", "S9500 2 11/07"], ["breaks 2"]),
    ("at_most", {"codes": A, "most": 2, "per": 7}, ["S9500 1 11/01", "S9500 2 11/08"], []),
    ("at_most", {"codes": A, "most": 2, "per": "day"}, ["S9500 3 none", "S9500 90 11/01 MJ"],
     ["unknown 1", "unknown 2"]),
    ("at_most", {"codes": A, "most": 2, "per": "day"}, ["S9500 3 statement 11/01"], ["doubts 1"]),
    ("at_most_each", {"most": {"S9500": Decimal(2), "S9364": Decimal(1)}, "per": "day"},
     ["S9500 2 11/01", "S9364 1 11/01", "99601 9 11/01"], []),
    ("at_most_each", {"most": {"S9500": Decimal(2), "S9364": Decimal(1)}, "per": "day"},
     ["S9500 1 11/01", "S9364 2 11/01", "S9500 2 11/01"], ["breaks 3", "breaks 2"]),
    ("at_most_each", {"most": {"S9500": Decimal(2)}, "per": "day"}, ["S9500 3 11/01-11/02", "S9500 1 11/02"], []),
    ("at_most_each", {"most": {"S9500": Decimal(2)}, "per": "day"}, ["S9500 4 11/01-11/02", "S9500 1 11/02"],
     ["breaks 2"]),
    ("at_most_each", {"most": {"S9500": Decimal(2)}, "per": "day"}, ["S9500 3 none", "S9364 3 none"], ["unknown 1"]),
    ("at_most_each", {"most": {"S9500": Decimal("0.5")}, "per": "week"}, ["S9500 1 11/01"], ["breaks 1"]),
    # diagnoses
    ("diagnosed", {"codes": A, "known": words("A41")}, ["claim dx A419", LINE], []),
]  # fmt: skip


@pytest.mark.parametrize(("check", "given", "lines", "expected"), CASES)
def test_check(check: str, given: dict[str, object], lines: list[str], expected: list[str]) -> None:
    claims = shorthand.claims(lines)
    for claim in claims:  # shorthand names no diagnosis on a line
        for line in claim.lines:
            line.pointers = (1,)
    assert list(answers(check, claims, given)) == expected


@pytest.mark.parametrize(("check", "given", "lines", "expected"), CASES)
def test_what_can_break_is_asked(
    check: str, given: dict[str, object], lines: list[str], expected: list[str]
) -> None:
    """Where an answer comes, the traits of some line and of some claim have let the check be asked."""
    if not expected:
        return
    claims = shorthand.claims(lines)
    found = CHECKS[check]
    traits = [
        Traits(e.qualifier, e.procedure, e.modifiers, e.place, e.unit, e.taxonomy, e.revenue,
               e.drug.unit if e.drug else None)
        for claim in claims for e in claim.lines
    ]  # fmt: skip
    heads = [Heading(c.kind, c.filing, c.provider.taxonomy, c.place, c.frequency) for c in claims]
    assert found.line is None or any(found.line(each, **given) for each in traits)
    assert found.claim is None or any(found.claim(each, **given) for each in heads)
    assert found.holds is None or not all(found.holds(line, **given) for claim in claims for line in claim.lines)


@pytest.mark.parametrize(("check", "given", "lines", "expected"), [row for row in CASES if CHECKS[row[0]].holds])
def test_a_line_that_holds_alone_is_said_nothing_of(
    check: str, given: dict[str, object], lines: list[str], expected: list[str]
) -> None:
    """`holds` says of each line what the check itself says, so that either may be asked."""
    holds = CHECKS[check].holds
    assert holds is not None
    for claim in shorthand.claims(lines):
        for line in claim.lines:
            said = list(CHECKS[check].run(Lines([claim], [line]), **given))
            assert not (said and holds(line, **given))


def test_every_check_has_cases() -> None:
    elsewhere = {"modifier_only_on", "not_both", "one_a_day", "not_repeated", "not_together", "follows",
                 "counted_in", "place_of_service", "not_rendered_by"}  # fmt: skip
    assert {check for check, *_ in CASES} == set(CHECKS) - elsewhere


def test_institutional_claims() -> None:
    place = {"codes": A, "any_of": words("SS"), "places": words("49")}
    assert list(answers("modifier_needed", shorthand.claims([LINE], "I"), place)) == ["unknown 1"]
    needed = CHECKS["modifier_needed"].line
    assert needed and needed(Traits("HC", "S9500", (), "", "UN", "", "0640", None), **place), "and it is asked"
    ss = {"codes": A, "modifiers": words("SS"), "places": words("12")}
    assert list(answers("modifier_barred", shorthand.claims(["S9500:SS 1 11/01"], "I"), ss)) == ["unknown 1"]
    for bill, known, never, expected in (
        ("341", ("34",), (), []), ("0341", ("034",), (), []), ("342", ("0341",), (), ["breaks 1"]),
        ("111", ("34", "32"), (), ["breaks 1"]), ("111", (), ("11",), ["breaks 1"]), ("341", (), ("011",), []),
    ):  # fmt: skip
        claims = shorthand.claims([f"claim bill {bill}", LINE, LINE], "I")
        given = {"codes": A, "known": words(*known), "never": words(*never)}
        assert list(answers("bill_type", claims, given)) == expected
        claim, asked = claims[0], CHECKS["bill_type"].claim
        heading = Heading("I", claim.filing, claim.provider.taxonomy, claim.place, claim.frequency)
        assert asked and asked(heading, **given) == bool(expected), "where it can break, it is asked"
        assert not asked(heading._replace(kind="P"), **given)
    claims = shorthand.claims(["claim dx A419,B20", LINE], "I")
    assert list(answers("diagnosed", claims, {"codes": A, "known": words("B20")})) == []
    assert list(answers("diagnosed", claims, {"codes": A, "never": words("B2")})) == ["breaks 1"]


def test_of_many_partners_only_a_few_are_told() -> None:
    """The first four that are certain, which end it, and the first four that are not."""
    line = shorthand.claims([LINE])[0].lines[0]
    sure, maybe, unknown = Breaks(line), Breaks(line, doubt="x"), Unknown(line, "y")
    assert list(conflicts._few([maybe] * 3 + [unknown] * 3 + [None])) == [maybe] * 3 + [unknown]
    assert list(conflicts._few([maybe] * 9 + [sure] * 9)) == [maybe] * 4 + [sure] * 4
    assert list(conflicts._few([sure] * 9 + [maybe])) == [sure] * 4


def test_what_cannot_tell_says_why() -> None:
    claims = shorthand.claims(["claim taxonomy none", f"J0696 1 11/01 {NDC}"])
    claims[0].filing, drug = "", claims[0].lines[0].drug
    assert drug is not None
    drug.quantity = None
    lines, table = Lines(claims, claims[0].lines, (), A), {"00409379601": ("J0696", Decimal(1))}
    for check, asked, why in (
        ("filed_as", {"known": words("CI")}, "the claim does not say the kind of insurance"),
        ("billed_by", {"known": words("25")}, "the claim does not say the billing provider's taxonomy"),
        ("drug_units", {"table": table}, "a quantity is missing"),
        ("drug_units", {"table": {}}, "the drug is not in the table"),
        ("drug_coded", {"table": {}}, "the drug is not in the table"),
    ):
        (answer,) = CHECKS[check].run(lines, codes=DRUG, **asked)
        assert isinstance(answer, Unknown) and answer.why == why


def test_a_claim_is_told_with_all_its_codes_once() -> None:
    claims = shorthand.claims([LINE, "S9364 1 11/01", LINE])
    judged = [line for claim in claims for line in claim.lines]
    given = {"codes": A, "never": words("MB"), "known": words("MA")}
    (answer,) = CHECKS["filed_as"].run(Lines(claims, judged, (), A), **given)
    assert isinstance(answer, Breaks) and answer.told["codes"] == "S9500, S9364" and answer.line is judged[0]


def test_revenue_codes_alone() -> None:
    claims = shorthand.claims([LINE, "0261 1 11/03", "0262 1 11/03", "S9364 1 11/20"], "I")
    given = {"codes": words("rev:0261"), "other": A}
    assert list(answers("not_with", claims, given)) == ["breaks 2"]
    assert list(answers("drug_named", claims, {"codes": DRUG | {"rev:0262"}, "unless": words("0262")})) == []
    assert list(answers("drug_named", claims, {"codes": DRUG | {"rev:0262"}})) == ["breaks 3"]


def test_what_a_claim_does_not_say() -> None:
    claims = shorthand.claims([LINE, f"J0696 1 11/01 {NDC}"])
    line, drug = claims[0].lines
    line.units = line.charge = claims[0].patient.birth = None
    assert drug.drug is not None
    drug.drug.quantity = None
    claims[0].filing, claims[0].diagnoses = "", ()
    given: dict[str, dict[str, object]] = {
        "units_between": {"codes": A, "most": 1}, "charged_between": {"codes": A, "most": 1},
        "patient_age": {"codes": A, "most": 1}, "filed_as": {"codes": A, "known": words("CI")},
        "diagnosed": {"codes": A, "known": words("A")},
    }  # fmt: skip
    for check, each in given.items():
        assert list(answers(check, claims, each)) == ["unknown 1"], check
    table = {"00409379601": ("J0696", Decimal(1))}
    assert list(answers("drug_units", claims, {"codes": DRUG, "table": table})) == ["unknown 2"]
    assert list(answers("drug_quantity", claims, {"codes": DRUG})) == ["breaks 2"]
    drug.drug.unit = ""
    assert list(answers("drug_unit", claims, {"codes": DRUG, "units": words("ML")})) == []
    drug.drug.qualifier = "UP"
    assert list(answers("drug_number", claims, {"codes": DRUG})) == ["breaks 2"]


@pytest.mark.parametrize(
    ("ndc", "hint"),
    [("0409-3796-01", "without hyphens and blanks"), ("00409 379601", "without hyphens and blanks"),
     ("0409379601", "10 digits; eleven"), ("0040937960X", "of digits only; eleven"), ("", "of digits only"),
     ("11111111111", "over and over")],
)  # fmt: skip
def test_what_is_wrong_with_a_drug_number_is_said(ndc: str, hint: str) -> None:
    claims = shorthand.claims([f"J0696 1 11/01 {NDC}"])
    (line,) = claims[0].lines
    assert line.drug is not None
    line.drug.ndc = ndc
    (answer,) = CHECKS["drug_number"].run(Lines(claims, [line]), codes=DRUG)
    assert isinstance(answer, Breaks) and hint in str(answer.told["hint"]) and answer.on == "ndc"


def test_a_quantity_without_a_unit() -> None:
    claims = shorthand.claims([f"J0696 1 11/01 {NDC}"])
    (line,) = claims[0].lines
    assert line.drug is not None
    line.drug.unit = ""
    assert list(answers("drug_unit", claims, {"codes": DRUG, "units": words("ML")})) == ["breaks 1"]
    line.charge = None
    assert list(answers("charged_between", claims, {"codes": DRUG, "most": 1})) == ["unknown 1"]


def test_diagnoses_that_lines_point_to() -> None:
    claims = shorthand.claims(["claim dx A419,B20", LINE, LINE])
    claims[0].lines[0].pointers, claims[0].lines[1].pointers = (1, 2), (2, 9)
    assert list(answers("diagnosed", claims, {"codes": A, "known": words("A4")})) == ["breaks 2"]
    assert list(answers("diagnosed", claims, {"codes": A, "never": words("A4")})) == ["breaks 1"]


# ---------------------------------------------------------------- against brute force

DAY = date(2024, 11, 4)  # a Monday
spans = st.tuples(st.integers(0, 8), st.integers(0, 2), st.integers(0, 3))


def _lines(rows: list[tuple[int, int, int]]) -> list[Claim]:
    claims = shorthand.claims(["S9500 1 11/01"] * len(rows))
    for line, (first, length, units) in zip(claims[0].lines, rows, strict=True):
        line.first, line.last = DAY + timedelta(first), DAY + timedelta(first + length)
        line.units = Decimal(units)
    return claims


def _fits(rows: list[tuple[int, int, int]], most: int, per: Window) -> bool:
    """Whether the units can be laid out so that no day, week or run of days has too many."""
    ways = [list(combinations_with_replacement(range(a, a + n + 1), units)) for a, n, units in rows]
    for layout in product(*ways):
        days = [day for each in layout for day in each]
        if per == "day":
            windows = [{day} for day in range(12)]
        elif per == "week":
            windows = [set(range(7)), set(range(7, 14))]
        else:
            windows = [set(range(day, day + int(per))) for day in range(12)]
        if all(sum(day in window for day in days) <= most for window in windows):
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(st.lists(spans, min_size=1, max_size=3), st.integers(1, 3), st.sampled_from(["day", "week", 2, 3]))
def test_too_many_means_that_no_layout_fits(
    rows: list[tuple[int, int, int]], most: int, per: Window
) -> None:
    broken = bool(list(answers("at_most", _lines(rows), {"codes": A, "most": most, "per": per})))
    fits = _fits(rows, most, per)
    assert not (broken and fits)
    if isinstance(per, str):
        assert broken == (not fits)


@given(spans, spans, st.integers(0, 4))
def test_apart_is_certain_when_all_days_are_near(
    a: tuple[int, int, int], b: tuple[int, int, int], days: int
) -> None:
    far = [abs(x - y) for x in range(a[0], a[0] + a[1] + 1) for y in range(b[0], b[0] + b[1] + 1)]
    found = [each.split()[0] for each in answers("apart", _lines([a, b]), {"codes": A, "days": days})]
    assert found == (["breaks"] if max(far) <= days else ["doubts"] if min(far) <= days else [])


def test_a_crowd_is_counted_in_bounded_work() -> None:
    claims = shorthand.claims(["S9500 1 11/01"] * 3000)
    for number, line in enumerate(claims[0].lines):
        line.first, line.last = DAY + timedelta(number), DAY + timedelta(number + 900)
    assert list(answers("at_most", claims, {"codes": A, "most": 1, "per": "day"})) == []
    lines = Lines(claims, claims[0].lines)
    found = list(CHECKS["apart"].run(lines, codes=A, days=1))
    assert 0 < len(found) <= 3000 * conflicts.FEW and all(isinstance(each, Breaks) for each in found)


def test_what_is_missing_of_one_line_is_told_and_never_compared() -> None:
    claim = shorthand.claims([LINE])[0]
    line = claim.lines[0]

    def said(check: str, **asked: object) -> list[str]:
        return list(answers(check, [claim], {"codes": A, **asked}))

    claim.authorizations, line.authorizations = ("1",), ()
    assert said("authorised") == []
    claim.authorizations = ("",)
    assert said("authorised") == ["breaks 1"]
    claim.diagnoses, line.pointers = ("A419", "B20"), (0, 3)
    assert said("diagnosed", known=words("B20")) == ["unknown 1"]
    line.pointers = (2,)
    assert said("diagnosed", known=words("B20")) == []
    line.units = None
    assert said("units_per_day", least=1, most=1) == ["unknown 1"] and said("counted_in", units=words("UN")) == []
    line.units, first, last = Decimal(1), line.first, line.last
    for line.first, line.last in ((None, last), (first, None)):
        assert said("within_month") == ["unknown 1"] and said("units_per_day", least=1) == ["unknown 1"]
        assert not needs._covers(line, claim.lines[0])


def test_lines_that_are_not_judged_are_there_to_be_leaned_on() -> None:
    (claim,) = shorthand.claims([LINE, "0261 1 11/03", "S9364 1 11/01"], "I")
    drug, revenue, other = claim.lines
    assert [code_of(line) for line in claim.lines] == ["S9500", "rev:0261", "S9364"]
    lines = Lines([claim], [drug], [revenue, other], foreign=[other, revenue])
    assert lines.having(A | {"rev:0261"}) == [drug] and lines.known(A | {"rev:0261"}) == [drug, revenue, other]
    fewer = lines.narrowed(lambda _, line: line is revenue)
    assert (list(fewer), fewer.known(A), fewer.foreign) == ([], [other, drug], [revenue])
    assert lines.narrowed(lambda _, line: line is drug).known(A) == [drug, other], "no line is there twice"


def test_a_check_says_its_name_its_scope_and_its_words() -> None:
    assert str(CHECKS["not_billed"]) == (
        "not_billed (looks at a line)\n"
        "    The codes are not billed at all.\n"
        "\n"
        "    codes  the lines at fault"
    )
    assert str(CHECKS["apart"]).startswith("apart (looks at a claim, patient, file, history)\n    Between two")
    pair, alone = CHECKS["not_with"], CHECKS["not_billed"]
    assert pair.scopes == ("claim", "patient", "file", "history") and alone.scopes == ("line",)
    assert "other" in pair.tells and "other" not in alone.tells
    assert [each.name for each in alone.parameters] == ["codes"]


def test_the_element_at_fault_and_the_words_beside_it() -> None:
    claims = shorthand.claims([LINE, f"J0696 9 11/01 {NDC}", "S9364:SS 1 11/01"])
    claim = claims[0]
    line, drug, _ = claim.lines
    lines = Lines(claims, claim.lines, (), A)

    def first(check: str, **asked: object) -> Breaks | Unknown:
        return next(iter(CHECKS[check].run(lines, **asked)))

    far = first("drug_units", codes=DRUG, table={"00409379601": ("J0696", Decimal(1))})
    assert isinstance(far, Breaks) and far.on == "units" and far.told["ndc_units"] == Decimal(10)
    lacks = first("modifier_needed", codes=A, any_of=words("SJ", "SH"))
    assert isinstance(lacks, Breaks) and lacks.told["modifier"] == "SH or SJ"
    line.units, line.place, claim.diagnoses = None, "", ()
    for check, asked, why in (
        ("units_between", {"most": 1}, "the line has no units"),
        ("diagnosed", {"known": words("A")}, "no diagnosis is named"),
        ("place_of_service", {"known": words("12")}, "the line has no place of service"),
    ):
        answer = first(check, codes=A, **asked)
        assert isinstance(answer, Unknown) and answer.why == why
    assert needs._covers(line, drug) and not needs._covers(drug, line)
    line.first = None
    assert not needs._covers(line, drug)
