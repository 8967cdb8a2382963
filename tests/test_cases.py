"""Cases: shorthand read and refused, interchanges the guides accept, and a policy whose cases are wrong."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from edi837 import process, sample, shorthand
from edi837.cases import Case
from edi837.findings import Finding
from edi837.frames import Verdict
from edi837.rules import PolicyError, load
from edi837.shorthand import ShorthandError
from edi837.snip import shapes
from tests.test_policy_errors import GOOD, TEXT

# ---------------------------------------------------------------- shorthand


def test_a_line_says_all_it_may() -> None:
    (claim,) = shorthand.told(
        ['S9379:sh 7 11/01-11/07 @49 $700.50 by=163W00000X ndc=99999010101:10.5ML rx=R1 link=L1 desc="IV TOCI" '
         'note="a b" auth=A1 rev=0641 as=IV MJ']
    )  # fmt: skip
    line = claim.lines[0]
    assert (line.code, line.modifiers, str(line.units), line.unit) == ("S9379", ("SH",), "7", "MJ")
    assert (line.first, line.last) == (date(2024, 11, 1), date(2024, 11, 7))
    assert (line.place, str(line.charge), line.taxonomy, line.qualifier) == ("49", "700.50", "163W00000X", "IV")
    assert (line.ndc, line.quantity, line.measure) == ("99999010101", "10.5", "ML")
    assert (line.prescription, line.link, line.description, line.note) == ("R1", "L1", "IV TOCI", "a b")
    assert (line.authorization, line.revenue) == ("A1", "0641")


def test_a_claim_says_all_it_may() -> None:
    texts = [
        "claim @22 frequency 7 replaces X1 payer P1 filing MC sequence S born 1980-05-01 sex M taxonomy 207R00000X "
        'provider 2 patient 3 apart statement 11/01-11/30 note "a b" auth A1 dx a419,B20',
        "S9500 1 11/03",
        "claim bill 0338",
        "0261 1 11/03",
    ]
    first, second = shorthand.told(texts)
    assert (first.place, first.frequency, first.replaces, first.payer, first.filing) == ("22", "7", "X1", "P1", "MC")
    assert (first.sequence, first.born, first.sex) == ("S", date(1980, 5, 1), "M")
    assert (first.taxonomy, first.provider, first.patient, first.apart) == ("207R00000X", 2, 3, True)
    assert first.period == (date(2024, 11, 1), date(2024, 11, 30))
    assert (first.note, first.authorization, first.diagnoses) == ("a b", "A1", ("A419", "B20"))
    assert (second.bill, second.frequency, second.replaces) == ("33", "8", "EARLIER1")
    assert (second.lines[0].code, second.lines[0].revenue) == ("", "0261")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("S9500 7", '"S9500 7" is no line: code[:modifier] units dates'),
        ("S9500:S 7 11/01", "is no line"),
        ("S9500 . 11/01", '"." in "S9500 . 11/01" is no count of units'),
        ("S9500 7 13/01", '"13/01" is no day, as 11/03 or 11/03/2025'),
        ("S9500 7 11/01-11/31", '"11/31" is no day'),
        ("S9500 7 11/01 dsc=x", 'no word of a line: "dsc" in "S9500 7 11/01 dsc=x"; did you mean "desc="?'),
        ("S9500 7 11/01 XX", 'no word of a line: "XX"'),
        ("S9500 7 11/01 by", "by in"),
        ("S9500 7 11/01 by=", "has no value: taxonomy of the one who rendered"),
        ("S9500 7 11/01 $x", '"$x" in "S9500 7 11/01 $x" is no amount'),
        ("S9500 7 11/01 ndc=1:10XX", "is no drug, as ndc=99999010101:10ML"),
        ('S9500 7 11/01 note="a', "has no partner"),
        ("claim freq 7", 'no word of a claim: "freq" in "claim freq 7"; did you mean "frequency"?'),
        ("claim frequency", "frequency in \"claim frequency\" has no value: 1 original, 7 replacement, 8 void"),
        ("claim apart=2", "apart in \"claim apart=2\" takes no value"),
        ("claim patient 0", "patient in \"claim patient 0\" is a number from 1 to 9"),
        ("claim born 5/1/80", "is no day of birth, as 1980-05-01"),
        ("claim bill 34", "is no type of bill, as 341"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(text: str, said: str) -> None:
    with pytest.raises(ShorthandError) as caught:
        shorthand.told([text])
    assert said in str(caught.value)


def test_every_word_is_read_and_nothing_else() -> None:
    values = {"@12": "@12", "$700": "$700", "UN": "UN", "ndc=": "ndc=99999010101"}
    for word in shorthand.LINE_WORDS:
        assert shorthand.line(f"S9500 1 11/01 {values.get(word, word + 'X')}")
    given = {"born": "1980-05-01", "bill": "341", "statement": "11/01-11/30", "patient": "2", "provider": "2"}
    for word in shorthand.CLAIM_WORDS:
        text = f"claim {word}" if word in ("@12", "apart") else f"claim {word} {given.get(word, 'X')}"
        assert shorthand.told([text, "S9500 1 11/01"])


# ---------------------------------------------------------------- interchanges


def found(texts: list[str], kind: str) -> tuple[list[Verdict], list[Finding], str]:
    """The verdicts of the guide alone on what is written, all findings, and the text."""
    text = sample.interchange(shorthand.told(texts), kind)
    events = list(process.tell(io.BytesIO(text.encode("latin-1"))))
    verdicts = [event for event in events if isinstance(event, Verdict)]
    findings = [event for event in events if isinstance(event, Finding)]
    return verdicts, findings + [finding for verdict in verdicts for finding in verdict.findings], text


def test_a_claim_of_the_last_day_there_is_is_written() -> None:
    assert "*99991231*" in found(["S9500 1 12/31/9999"], "P")[2]


EVERYTHING = [
    'claim frequency 7 filing MC sequence S born 1980-05-01 sex M dx A419,Z452,I10 auth Q1 note "a claim" statement '
    "10/25-11/30",
    'S9379:SH:SS 7 11/01-11/07 $700.50 desc="IV TOCI" note="a line" auth=A1 rev=0641 @11 by=163W00000X',
    "J0696:JZ 8 11/01 ndc=99999010101:10ML rx=R1",
    "J0696:JW 8 11/01 ndc=99999010102:2GR link=L1",
    "claim",
    "S9500 1 11/01",
    "claim apart",
    "S9500 1 11/02",
    "claim patient 2 payer OTHER",
    "S9500 1 11/03",
    "claim provider 2 taxonomy none",
    "S9500 1 11/04",
    "claim provider 2 taxonomy none frequency 8",
    "S9500 1 11/04",
]


@pytest.mark.parametrize("kind", "PI")
def test_what_is_written_keeps_to_the_guide(kind: str) -> None:
    verdicts, findings, text = found(EVERYTHING, kind)
    assert findings == []
    assert [verdict.claim.id for verdict in verdicts] == ["C1", "C2", "C3", "C4", "C5", "C6"]
    segments = [segment.strip() for segment in text.split("~")]
    assert segments[0].split("*")[15] == "T"
    levels = [segment for segment in segments if segment.startswith("HL*")]
    assert [level.split("*")[2:4] for level in levels] == [
        ["", "20"], ["1", "22"], ["1", "22"], ["1", "22"], ["1", "22"], ["", "20"], ["6", "22"],
    ]  # fmt: skip
    one = verdicts[0].claim
    assert (one.frequency, one.original, one.filing, one.sequence) == ("7", "EARLIER1", "MC", "S")
    assert (one.patient.birth, one.patient.sex, one.diagnoses) == (date(1980, 5, 1), "M", ("A419", "Z452", "I10"))
    assert (one.authorizations, one.notes, one.provider.taxonomy) == (("Q1",), ("a claim",), "251F00000X")
    first, drug, waste = one.lines
    assert (first.modifiers, first.description, str(first.charge)) == (("SH", "SS"), "IV TOCI", "700.5")
    assert drug.drug and waste.drug
    assert (drug.drug.ndc, str(drug.drug.quantity), drug.drug.unit, drug.drug.prescription, waste.drug.link) == (
        "99999010101", "10", "ML", "R1", "L1",
    )  # fmt: skip
    if kind == "P":
        assert (first.place, first.taxonomy) == ("11", "163W00000X")
        assert (first.authorizations, first.notes) == (("A1",), ("a line",))
    else:
        assert (first.revenue, one.bill_type, one.first) == ("0641", "347", date(2024, 10, 25))
    assert (verdicts[3].claim.payer.id, verdicts[4].claim.provider.taxonomy) == ("OTHER", "")
    assert verdicts[0].claim.provider.id != verdicts[4].claim.provider.id


def test_an_837i_has_no_place_on_a_line_for_notes_and_authorizations() -> None:
    (verdict,), findings, _ = found(['S9500 1 11/01 note="a line" auth=A1'], "I")
    assert findings == []
    assert (verdict.claim.notes, verdict.claim.authorizations) == (("a line",), ("A1",))


def test_invented_npis_have_their_check_digits() -> None:
    assert all(map(shapes.npi, (*sample.NPIS, sample.ATTENDING, sample.RENDERING)))


@pytest.mark.parametrize(
    ("texts", "kinds"),
    [
        (["S9500 1 11/01"], "PI"),
        (["S9500 1 11/01 DA"], "I"),
        (["S9500 1 statement 11/01"], "I"),
        (["0261 1 11/01"], "I"),
        (["S9500 1 11/01 MJ"], "P"),
    ],
)
def test_which_guide_can_carry_it(texts: list[str], kinds: str) -> None:
    assert sample.kinds(shorthand.told(texts)) == kinds
    for kind in kinds:
        assert found(texts, kind)[1] == []
    for kind in set("PI") - set(kinds):
        assert found(texts, kind)[1] or "statement" in texts[0] or not shorthand.told(texts)[0].lines[0].code


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["claim"], "a claim has no lines"),
        (["S9500 1 none"], "S9500 has no dates"),
        (["S9500 1 11/03-11/01"], "the dates of S9500 run backwards"),
        (["S9500 1 11/01", "S9501 1 statement 11/03"], "S9501: the claim's days are 11/01-11/03"),
        (["claim statement 11/02-11/30", "S9500 1 11/01"], "S9500: the claim's days are 11/02-11/30"),
        (["S9500 1 11/01 MJ", "S9501 1 11/01 DA"], "MJ is a unit of the 837P"),
    ],
)
def test_what_no_guide_can_carry(texts: list[str], said: str) -> None:
    with pytest.raises(ShorthandError) as caught:
        sample.kinds(shorthand.told(texts))
    assert said in str(caught.value)


# ---------------------------------------------------------------- cases of a policy

NAMED = GOOD.replace('text      = "7.txt"', 'text      = "7.txt"\ncases     = "7.cases.toml"')
CASES = """\
[[case]]
name    = "two a day"
lines   = ["S9500 1 11/01", "S9364 1 11/01"]
rejects = ["7-A01 line 2"]

