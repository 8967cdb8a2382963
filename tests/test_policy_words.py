"""The words of a policy file beyond codes and counts: tables, patterns, windows, and edits that need something."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest

from edi837 import editwords, grammar
from edi837.edit import Edit
from edi837.rules import Policy, PolicyError, load
from tests import shorthand
from tests.test_policy_errors import GOOD, TEXT

DRAWN = """\
[codes.drawn]
from  = "tiny"
where = { kind = "one" }
valid = 2024-03-01
only  = ["daily"]

"""
EDITS = """\
[[edit]]
id      = "7-D01"
title   = "Described"
says    = "Therapies are paid"
source  = "explicit"
on      = false
check   = "described"
codes   = "drawn"
matching = "[a-z]{3}.*[0-9]"
each    = { S9500 = "cuvitru|hizentra" }
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

"""
TINY = """code,kind,since,until
S9500,one,,2024-02-29
S9501,one,2024-03-01,
S9502,two,,
99601,one,,
"""
WIDE = GOOD.replace("[[edit]]", DRAWN + "[[edit]]", 1).replace("[[unenforced]]", EDITS + "[[unenforced]]", 1)
ASKED = WIDE.replace("on      = false\ncheck", "check")  # with 7-D01


def _write(folder: Path, toml: str) -> Path:
    (folder / "7.txt").write_text(TEXT, encoding="utf-8")
    (folder / "tiny.csv").write_text(TINY, encoding="utf-8")
    path = folder / "trial.toml"
    path.write_text(toml, encoding="utf-8")
    return path


def _problems(folder: Path, toml: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as caught:
        load(_write(folder, toml))
    return caught.value.problems


def _off(policy: Policy) -> Edit:
    """The one edit that is off."""
    (off,) = (edit for edit in policy.file.written if not edit.on)
    return off


def test_the_wide_policy_is_good(tmp_path: Path) -> None:
    loaded = load(_write(tmp_path, WIDE))
    assert [edit.id for edit in loaded.edits][-3:] == ["7-D02", "7-D03", "7-D04"]
    off = _off(loaded)
    assert off.words["codes"] == {"S9501"} and off.warn_only == {"837I", "S9501"}
    (waiting,) = loaded.file.waiting
    assert (waiting.id, waiting.needs, waiting.rests_on) == ("7-E01", "the list", "a list")
    words = {name: value for edit in loaded.edits[-3:] for name, value in edit.words.items()}
    assert words["ended"] == {"S9502": date(2024, 6, 30)} and words["weights"] == {"S9501": 2}
    assert words["table"] == {"00409379601": ("J0696", Decimal("0.5"))} and words["per"] == "week"


FAULTS = [
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
    ('{ S9500 = "cuvitru|hizentra" }', '{ S9500 = "(a+)+b" }', "7-D01: each: is not a table of codes and patterns"),
    ('{ S9500 = "cuvitru|hizentra" }', '{ S950 = "a" }', "7-D01: each: is not a table of codes and patterns"),
    ('{ S9500 = "cuvitru|hizentra" }', '"cuvitru"', "7-D01: each: is not a table of codes and patterns"),
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


KINDS = [  # a check, a word it cannot have, what is said of it, and words it can have
    ("patient_sex", 'sexes = ["female"]',
     'sexes: is not a list of words, as ["F"]: sexes as DMG03 has them; "female" is none; there are F, M, U',
     'sexes = ["F", "M", "U"]'),
    ("patient_sex", 'sexes = ["f"]', '"f" is none; did you mean "F"?', 'sexes = ["M"]'),
    ("diagnosed", 'known = ["L03.115"]', '"L03.115" is none; did you mean "L03115"?', 'known = ["L03115", "C"]'),
    ("diagnosed", 'never = ["b20"]', '"b20" is none; did you mean "B20"?', 'never = ["B20"]'),
    ("counted_in", 'units = ["UN", "UNIT"]', '"UNIT" is none; did you mean "UN"?', 'units = ["UN", "DA", "MJ"]'),
    ("drug_unit", 'units = ["XX"]', '"XX" is none; there are F2, GR, ME, ML, UN',
     'units = ["F2", "GR", "ME", "ML", "UN"]'),
    ("claim_form", 'never = ["837-P"]', '"837-P" is none; did you mean "837P"?', 'never = ["837P", "837I"]'),
    ("coded_as", 'never = ["CPT"]', '"CPT" is none; there are ER, HC, HP, IV, WK', 'never = ["IV", "ER"]'),
    ("billed_by", 'never = [""]', 'provider taxonomy codes, or how they begin; "" is none', 'never = ["251F"]'),
    ("not_rendered_by", 'taxonomies = ["374-"]', '"374-" is none; did you mean "374"?', 'taxonomies = ["374"]'),
    ("filed_as", 'known = ["M.A"]', '"M.A" is none; did you mean "MA"?', 'known = ["MA", "16"]'),
    ("bill_type", 'never = ["0"]', '"0" is none', 'never = ["0341", "32", "8"]'),
    ("drug_named", 'unless = ["rev:0636"]', '"rev:0636" is none', 'unless = ["0636"]'),
    ("place_of_service", 'never = ["1 2"]', '"1 2" is none; did you mean "12"?', 'never = ["12"]'),
    ("place_of_service", 'known = ["12", "99"]\nnever = ["49", "12"]', "7-F01: 12 stands in known and in never",
     'known = ["12"]\nnever = ["49"]'),
    ("units_between", "least = 50\nmost = 2", "7-F01: least is 50 and most is 2: nothing lies between them",
     "least = 2\nmost = 2"),
    ("units_per_day", "least = 2\nmost = 1", "least is 2 and most is 1", "most = 0"),
    ("days_between", "least = 8\nmost = 7", "least is 8 and most is 7", "least = 7"),
    ("charged_between", "least = 8\nmost = 7", "least is 8 and most is 7", "least = 7\nmost = 8"),
    ("patient_age", "least = 18\nmost = 17", "least is 18 and most is 17", "least = 17\nmost = 18"),
]


@pytest.mark.parametrize(("check", "wrong", "said", "right"), KINDS)
def test_a_word_is_one_of_its_kind(tmp_path: Path, check: str, wrong: str, said: str, right: str) -> None:
    edit = f"""\
