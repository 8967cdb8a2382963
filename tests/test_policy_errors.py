"""What the loader says of a faulty policy file: the file, the row, the edit, the nearest right word."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest

from edi837.edit import Edit
from edi837.rules import Policy, PolicyError, load
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

[codes.drawn]
from  = "tiny"
where = { kind = "one" }
valid = 2024-03-01
only  = ["daily"]

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

[[edit]]
id      = "7-D01"
title   = "Described"
says    = "Therapies are paid"
source  = "explicit"
on      = false
check   = "described"
codes   = "drawn"
matching = "[a-z]{3}.*[0-9]"
warn_only = ["837I", "S9501"]
action  = "reject"
status  = ["A6:306"]
message = "{code}"
fix     = "Say what"

[[edit]]
id      = "7-D02"
title   = "Ended"
says    = "Therapies are paid"
source  = "explicit"
check   = "in_force"
ended   = { S9502 = 2024-06-30 }
action  = "warn"
message = "{code} {ended}"
fix     = "Another code"

[[edit]]
id      = "7-D03"
title   = "Twelve a week"
says    = "Therapies are paid"
source  = "explicit"
check   = "at_most"
codes   = "daily"
most    = 12
per     = "week"
weights = { S9501 = 2 }
scope   = "patient"
action  = "warn"
message = "{total} {most} {allowed}"
fix     = "Fewer"

[[edit]]
id      = "7-D04"
title   = "Crosswalk"
says    = "Therapies are paid"
source  = "explicit"
check   = "drug_units"
codes   = ["J0696"]
table   = { "00409379601" = ["J0696", "0.5"] }
action  = "warn"
message = "{ndc_units}"
fix     = "Units"

[[edit]]
id      = "7-E01"
title   = "Of a list"
says    = "Therapies are paid"
source  = "external"
rests_on = "a list"
on      = false
needs   = "the list"

[[unenforced]]
says = "All plans"
why  = "nothing to do"

[profile.strict.edits]
7-B01 = { action = "reject", status = ["A8:476"] }
"""


ASKED = GOOD.replace("on      = false\ncheck", "check")  # with 7-D01
TINY = """code,kind,since,until
S9500,one,,2024-02-29
S9501,one,2024-03-01,
S9502,two,,
99601,one,,
"""


def _off(policy: Policy) -> Edit:
    """The one edit that is off."""
    (off,) = (edit for edit in policy.file.written if not edit.on)
    return off


def _write(folder: Path, toml: str, text: str = TEXT) -> Path:
    (folder / "7.txt").write_text(text, encoding="utf-8")
    (folder / "tiny.csv").write_text(TINY, encoding="utf-8")
    path = folder / "trial.toml"
    path.write_text(toml, encoding="utf-8")
    return path