[[case]]
name  = "one a day"
lines = ["S9500 1 11/01", "S9500 1 11/02", "S9364:SH 1 11/01"]

[[case]]
name  = "units"
lines = ["S9500 2 11/01"]
warns = ["7-B01 line 1"]

[[case]]
name    = "supplies"
lines   = ["S9364 1 11/01", "A4221 1 11/01"]
rejects = ["7-C01 line 2"]

[[case]]
name  = "supplies apart"
lines = ["S9364 1 11/01", "A4222 1 11/02"]

[[case]]
name    = "together"
lines   = ["S9500 1 11/01", "S9501:SH 1 11/01"]
warns   = ["7-C02 line 2"]
"""


def problems(folder: Path, cases: str | None, policy: str = NAMED) -> tuple[str, ...]:
    (folder / "7.txt").write_text(TEXT, encoding="utf-8")
    (folder / "trial.toml").write_text(policy, encoding="utf-8")
    if cases is not None:
        (folder / "7.cases.toml").write_text(cases, encoding="utf-8")
    try:
        assert load(folder / "trial.toml").file.cases or cases == "" or "cases" not in policy
    except PolicyError as error:
        return error.problems
    return ()


def test_cases_that_are_right(tmp_path: Path) -> None:
    assert problems(tmp_path, CASES) == ()


FAULTS = [
    ('["S9500 1 11/01", "S9364 1 11/01"]', '["S9500 1 11/01", "S9364 1 11/01 mote=1"]',
     '7.cases.toml:1: case "two a day": lines: no word of a line: "mote" in "S9364 1 11/01 mote=1"; '
     'did you mean "note="?'),
    ('["S9500 2 11/01"]', '["S9500 two 11/01"]', '7.cases.toml:10: case "units": lines: "S9500 two 11/01" is no line'),
    ('["S9500 2 11/01"]', '["S9500 2 none"]', '7.cases.toml:10: case "units": lines: S9500 has no dates'),
    ('"7-A01 line 2"', '"7-A91 line 2"', 'case "two a day": unknown edit "7-A91"; did you mean "7-A01"?'),
    ('"7-A01 line 2"', '"7-A01 line 3"', '"7-A01 line 3": there is no such claim or line'),
    ('"7-A01 line 2"', '"7-A01 line 0"', '"7-A01 line 0": there is no such claim or line'),
    ('"7-A01 line 2"', '"7-A01 claim 1 line 2"', "a claim is named, as claim 2, when there are several, and only then"),
    ('"7-A01 line 2"', '"7-A01 lines 2"', '"7-A01 lines 2" is no finding, as "042-A03 line 2"'),
    ("rejects = [\"7-A01 line 2\"]", "reject = [\"7-A01 line 2\"]",
     'case "two a day": unknown key "reject"; did you mean "rejects"?'),
    ('name  = "one a day"', 'name = "two a day"',
     '7.cases.toml:6: case "two a day": there is a case of this name already'),
    ('name  = "one a day"\n', "", "7.cases.toml:6: case: name is missing"),
    ('name  = "units"', 'name = "units"\nprofile = "strikt"',
     'case "units": unknown profile "strikt"; did you mean "strict"?'),
    ("[[case]]\nname    = \"two a day\"", "[[cases]]\nname = \"two a day\"",
     '7.cases.toml: unknown table "cases"; did you mean'),
    ('lines = ["S9500 2 11/01"]', 'lines = "S9500 2 11/01"', 'case "units": lines is a list of texts'),
    ('warns = ["7-B01 line 1"]', "", "trial.toml:32: 7-B01: no case of 7.cases.toml breaks it"),
    ('lines = ["S9364 1 11/01", "A4222 1 11/02"]', 'lines = ["S9364 1 11/01"]',
     "trial.toml:45: 7-C01: no case of 7.cases.toml holds it"),
    ("[[case]]\nname  = \"one", 'year = "2024"\n[[case]]\nname  = "one', 'case "two a day": unknown key "year"'),
    ("[[case]]\nname  = \"one", '[[case]\nname  = "one', "7.cases.toml: is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "said"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_a_fault_of_a_case_stops_the_load(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in CASES
    told = problems(tmp_path, CASES.replace(right, wrong, 1))
    assert any(said in problem for problem in told), told


def test_each_line_of_a_case_that_is_wrong_is_told(tmp_path: Path) -> None:
    wrong = '"claim payr P1", "S9500 two 11/01", "S9500 1 11/01", "S9500 1 13/01"'
    told = [each for each in problems(tmp_path, CASES.replace('"S9500 2 11/01"', wrong)) if "lines: " in each]
    assert [each.split("lines: ")[1].split(";")[0] for each in told] == [
        'no word of a claim: "payr" in "claim payr P1"',
        '"S9500 two 11/01" is no line: code[:modifier] units dates, as S9500:SH 7 11/01-11/07',
        '"13/01" is no day, as 11/03 or 11/03/2025',
    ]
    wrong = '"S9500 2 none", "S9500 1 11/03-11/01", "claim", "claim", "S9501 1 none"'
    told = [each for each in problems(tmp_path, CASES.replace('"S9500 2 11/01"', wrong)) if "lines: " in each]
    assert [each.split("lines: ")[1].split(":")[0] for each in told] == [
        "S9500 has no dates", "the dates of S9500 run backwards", "a claim has no lines", "S9501 has no dates",
    ]
    wrong = '"S9500 2 11/01 MJ", "S9500 2 11/01 DA"'
    (one,) = [each for each in problems(tmp_path, CASES.replace('"S9500 2 11/01"', wrong)) if "lines: " in each]
    assert "MJ is a unit of the 837P" in one


def test_a_case_is_one_however_its_heading_is_written(tmp_path: Path) -> None:
    """Blanks in it are TOML; before, such a case was passed over, and later ones told of another row."""
    assert problems(tmp_path, CASES.replace("[[case]]", "[[ case ]]")) == ()
    (told,) = problems(tmp_path, CASES.replace("[[case]]", "[[ case ]]").replace("S9500 2 11/01", "S9500 two 11/01"))
    assert told.startswith('7.cases.toml:10: case "units": lines: "S9500 two 11/01" is no line')
    inline = 'case = [{ name = "a", lines = ["S9500 two 11/01"] }]\n'
    assert '7.cases.toml: case "a": lines: "S9500 two 11/01" is no line' in problems(tmp_path, inline)[-1]


def test_an_edit_that_is_off_is_not_expected(tmp_path: Path) -> None:
    off = NAMED.replace("most    = 1", "most    = 1\non = false")
    (told,) = problems(tmp_path, CASES, off)
    assert told.startswith('7.cases.toml:10: case "units": 7-B01 is off here: say on = ["7-B01"]')
    on = CASES.replace('warns = ["7-B01 line 1"]', 'warns = ["7-B01 line 1"]\non = ["7-B01"]')
    (told,) = problems(tmp_path, on, off)
    assert told.startswith("trial.toml:32: 7-B01: no case of 7.cases.toml holds it: add one that has its codes")
    held = on + '\n[[case]]\nname = "a unit"\nlines = ["S9500 1 11/01"]\non = ["7-B01"]\n'
    assert problems(tmp_path, held, off) == ()


def test_a_file_of_cases_that_is_not_there(tmp_path: Path) -> None:
    assert 'trial.toml:1: policy: cases: no readable file "7.cases.toml" beside the policy' in problems(tmp_path, None)


def test_faults_of_policy_and_cases_are_told_at_once(tmp_path: Path) -> None:
    told = problems(tmp_path, CASES.replace("7-A01 line", "7-A91 line"), NAMED.replace("lacking", "lackin"))
    assert len(told) == 2
    assert 'unknown key "lackin"' in told[0] and 'unknown edit "7-A91"' in told[1]


def test_dates_without_a_year_are_of_the_year_told(tmp_path: Path) -> None:
    assert problems(tmp_path, "year = 2025\n" + CASES) == ()
    case = load(tmp_path / "trial.toml").file.cases[0]
    assert case.claims[0].lines[0].first == date(2025, 11, 1)
    assert problems(tmp_path, 'year = "2025"\n' + CASES) == ("7.cases.toml: year is a number, as 2024",)


def test_a_claim_without_a_payer_is_for_the_payer_of_the_file(tmp_path: Path) -> None:
    lines = '["S9500 1 11/01", "claim sex M", "S9500 1 11/02", "claim payer P2", "S9500 1 11/03"]'
    more = f'\n[[case]]\nname = "two"\nlines = {lines}\n'
    assert problems(tmp_path, 'payer = "P1"\n' + CASES + more) == ()
    cases = load(tmp_path / "trial.toml").file.cases
    assert [claim.payer for claim in cases[0].claims] == ["P1"]
    assert [(claim.payer, claim.sex) for claim in cases[-1].claims] == [("P1", "F"), ("P1", "M"), ("P2", "F")]
    assert problems(tmp_path, "payer = 1\n" + CASES) == (
        '7.cases.toml: payer is the id of a payer, as payer = "PAYER042"',
    )


def test_a_case_may_be_tried_in_one_form_only(tmp_path: Path) -> None:
    more = '\n[[case]]\nname = "other"\nforms = ["837I"]\nlines = ["S9500 1 11/01"]\n'
    assert problems(tmp_path, 'forms = ["837P"]\n' + CASES + more) == ()
    cases = load(tmp_path / "trial.toml").file.cases
    assert {case.kinds for case in cases[:-1]} == {"P"} and cases[-1].kinds == "I"
    assert problems(tmp_path, CASES) == ()
    assert {case.kinds for case in load(tmp_path / "trial.toml").file.cases} == {"PI"}
    assert 'case "other": forms has "837D"; there are 837P and 837I' in problems(
        tmp_path, CASES + more.replace("837I", "837D"))[0]  # fmt: skip
    assert 'case "other": lines: it can be sent in no guide' in problems(
        tmp_path, CASES + more.replace("11/01", "11/01 MJ"))[0]  # fmt: skip


def test_a_policy_may_name_no_cases(tmp_path: Path) -> None:
    assert problems(tmp_path, None, GOOD) == ()


def test_a_case_holds_an_edit_when_it_has_all_that_the_edit_asks_about() -> None:
    edits = {edit.id: edit for edit in load("042").file.written}

    def holds(id: str, *lines: str) -> bool:
        return Case("", lines, {"reject": (), "warn": (), "unknown": ()}).holds(edits[id])

    assert holds("042-B01", "S9500 1 11/01") and not holds("042-B01", "99601 1 11/01")
    assert holds("042-A03", "S9500 1 11/01", "S9500 1 11/02") and not holds("042-A03", "S9500 1 11/01")
    assert holds("042-A03", "S9500 1 11/01", "claim", "S9500 1 11/02")
    assert holds("042-C01", "S9500 1 11/01", "A4222 1 11/02") and not holds("042-C01", "A4222 1 11/02")
    assert holds("042-A01", "S9500:SH 1 11/01") and not holds("042-A01", "S9500 1 11/01")
    assert holds("042-B04", "S9494 1 11/01", "S9500 1 11/02") and not holds("042-B04", "S9494 1 11/01")
    named = Case("", ("S9500 9 11/01",), {"reject": ("042-B01 line 1",), "warn": (), "unknown": ()})
    assert not named.holds(edits["042-B01"]) and named.breaks("042-B01") and not named.breaks("042-A03")