[[edit]]
id      = "7-F01"
title   = "Of a kind"
says    = "Therapies are paid"
source  = "explicit"
check   = "{check}"
codes   = "daily"
WORDS
action  = "warn"
message = "{{code}}"
fix     = "Another"

"""
    (problem,) = _problems(tmp_path, GOOD.replace("[[unenforced]]", edit.replace("WORDS", wrong) + "[[unenforced]]"))
    assert problem.startswith("trial.toml:72: 7-F01: ") and said in problem
    whole = load(_write(tmp_path, GOOD.replace("[[unenforced]]", edit.replace("WORDS", right) + "[[unenforced]]")))
    assert whole.edits[-1].id == "7-F01"


def test_the_words_that_are_listed_are_the_guides() -> None:
    """What the guides list of an element is what a policy may name."""
    listed: dict[str, set[str]] = {}
    for guide in ("005010X222A1", "005010X223A2"):
        for use in grammar.load(guide).root.segments():
            for each in (one for element in use.elements for one in (element, *element.components)):
                listed.setdefault(each.refdes, set()).update(each.codes)
    kinds = {kind: set(words) for kind, words in editwords.LISTED.items()}
    assert kinds["Sexes"] == listed["DMG03"] and kinds["Measures"] == listed["CTP05-1"]
    assert kinds["Units"] == listed["SV103"] | listed["SV204"]
    assert kinds["Qualifiers"] == listed["SV101-1"] | listed["SV202-1"]
    assert len(kinds) == 5, "and the forms of a claim"


@pytest.mark.parametrize(("right", "wrong", "said"), FAULTS)
def test_fault(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in WIDE
    problems = _problems(tmp_path, WIDE.replace(right, wrong, 1))
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("trial.toml") for problem in problems)


def test_a_range_holds_no_revenue_code(tmp_path: Path) -> None:
    assert "no code, range or name" in _problems(tmp_path, WIDE.replace('"S9364"]', '"rev:0261..rev:0264"]', 1))[0]
    loaded = load(_write(tmp_path, WIDE.replace('"A4222", "A4221"]', '"A4222", "A4221", "rev:0261"]', 1)))
    assert loaded.edits[2].words["codes"] == {"A4222", "A4221", "rev:0261"}


@pytest.mark.parametrize(
    ("day", "codes"),
    [("2024-02-29", {"S9500"}), ("2024-03-01", {"S9501"}), ("2025-01-01", {"S9501"}), ("2023-01-01", {"S9500"})],
)
def test_a_set_holds_what_is_in_force_on_its_day(tmp_path: Path, day: str, codes: set[str]) -> None:
    drawn = WIDE.replace("valid = 2024-03-01", f"valid = {day}").replace(', "S9501"]\naction', "]\naction")
    off = _off(load(_write(tmp_path, drawn)))
    assert off.words["codes"] == codes


def test_a_set_is_drawn_from_a_table_and_listed_besides(tmp_path: Path) -> None:
    both = WIDE.replace('from  = "tiny"', 'codes = ["S9364"]\nfrom  = "tiny"')
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
