"""What the loader says of a faulty policy file: the file, the row, the edit, the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi837 import policyfile
from edi837.rules import PolicyError, load
from tests import shorthand

TEXT = "Therapies are paid by the day.\nThe second “therapy”\n carries SH. All plans."
GOOD = """\
[policy]
number    = "7"
title     = "Trial"
text      = "7.txt"
effective = 2024-01-01
payers    = ["*"]

[codes.daily]
unit  = "day"
codes = ["S9500..S9502", "S9364"]

[codes.some]
codes  = ["daily"]
except = ["S9364"]

[[edit]]
id      = "7-A01"
title   = "One a day"
says    = "Therapies are paid by the day"
source  = "implied"
check   = "one_a_day"
codes   = "daily"
lacking = ["SH"]
scope   = "patient"
action  = "reject"
hides   = ["7-B01"]
status  = ["A6:453", "A6:732"]
message = "{code} and {other} on {shared}"
fix     = "Add SH"

[[edit]]
id      = "7-B01"
title   = "Units"
says    = 'The second "therapy" carries SH.'
source  = "external"
rests_on = "something else"
check   = "units_per_day"
codes   = ["some"]
most    = 1
action  = "warn"
message = "{units} units"
fix     = "Bill {days}"

[[edit]]
id      = "7-C01"
title   = "Not with"
says    = "Therapies are paid"
source  = "explicit"
check   = "not_with"
codes   = ["A4222", "A4221"]
other   = "daily"
lasts   = { A4221 = 7 }
warn_only = ["A4222"]
scope   = "claim"
action  = "reject"
status  = ["A7:145:82"]
message = "{code}"
fix     = "Take it out"

[[edit]]
id      = "7-C02"
title   = "Not together"
says    = "Therapies are paid"
source  = "explicit"
check   = "not_together"
rows    = [["S9500", "S9501", "S9502"]]
scope   = "claim"
action  = "warn"
message = "{code}"
fix     = "Take it out"

[[unenforced]]
says = "All plans"
why  = "nothing to do"