def _problems(folder: Path, toml: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        load(_write(folder, toml))
    return caught.value.problems


def test_the_trial_policy_is_good(tmp_path: Path) -> None:
    path = _write(tmp_path, GOOD)
    loaded = load(path)
    assert [edit.id for edit in loaded.edits] == [
        "7-A01", "7-B01", "7-C01", "7-C02", "7-D02", "7-D03", "7-D04",
    ]  # fmt: skip
    assert [edit.row for edit in loaded.edits[:4]] == [22, 37, 50, 66]
    off = _off(loaded)
    assert off.words["codes"] == {"S9501"} and off.warn_only == {"837I", "S9501"} and not off.on
    (waiting,) = loaded.file.waiting
    assert (waiting.id, waiting.needs, waiting.rests_on) == ("7-E01", "the list", "a list")
    words = {name: value for edit in loaded.edits[4:] for name, value in edit.words.items()}
    assert words["ended"] == {"S9502": date(2024, 6, 30)} and words["weights"] == {"S9501": 2}
    assert words["table"] == {"00409379601": ("J0696", Decimal("0.5"))} and words["per"] == "week"
    assert loaded.edits[1].words["codes"] == {"S9500", "S9501", "S9502"}
    assert loaded.name == "7" and loaded.unenforced[0].why == "nothing to do"
    strict = load(str(path), "strict")
    assert strict.name == "strict" and strict.edits[1].action == "reject"
    assert strict.edits[0] == loaded.edits[0]


FAULTS = [
    ('lacking = ["SH"]', 'lackin = ["SH"]', ':22: 7-A01: unknown key "lackin"; did you mean "lacking"?'),
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
    ("most    = 1", 'most = 1\nonly = "837"', '7-B01: only is "837"; there are 837P, 837I'),
    ("most    = 1", 'most = 1\non = "no"', "7-B01: on is true or false"),
    ('id      = "7-B01"', 'id = "7-A01"', ":37: 7-A01: there is an edit with this id already"),
    ('id      = "7-B01"', 'id = "8-B01"', "8-B01: an id is the policy's number, a letter and two digits"),
    ('hides   = ["7-B01"]', 'hides = ["7-B11"]', '7-A01: hides "7-B11"; did you mean "7-B01"?'),
    ('hides   = ["7-B01"]', 'hides = "7-B01"', "7-A01: hides is a list of texts"),
    ('title   = "Units"\n', "", "7-B01: title is missing"),
    ('fix     = "Add SH"', 'fix = ""', '7-A01: fix is no text in quotes: fix = "..."'),
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
    ('"S9500..S9502"', '"A0000..A9999"', "A0000..A9999: the range is wider than 1000 codes"),
    ('"S9500..S9502"', '"S9500-S9502"', '"S9500-S9502" is no code, range or name of a set'),
    ('except = ["S9364"]', 'except = ["some"]', ":12: codes.some: the set is made of itself"),
    ('except = ["S9364"]', 'exept = ["S9364"]', 'codes.some: unknown key "exept"; did you mean "except"?'),
    ('unit  = "day"', 'unit = "week"', 'codes.daily: unit is "day" (one unit is one day) or left out'),
    ("[codes.some]", "[codes.Some]", "codes.Some: a set is named in small letters, as per-diem"),
    ('number    = "7"', "number = 7", 'policy: number is missing, or no text in quotes: number = "..."'),
    ('number    = "7"', "number = 007", "trial.toml: is not TOML: "),
    ("2024-01-01", '"2024-01-01"', "policy: effective is a date without quotes, as 2024-10-07"),
    ("2024-01-01", "2024-01-01T00:00:00", "policy: effective is a date without quotes, as 2024-10-07"),
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
    ('lacking = ["SH"]', 'lacking = ["SHX"]', "7-A01: lacking: is not a list of words"),
    ('from  = "tiny"', 'from = "tinny"', 'codes.drawn: there is no table of codes "tinny"'),
    ('from  = "tiny"', 'from = "../7"', 'codes.drawn: there is no table of codes "../7"'),
    ('from  = "tiny"', "from = 1", 'codes.drawn: there is no table of codes "1"'),
    ('from  = "tiny"\n', 'codes = "some"\n', "codes.drawn: where asks of a table: from is missing"),
    ('{ kind = "one" }', '{ kid = "one" }',
     'codes.drawn: the table has no column "kid"; did you mean "kind"?'),
    ('{ kind = "one" }', '{ kind = ["one", "twos"] }',
     'codes.drawn: no row has kind = "twos"; did you mean "two"?'),
    ('{ kind = "one" }', '"one"', 'codes.drawn: where is a table, as { kind = "drug" }'),
    ("valid = 2024-03-01", 'valid = "2024"', "codes.drawn: valid is a date without quotes"),
    ('only  = ["daily"]', 'only  = ["dayly"]', 'unknown code set "dayly"; did you mean "daily"?'),
    ('"[a-z]{3}.*[0-9]"', '"(a+)+b"', "7-D01: matching: is not a pattern"),
    ('"[a-z]{3}.*[0-9]"', '"a.*b.*c.*"', "7-D01: matching: is not a pattern"),
    ('"[a-z]{3}.*[0-9]"', '"a?b?c?d?e?"', "7-D01: matching: is not a pattern"),
    ('"[a-z]{3}.*[0-9]"', '"[z-a]"', "7-D01: matching: is not a pattern"),
    ('"[a-z]{3}.*[0-9]"', '"(?=a)"', "7-D01: matching: is not a pattern"),
    ('"[a-z]{3}.*[0-9]"', "7", "7-D01: matching: is not a pattern"),
    ('warn_only = ["837I", "S9501"]', 'warn_only = ["837X"]', '"837X" is no code, range or name of a set'),
    ("{ S9502 = 2024-06-30 }", '{ S9502 = "2024" }', "7-D02: ended: is not a table of codes and last days"),
    ("{ S9502 = 2024-06-30 }", "{ S950 = 2024-06-30 }", "7-D02: ended: is not a table of codes and last days"),
    ("{ S9502 = 2024-06-30 }", '"tinny"', '7-D02: ended: there is no table of codes "tinny"'),
    ('per     = "week"', 'per = "year"', "7-D03: per: is not day, week, month, or a number of days"),
    ('per     = "week"', "per = 0", "7-D03: per: is not day, week, month, or a number of days"),
    ("{ S9501 = 2 }", "{ S9501 = 0 }", "7-D03: weights: is not a table of codes and numbers"),
    ("{ S9501 = 2 }", "{ S9501 = 1.5 }", "7-D03: weights: is not a table of codes and numbers"),
    ('["J0696", "0.5"]', '["J0696"]', "7-D04: table: is not a table of NDCs"),
    ('"00409379601"', '"0409379601"', "7-D04: table: is not a table of NDCs"),
    ('needs   = "the list"', 'needs = ""', "7-E01: needs is missing, or no text in quotes"),
    ('on      = false\nneeds', "needs", "7-E01: an edit that needs something is switched off: on = false"),
    ('needs   = "the list"', 'needs = "the list"\naction = "warn"',
     '7-E01: an edit that needs something is not asked, so it has no key "action"'),
    ('needs   = "the list"', 'needs = "the list"\nneed = "it"', '7-E01: unknown key "need"; did you mean "needs"?'),
    ('rests_on = "a list"\n', "", "7-E01: an external edit names in rests_on the document it rests on"),
    ('id      = "7-E01"', 'id = "7-E1"', "7-E1: an id is the policy's number, a letter and two digits"),
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


def test_an_edit_without_id_or_check(tmp_path: Path) -> None:
    bad = GOOD.replace('id      = "7-A01"\n', "").replace('check   = "not_with"\n', "")
    problems = _problems(tmp_path, bad)
    assert any("edit without id: id is missing" in problem for problem in problems)
    assert "trial.toml:49: 7-C01: check is missing" in problems


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
    last = hiding.index('action  = "warn"', hiding.index("Not together"))
    bad = hiding[:last] + 'action = "reject"\nstatus = ["A8:454"]' + hiding[last + len('action  = "warn"') :]
    warned = bad.replace('action  = "reject"', 'action = "warn"', 1)
    found = [(each.rule, each.action) for each in load(_write(tmp_path, warned)).judge(claims)[0]]
    assert found == [("7-A01", "warn"), ("7-C02", "reject")]


def test_a_range_holds_no_revenue_code(tmp_path: Path) -> None:
    assert "no code, range or name" in _problems(tmp_path, GOOD.replace('"S9364"]', '"rev:0261..rev:0264"]', 1))[0]
    loaded = load(_write(tmp_path, GOOD.replace('"A4222", "A4221"]', '"A4222", "A4221", "rev:0261"]', 1)))
    assert loaded.edits[2].words["codes"] == {"A4222", "A4221", "rev:0261"}


@pytest.mark.parametrize(
    ("day", "codes"),
    [("2024-02-29", {"S9500"}), ("2024-03-01", {"S9501"}), ("2025-01-01", {"S9501"}), ("2023-01-01", {"S9500"})],
)
def test_a_set_holds_what_is_in_force_on_its_day(tmp_path: Path, day: str, codes: set[str]) -> None:
    drawn = GOOD.replace("valid = 2024-03-01", f"valid = {day}").replace(', "S9501"]\naction', "]\naction")
    off = _off(load(_write(tmp_path, drawn)))
    assert off.words["codes"] == codes


def test_a_set_is_drawn_from_a_table_and_listed_besides(tmp_path: Path) -> None:
    both = GOOD.replace('from  = "tiny"', 'codes = ["S9364"]\nfrom  = "tiny"')
    off = _off(load(_write(tmp_path, both)))
    assert off.words["codes"] == {"S9364", "S9501"}
    off = _off(load(_write(tmp_path, both.replace('only  = ["daily"]', 'only = ["S9364", "99601"]').replace(
        ', "S9501"]\naction', "]\naction"))))  # fmt: skip
    assert off.words["codes"] == {"S9364", "99601"}


def test_a_pattern_is_quick_whatever_the_text(tmp_path: Path) -> None:
    """The slowest that the loader takes, on the longest text that is looked at."""
    trial = load(_write(tmp_path, ASKED.replace('"[a-z]{3}.*[0-9]"', '"a?a?.*.*b"')))
    claims = shorthand.claims(["S9501 1 11/03"])
    claims[0].lines[0].description = "a" * 100_000
    start = process_time()
    assert [each.rule for each in trial.judge(claims)[0]] == ["7-D01"]
    assert process_time() - start < 2


def test_an_edit_that_only_warns_on_a_guide(tmp_path: Path) -> None:
    trial = load(_write(tmp_path, ASKED.replace('["837I", "S9501"]', '["837I"]')))
    for kind, action in (("P", "reject"), ("I", "warn")):
        (finding,) = trial.judge(shorthand.claims(["S9501 1 11/03"], kind))[0]
        assert (finding.rule, finding.action) == ("7-D01", action)