[profile.strict.edits]
7-B01 = { action = "reject", status = ["A8:476"] }
"""


def _write(folder: Path, toml: str, text: str = TEXT) -> Path:
    (folder / "7.txt").write_text(text, encoding="utf-8")
    path = folder / "trial.toml"
    path.write_text(toml, encoding="utf-8")
    return path


def _problems(folder: Path, toml: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        load(_write(folder, toml))
    return caught.value.problems


def test_a_message_tells_of_no_other_line_where_there_is_none(tmp_path: Path) -> None:
    """Else it could not be written once a claim breaks the edit."""
    alone = GOOD.replace('"not_with"', '"requires"').replace("lasts   = { A4221 = 7 }\n", "")
    (problem,) = _problems(tmp_path, alone.replace('message = "{code}"', 'message = "{code} without {other}"', 1))
    assert "message: requires cannot tell {other}" in problem


def test_a_message_tells_of_both_lines_all_that_it_may(tmp_path: Path) -> None:
    told = "{code} {modifiers} {dates} {units} {line} / {other} {other_dates} {other_line} / {shared}"
    policy = load(_write(tmp_path, GOOD.replace("{code} and {other} on {shared}", told)))
    (finding,) = policy.judge(shorthand.claims(["S9500 7 11/01-11/07", "S9364:TT:U1 7 11/07-11/13"]))[0]
    assert finding.message == (
        "S9364 TT, U1 11/07-11/13/2024 7 line 2 / S9500 11/01-11/07/2024 line 1 / 11/07/2024"
    )


def test_the_trial_policy_is_good(tmp_path: Path) -> None:
    path = _write(tmp_path, GOOD)
    loaded = load(path)
    assert [edit.id for edit in loaded.edits] == ["7-A01", "7-B01", "7-C01", "7-C02"]
    assert [edit.row for edit in loaded.edits] == [16, 31, 44, 60]
    assert loaded.edits[1].words["codes"] == {"S9500", "S9501", "S9502"}
    assert loaded.name == "7" and loaded.unenforced[0].why == "nothing to do"
    strict = load(str(path), "strict")
    assert strict.name == "strict" and strict.edits[1].action == "reject"
    assert strict.edits[0] == loaded.edits[0]


FAULTS = [
    ('lacking = ["SH"]', 'lackin = ["SH"]', ':16: 7-A01: unknown key "lackin"; did you mean "lacking"?'),
    ('check   = "one_a_day"', 'check = "one_day"',
     '7-A01: unknown check "one_day"; did you mean "one_a_day"?'),
    ('codes   = "daily"', 'codes = "dayly"', '7-A01: codes: unknown code set "dayly"; did you mean "daily"?'),
    ('codes   = "daily"', "codes = 9500", "7-A01: codes: codes are the name of a set, or a list"),
    ('codes   = "daily"\n', "", "7-A01: one_a_day needs codes"),
    ('lacking = ["SH"]', 'lacking = "SH"', '7-A01: lacking: is not a list of words, as ["SH", "SJ"]'),
    ('lacking = ["SH"]', "lacking = []", "7-A01: lacking: is not a list of words"),
    ("most    = 1", "most = 1.5", "7-B01: most: is not a whole number"),
    ("most    = 1", "most = true", "7-B01: most: is not a whole number"),
    ("{ A4221 = 7 }", '{ A4221 = "7" }', "7-C01: lasts: is not a table of codes or modifiers and days"),
    ('[["S9500", "S9501", "S9502"]]', '[["S9500"]]', "7-C02: rows: is not a list of rows"),
    ('scope   = "patient"\n', "", "7-A01: scope is missing; one_a_day looks at a claim, patient, file, history"),
    ('scope   = "patient"', 'scope = "world"',
     '7-A01: scope is "world"; one_a_day looks at a claim, patient, file, history'),
    ("most    = 1", 'most = 1\nscope = "patient"',
     '7-B01: scope is "patient"; units_per_day looks at a line'),
    ("Therapies are paid by the day\"", "Therapies are payed\"",
     "7-A01: says: the policy's text has no words"),
    ("Therapies are paid by the day\"", "Therapies are paid by the da\"",
     "7-A01: says: the policy's text has no"),
    ("Therapies are paid by the day\"", "Therapies\"", "7-A01: says: the policy's text has no words"),
    ('says = "All plans"', 'says = "Some plans"',
     "unenforced: says: the policy's text has no words “Some plans”"),
    ('unit  = "day"', 'unit  = "day"\nsays = "By day"', "codes.daily: says: the policy's text has no words"),
    ('rests_on = "something else"\n', "",
     "7-B01: an external edit names in rests_on the document it rests on"),
    ('source  = "implied"', 'source = "implied"\nrests_on = "x"',
     "7-A01: only an external edit has rests_on"),
    ('source  = "implied"', 'source = "implicit"',
     '7-A01: source is "implicit"; there are explicit, implied, external'),
    ('action  = "warn"', 'action = "deny"', '7-B01: action is "deny"; there are reject, warn'),
    ('action  = "warn"', 'action  = "warn"\nexplained_by = ["7-A01"]',
     "7-B01: explained_by is for a check that misses a line, as requires does"),
    ("most    = 1", 'most = 1\nonly = "837"', '7-B01: only is "837"; there are 837P, 837I'),
    ("most    = 1", 'most = 1\non = "no"', "7-B01: on is true or false"),
    ('id      = "7-B01"', 'id = "7-A01"', ":31: 7-A01: there is an edit with this id already"),
    ('id      = "7-B01"', 'id = "8-B01"', "8-B01: an id is the policy's number, a letter and two digits"),
    ('hides   = ["7-B01"]', 'hides = ["7-B11"]', '7-A01: hides "7-B11"; did you mean "7-B01"?'),
    ('hides   = ["7-B01"]', 'hides = ["7-A01"]', ":16: 7-A01: hides 7-A01, which is itself: it would never be told"),
    ('hides   = ["7-B01"]', 'hides = "7-B01"', "7-A01: hides is a list of texts"),
    ('title   = "Units"\n', "", "7-B01: title is missing"),
    ('fix     = "Add SH"', 'fix = ""', '7-A01: fix is no text in quotes: fix = "..."'),
    ('fix     = "Add SH"', 'fix = "x"\nfix_same = ""', "7-A01: fix_same is a text, of a check that tells of another"),
    ('fix     = "Add SH"', 'fix = "x"\nfix_same = ["x"]', "7-A01: fix_same is a text, of a check"),
    ('fix     = "Add SH"', 'fix = "x"\nfix_same = "{othr}"', "7-A01: fix_same: one_a_day cannot tell {othr}"),
    ('fix     = "Bill {days}"', 'fix = "x"\nfix_same = "x"', "7-B01: fix_same is a text, of a check"),
    ("{units} units", "{unit} units",
     "7-B01: message: units_per_day cannot tell {unit}; did you mean \"units\"?"),
    ("{units} units", "{units!r}", "7-B01: message: units_per_day cannot tell {units}"),
    ("{units} units", "{units", "7-B01: message: "),
    ("Bill {days}", "Bill {other}", "7-B01: fix: units_per_day cannot tell {other}"),
    ('warn_only = ["A4222"]', 'warn_only = ["A4223"]', "7-C01: warn_only: A4223 is none of the edit's codes"),
    ('status  = ["A6:453", "A6:732"]\n', "", "7-A01: an edit that rejects has a status for the 277CA"),
    ('"A6:453", "A6:732"', '"A6:732"', "7-A01: status: status 732 must not stand alone"),
    ('"A6:453", "A6:732"', '"A6:21", "A6:732"', "7-A01: status: status 21, 732 must not stand alone"),
    ('"A6:453", "A6:732"', '"A6:4533"', "7-A01: status: A6:4533: unknown status '4533'; did you mean '453'?"),
    ('"A6:453", "A6:732"', '"AA:453"', "7-A01: status: AA:453: unknown category 'AA'"),
    ('"A6:453", "A6:732"', '"A1:453"', "7-A01: status: A1:453: category A1 rejects nothing"),
    ('"A6:453", "A6:732"', '"A6"', "7-A01: status: 'A6' is not category:status"),
    ('"A6:453", "A6:732"', '"A3:746"', "7-A01: status: A3:746: status 746 is said of a whole file"),
    ('"A6:453", "A6:732"', '"A3:448"', "7-A01: status: A3:448: status 448 is no longer in use"),
    ('"A6:453", "A6:732"', '"A6:453", "A6:454", "A6:455", "A6:476"', "4 status codes, but an STC holds 3"),
    ('"A7:145:82"', '"A7:145"', "7-C01: status: A7:145: status 145 needs an entity code"),
    ('"A7:145:82"', '"A7:145:83"', "7-C01: status: A7:145:83: unknown entity '83'"),
    ('"S9500..S9502"', '"S9502..S9500"', ":8: codes.daily: S9502..S9500: the range runs backwards"),
    ('"S9500..S9502"', '"S9500..A9502"',
     "S9500..A9502: both ends of a range have the same letters and length"),
    ('"S9500..S9502"', '"A0000..A9999"', "the range is wider than 1000 codes: write it as several ranges"),
    ('"S9500..S9502"', '"S9500-S9502"', '"S9500-S9502" is no code, range or name of a set'),
    ('except = ["S9364"]', 'except = ["some"]', ":12: codes.some: the set is made of itself"),
    ('except = ["S9364"]', 'exept = ["S9364"]', 'codes.some: unknown key "exept"; did you mean "except"?'),
    ('unit  = "day"', 'unit = "week"', 'codes.daily: unit is "day" (one unit is one day) or left out'),
    ("[codes.some]", "[codes.Some]", "codes.Some: a set is named in small letters, as per-diem"),
    ('number    = "7"', "number = 7", 'policy: number is missing, or no text in quotes: number = "..."'),
    ('number    = "7"', "number = 007", "trial.toml: is not TOML: "),
    ("2024-01-01", '"2024-01-01"', "policy: effective is a date without quotes, as 2024-10-07"),
    ("2024-01-01", "2024-01-01T00:00:00", "policy: effective is a date without quotes, as 2024-10-07"),
    ("2024-01-01", "2024-01-02\nuntil = 2024-01-01",
     "policy: until 2024-01-01 is before effective 2024-01-02: no line would ever be judged"),
    ("most    = 1", "most = 1\neffective = 2024-02-01\nuntil = 2024-01-31",
     ":31: 7-B01: until 2024-01-31 is before effective 2024-02-01: no line would ever be judged"),
    ('payers    = ["*"]', 'payers = "*"', 'policy: payers is a list of texts: payers = ["..."]'),
    ('payers    = ["*"]', 'payer = ["*"]', 'policy: unknown key "payer"; did you mean "payers"?'),
    ('text      = "7.txt"', 'text = "8.txt"', 'policy: text: no readable file "8.txt" beside the policy'),
    ("[[unenforced]]", "[[unenforcd]]", 'unknown table "unenforcd"; did you mean "unenforced"?'),
    ("[profile.strict.edits]\n7-B01", "[profile.strict.edits]\n7-B02",
     'profile.strict: unknown edit "7-B02"'),
    ("[profile.strict.edits]", "[profile.strict.edit]",
     'profile.strict: unknown key "edit"; did you mean "edits"?'),
    ('{ action = "reject",', '{ says = "All plans",', "profile.strict: 7-B01: a profile cannot change says"),
    (', status = ["A8:476"] }', " }", "7-B01: an edit that rejects has a status for the 277CA"),
    ("[profile.strict.edits]", '[profile.strict]\nsources = ["words"]\n[profile.strict.edits]',
     "profile.strict: sources is a list of explicit, implied, external"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "said"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_fault(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in GOOD
    problems = _problems(tmp_path, GOOD.replace(right, wrong, 1))
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("trial.toml") for problem in problems)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("lacking", "lackin", 1).replace('"A7:145:82"', '"A7:145"').replace("A4222", "A4223", 1)
    problems = _problems(tmp_path, bad)
    assert [problem.split(": ")[1] for problem in problems] == ["7-A01", "7-C01", "7-C01"]


def _row(toml: str, line: str) -> int:
    return toml.split("\n").index(line) + 1


def test_rows_are_those_of_the_headings_however_they_are_written(tmp_path: Path) -> None:
    """Blanks in one are TOML, and what stands in a text or a remark is no heading."""
    text = GOOD.replace("[[edit]]", "[[ edit ]] # [[edit]]", 1)
    text = text.replace('title   = "Units"', 'title   = """\n[[edit]]\n"""\n#[[edit]]')
    loaded = load(_write(tmp_path, text))
    assert [edit.row for edit in loaded.edits] == [16, 31, 47, 63]
    tables = "edit = [\n" + '{id = "7-A01", check = "one_a_day"},\n' * 2 + "]\n"
    (head, _, rest), tail = GOOD.partition("[[edit]]"), GOOD[GOOD.index("[[unenforced]]") :]
    assert rest
    told = _problems(tmp_path, tables + head + tail)
    assert "trial.toml: 7-A01: there is an edit with this id already" in told, "rather no row than another's"


@pytest.mark.parametrize(
    ("right", "wrong", "where"),
    [
        ('number    = "7"', "number = 7", "[policy]"),
        ('payers    = ["*"]', 'payer = ["*"]', "[policy]"),
        ('payers    = ["*"]', 'filing = "CI"', "[policy]"),
        ("2024-01-01", '"2024-01-01"', "[policy]"),
        ('text      = "7.txt"', 'text = "8.txt"', "[policy]"),
        ("[profile.strict.edits]\n7-B01", "[profile.strict.edits]\n7-B02", "[profile.strict.edits]"),
        ("[profile.strict.edits]", '[profile . "strict"]\nsources = ["words"]\n[profile.strict.edits]',
         '[profile . "strict"]'),
        ('{ action = "reject",', '{ says = "All plans",', "[profile.strict.edits]"),
        ('says = "All plans"', 'says = "Some plans"', "[[unenforced]]"),
        ("[[unenforced]]", "[[unenforcd]]", "[[unenforcd]]"),
        ('unit  = "day"', 'unit  = "day"\nsays = "By day"', "[codes.daily]"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_is_told_with_its_row(tmp_path: Path, right: str, wrong: str, where: str) -> None:
    bad = "\n\n" + GOOD.replace(right, wrong, 1)
    assert any(problem.startswith(f"trial.toml:{_row(bad, where)}: ") for problem in _problems(tmp_path, bad))


def test_a_single_day_is_a_span(tmp_path: Path) -> None:
    day = GOOD.replace("2024-01-01", "2024-01-01\nuntil = 2024-01-01")
    day = day.replace("most    = 1", "most = 1\neffective = 2024-02-01\nuntil = 2024-02-01")
    assert load(_write(tmp_path, day)).edits


def test_edits_that_hide_each_other_are_told_once(tmp_path: Path) -> None:
    """Else neither would ever be found, and a claim that both reject would go through."""
    ring = GOOD.replace('id      = "7-B01"', 'id      = "7-B01"\nhides = ["7-C01"]')
    assert [edit.id for edit in load(_write(tmp_path, ring)).edits][:2] == ["7-A01", "7-B01"], "a row is no ring"
    (problem,) = _problems(tmp_path, ring.replace('["7-C01"]', '["7-C02", "7-A01"]'))
    assert problem == "trial.toml:16: 7-A01: hides 7-B01, which hides 7-A01: none of them would ever be told"
    longer = ring.replace('id      = "7-C01"', 'id      = "7-C01"\nhides = ["7-C02", "7-A01"]')
    (problem,) = _problems(tmp_path, longer)
    assert problem.startswith("trial.toml:16: 7-A01: hides 7-B01, which hides 7-C01, which hides 7-A01: none")
    behind = longer.replace('"7-C02", "7-A01"', '"7-B01"')
    (problem,) = _problems(tmp_path, behind)
    assert problem.startswith("trial.toml:31: 7-B01: hides 7-C01, which hides 7-B01: none"), "A01 is in no ring"


def test_edits_that_explain_each_other_are_told_once(tmp_path: Path) -> None:
    """Else both would be silent where both reject, and the claim would go through."""

    def explained(edit: str, by: str, text: str = GOOD) -> str:
        return text.replace(f'id      = "{edit}"', f'id      = "{edit}"\nexplained_by = {by}')

    def rings(text: str) -> list[str]:
        """What is said of rings, whatever else is wrong: these checks miss no line."""
        return [problem for problem in _problems(tmp_path, text) if "is explained by" in problem]

    one = explained("7-B01", '["7-A01", "S4-FUTURE"]')
    assert rings(one) == [], "a row is no ring"
    said = "7-A01: is explained by 7-B01, which is explained by 7-A01: where all are broken, none would be told"
    assert rings(explained("7-A01", '"7-B01"', one)) == [f"trial.toml:16: {said}"]
    assert rings(explained("7-A01", '["7-B01", "7-A01"]')) == [
        "trial.toml:16: 7-A01: is explained by 7-A01, which is itself: where two lines break it, neither would be told"
    ]
    profile = f'{one}\n[profile.x.edits]\n7-A01 = {{ explained_by = "7-B01" }}\n'
    assert rings(profile) == [f"trial.toml:16: {said}"], "of a profile, too"


def test_an_edit_without_id_or_check(tmp_path: Path) -> None:
    bad = GOOD.replace('id      = "7-A01"\n', "").replace('check   = "not_with"\n', "")
    problems = _problems(tmp_path, bad)
    assert any("edit without id: id is missing" in problem for problem in problems)
    assert "trial.toml:43: 7-C01: check is missing" in problems


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml")


def test_an_empty_file(tmp_path: Path) -> None:
    assert "trial.toml: there is no [policy] table" in _problems(tmp_path, "")


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r'there is no policy "042-strikt"; did you mean "042-strict"\?'):
        load("042-strikt")
    with pytest.raises(PolicyError, match=r'unknown profile "strikt"; did you mean "strict"\?'):
        load(_write(tmp_path, GOOD), "strikt")


def test_a_profile_is_named_in_full_or_by_what_comes_after_the_number(tmp_path: Path) -> None:
    path = _write(tmp_path, GOOD.replace("[profile.strict.", "[profile.7-strict."))
    assert [load(f"{path}#{name}").name for name in ("7-strict", "strict", "")] == ["7-strict", "7-strict", "7"]
    assert load(path, "strict").edits[1].action == "reject"
    with pytest.raises(PolicyError, match='unknown profile "strikt"'):
        load(f"{path}#strikt")
    both = GOOD.replace("[[unenforced]]", "[profile.7-strict.edits]\n[[unenforced]]", 1)
    assert load(f"{_write(tmp_path, both)}#strict").name == "strict", "its own name comes first"


def test_a_byte_order_mark_means_nothing(tmp_path: Path) -> None:
    """Some editors put one before every text they save."""
    path = _write(tmp_path, "\ufeff" + GOOD.replace("[policy]", '[policy]\ncases = "7.cases.toml"', 1), "\ufeff" + TEXT)
    cases = tmp_path / "7.cases.toml"
    cases.write_text("\ufeff[[case]]\nname = \"one\"\nlines = [\"S9500 1 11/01\"]\n", encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        policyfile.read(path)
    assert all("no case of 7.cases.toml" in problem for problem in caught.value.problems), "read, and short of cases"
    assert policyfile.profiles(path) == ("7", "strict")
    row = policyfile.read(path, cases=False).edits[0].row
    assert row == load(_write(tmp_path, GOOD)).edits[0].row + 1


def test_a_file_in_another_encoding_is_told_once_with_its_byte(tmp_path: Path) -> None:
    toml = GOOD.replace("[policy]", '[policy]\ncases = "7.cases.toml"', 1)
    path = _write(tmp_path, toml)
    (tmp_path / "7.cases.toml").write_bytes('[[case]]\nname = "f\xfcnf"\n'.encode("latin-1"))
    (tmp_path / "7.txt").write_bytes(b"\xff\xfe" + TEXT.encode("utf-16-le"))
    with pytest.raises(PolicyError) as caught:
        policyfile.read(path)
    assert caught.value.problems == ("7.txt: is not UTF-8 (byte 0)", "7.cases.toml: is not UTF-8 (byte 18)")
    path.write_bytes(GOOD.encode() + "# f\xfcnf".encode("latin-1"))
    with pytest.raises(PolicyError) as caught:
        load(path)
    assert caught.value.problems == (f"trial.toml: is not UTF-8 (byte {len(GOOD.encode()) + 3})",)


def test_a_text_that_is_not_there_is_told_without_its_quotations(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, GOOD.replace('text      = "7.txt"', 'text = "8.txt"'))
    assert 'policy: text: no readable file "8.txt"' in problem


def test_payers_and_last_day(tmp_path: Path) -> None:
    toml = GOOD.replace('["*"]', '["12345"]').replace("2024-01-01", "2024-11-01\nuntil = 2024-11-30")
    trial = load(_write(tmp_path, toml))

    def rules(payer: str, lines: list[str]) -> list[str]:
        return [each.rule for each in trial.judge(shorthand.claims([f"claim payer {payer}", *lines]))[0]]

    assert rules("12345", ["S9500 2 11/30"]) == ["7-B01"]
    assert rules("54321", ["S9500 2 11/30"]) == []
    assert rules("12345", ["S9500 2 12/01"]) == []
    assert rules("12345", ["S9500 2 10/31-11/01 $1", "S9501 3 10/31-11/01"]) == []


def test_scope_claim_looks_at_one_claim(tmp_path: Path) -> None:
    trial = load(_write(tmp_path, GOOD))
    apart = ["A4221 1 11/03", "claim", "S9500 1 11/03"]
    assert trial.judge(shorthand.claims(apart)) == [[], []]
    together = ["S9364 1 11/05", "claim", "A4221 1 11/03", "S9500 1 11/03"]
    (finding,) = trial.judge(shorthand.claims(together))[1]
    assert (finding.rule, finding.place.claim, finding.action) == ("7-C01", "C2", "reject")


def test_a_warning_never_hides_a_rejection(tmp_path: Path) -> None:
    claims = shorthand.claims(["S9500 1 11/05", "S9501 1 11/05"])
    hiding = GOOD.replace('hides   = ["7-B01"]', 'hides = ["7-C02"]')
    (finding,) = load(_write(tmp_path, hiding)).judge(claims)[0]
    assert (finding.rule, finding.action) == ("7-A01", "reject")
    last = hiding.rindex('action  = "warn"')
    bad = hiding[:last] + 'action = "reject"\nstatus = ["A8:454"]' + hiding[last + len('action  = "warn"') :]
    warned = bad.replace('action  = "reject"', 'action = "warn"', 1)
    found = [(each.rule, each.action) for each in load(_write(tmp_path, warned)).judge(claims)[0]]
    assert found == [("7-A01", "warn"), ("7-C02", "reject")]
