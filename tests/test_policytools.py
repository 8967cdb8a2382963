"""The commands on policies: list, show, check, test, diff, simulate, new; and what `explain` shows of an edit."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import fields, replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner

from edi837 import cli, policydiff, policyfile, policyshow, rules
from edi837.mend import Mend
from edi837.policyfile import PolicyFile
from edi837.safe import PAGE_POLICY
from edi837.scope import Scope

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "edi837" / "policies"
DEMO = ROOT / "fixtures" / "demo.edi"
NAMES = ("042.toml", "042.txt", "042.cases.toml")


def edi837(*arguments: str | Path, stdin: bytes = b"") -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    done = CliRunner().invoke(cli.main, list(map(str, arguments)), input=stdin, standalone_mode=False)
    if isinstance(done.exception, click.ClickException):
        return done.exception.exit_code, done.stdout, done.exception.format_message()
    if done.exception is not None:
        raise done.exception
    return done.return_value, done.stdout, done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of policy 042 to change."""
    for name in NAMES:
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path / "042.toml"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def shipped(name: str = "042") -> PolicyFile:
    return policyfile.read(*rules.locate(name))


# ---------------------------------------------------------------- list and show


def test_list() -> None:
    status, out, err = edi837("policy", "list")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(rules.names())
    file = shipped()
    off = len(file.written) - len(file.edits)
    assert f"{len(file.edits)} edits on, {off} off; from 10/07/2024, for every payer's claims" in out.splitlines()[0]


def test_show_names_every_edit_set_and_sentence() -> None:
    status, out, _ = edi837("policy", "show", "042")
    file, words = shipped(), " ".join(out.split())
    assert status == 0 and all(len(line) <= 100 or " " not in line for line in out.splitlines())
    for edit in file.written:
        assert f"{edit.id} {policyshow.weight(edit, file)}" in words
    for name, codes in file.sets.items():
        assert f"{name}: {len(codes)} codes" in out and set(out.split()) >= codes
    for each in file.unenforced:
        assert " ".join(f"not asked: “{each.says}”: {each.why}".split()) in words
    assert "042-B02 = { on = true }" in out
    for word in file.text.split():
        assert word in out


def test_an_edit_stands_under_the_sentence_it_quotes() -> None:
    file = shipped()
    passages = policyshow.passages(file)
    assert sum(len(passage.edits) for passage in passages) == len(file.written)
    of = {edit.id: passage.text for passage in passages for edit in passage.edits}
    assert of["042-A04"] == of["042-A05"] == "• SH: Second concurrently administered therapy."
    assert of["042-C01"].startswith("The per diem includes pharmacy")
    assert [passage.text for passage in passages if passage.heading][:2] == ["BILLING POLICY", "HOME INFUSION"]
    assert not any(passage.edits for passage in passages if passage.heading)


def test_show_as_html(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    status, out, _ = edi837("policy", "show", "042-literal", "--html", page)
    assert (status, out) == (0, f"{page}\n")
    text = page.read_text("utf-8")
    assert "<script" not in text and " src=" not in text and "@media print" in text
    ((name, said),) = re.findall(r'http-equiv="([\w-]+)" content="([^"]+)"', text)
    assert (name, unescape(said), text.count("http-equiv")) == ("Content-Security-Policy", PAGE_POLICY, 1)
    root = ElementTree.fromstring(re.sub(r"<meta[^>]*>", "", text.partition("\n")[2]))
    found = {each.get("id") for each in root.iter("div")}
    assert found == {edit.id for edit in shipped("042-literal").written}
    words = " ".join("".join(root.itertext()).split())
    assert "off; it needs a profile that takes this source" in words and "A8: rejected" in words
    assert "Where both have the same code: Correct the dates" in words


# ---------------------------------------------------------------- check and test


@pytest.mark.parametrize("name", ["042", "042-strict", SHIPPED / "042.toml"])
def test_check_of_what_is_right(name: str | Path) -> None:
    status, out, err = edi837("policy", "check", name)
    file = shipped(name if name == "042-strict" else "042")
    assert (status, err) == (0, "")
    assert out.startswith(f"ok: 042 Home Infusion: {len(file.edits)} edits on")
    assert f"{len(file.cases)} cases; 2 profiles" in out


def test_check_tells_all_at_once(copy: Path) -> None:
    change(copy, 'check     = "one_a_day"', 'check     = "one_day"')
    change(copy, '"A7:145:82"', '"A7:145"')
    change(copy.with_name("042.cases.toml"), "042-B01 line 1", "042-B91 line 1")
    status, out, err = edi837("policy", "check", copy)
    assert (status, out) == (2, "")
    assert 'unknown check "one_day"; did you mean "one_a_day"?' in err
    assert "status 145 needs an entity code" in err and 'unknown edit "042-B91"' in err
    assert err.endswith(f"{len(err.splitlines()) - 1} faults\n")


def test_check_knows_the_rules_of_the_guide(copy: Path) -> None:
    change(copy, '"S4-MODIFIER-TWICE"', '"S4-MODIFIERS-TWICE"')
    status, _, err = edi837("policy", "check", copy)
    assert status == 2
    assert err.endswith("\n1 fault\n") and re.match(
        r'042\.toml:\d+: 042-A07: told_by: unknown rule "S4-MODIFIERS-TWICE"; did you mean "S4-MODIFIER-TWICE"\?\n', err
    )
    change(copy, '"S4-MODIFIERS-TWICE"', '["S4-MODIFIER-TWICE", "042-A01"]')
    status, _, err = edi837("policy", "check", copy)
    assert status == 2 and '042-A07: told_by: unknown rule "042-A01"' in err and err.endswith("\n1 fault\n")
    change(copy, '["S4-MODIFIER-TWICE", "042-A01"]', '"S4-MODIFIER-TWICE"')
    change(copy, 'explained_by = ["042-B01", "042-G03", ', 'explained_by = ["042-B01", "042-G99", ')
    status, _, err = edi837("policy", "check", copy)
    assert status == 2 and '042-A05: explained_by: unknown rule "042-G99"; did you mean "042-G0' in err
    change(copy, '"042-G99"', '"042-G03"')
    change(copy, 'told_by   = "S4-MODIFIER-TWICE"', 'told_by   = ""')
    status, _, err = edi837("policy", "check", copy)
    assert status == 2 and "told_by is a rule of the guide, as S4-MODIFIER-TWICE" in err
    assert err.endswith("\n1 fault\n"), "one is no plural"


def test_check_asks_for_cases(copy: Path) -> None:
    change(copy, 'cases     = "042.cases.toml"', "")
    status, out, err = edi837("policy", "check", copy)
    assert (status, out) == (2, "") and "042.toml: policy: no cases" in err
    assert edi837("policy", "test", copy)[0] == 1
    assert edi837("policy", "check", "043")[:2] == (2, "")


def test_test_of_what_is_right() -> None:
    status, out, err = edi837("policy", "test", "042")
    file = shipped()
    assert (status, err) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.startswith("042-")}
    assert set(rows) == {edit.id for edit in file.written}
    assert all(int(broken) >= 3 and int(held) >= 3 for broken, held in rows.values())
    assert out.endswith("none failed\n") and f"{len(file.cases)} cases, tried" in out


def test_test_tells_expected_and_found(copy: Path) -> None:
    change(copy, "most      = 1", "most      = 2")
    status, out, _ = edi837("policy", "test", copy)
    assert status == 1
    row = copy.with_name("042.cases.toml").read_text("utf-8").partition('"doses billed instead of days"')[0].count("\n")
    assert f'042.cases.toml:{row}: case "doses billed instead of days" as 837P' in out and "as 837I" in out
    assert "    S9501 14 11/01-11/07\n  it does not reject 042-B01 line 1, which is expected\n" in out
    failed = int(re.search(r"(\d+) failed", out)[1])  # type: ignore[index]
    assert failed == out.count(" as 837P:") + out.count(" as 837I:") > 1
    change(copy, "most      = 2", "most      = 0")
    assert "it rejects 042-B01 line 1, which is not expected" in edi837("policy", "test", copy)[1]


def test_a_case_may_stand_apart_in_its_file(copy: Path) -> None:
    """Two first therapies of one patient under two HLs: seen by an edit that looks at the file."""
    cases = copy.with_name("042.cases.toml")
    apart = """
[[case]]
name    = "two first therapies, the second further down"
lines   = ["S9500 7 11/01-11/07", "claim patient 2", "S9338 1 11/01", "claim apart", "S9364 7 11/05-11/11"]
rejects = ["042-A03 claim 3 line 1"]
"""
    cases.write_text(cases.read_text("utf-8") + apart, "utf-8")
    ranked = 'another therapy may do without\nunpaid    = ["GY", "GZ"]\nscope     = "{}"'
    change(copy, ranked.format("file"), ranked.format("patient"))
    status, out, _ = edi837("policy", "test", copy)
    assert status == 1 and out.count("it does not reject 042-A03 claim 3 line 1, which is expected") == 2
    change(copy, ranked.format("patient"), ranked.format("file"))
    status, out, _ = edi837("policy", "test", copy)
    assert status == 0, out


# ---------------------------------------------------------------- diff and simulate


def test_diff_of_the_same() -> None:
    assert edi837("policy", "diff", "042", "042") == (0, "042 (042.toml) -> 042 (042.toml): no changes\n", "")


def test_diff_of_profiles() -> None:
    _, out, _ = edi837("policy", "diff", "042", "042-strict")
    assert re.search("042-A05 +scope: “history” -> “file”", out) and "never" not in out
    _, out, _ = edi837("policy", "diff", "042", "042-literal")
    assert re.search("042-D01 +switched off: Further hours follow a visit", out) and "never: 2 removed (31, 34)" in out


DIFFERENCES = [
    ("effective = 2024-10-07", "effective = 2025-01-01", ("policy", "effective: 10/07/2024 -> 01/01/2025")),
    ('title     = "Home Infusion"', 'title     = "Infusion"', ("policy", "title: Home Infusion -> Infusion")),
    ('payers    = ["*"]', 'payers    = ["P1"]', ("policy", "payers: 1 added (P1), 1 removed (all)")),
    ('title     = "One first therapy a day"', 'title = "One a day"',
     ("042-A03", "title: “One first therapy a day” -> “One a day”")),
    ('says      = "SH: Second concurrently administered therapy"\nsource    = "explicit"',
     'says      = "SH: Second"\nsource    = "implied"', ("042-A04", "source: “explicit” -> “implied”")),
    ('status    = ["A6:453", "A6:732"]', 'status    = ["A6:453"]', ("042-A03", "status: A6:453 A6:732 -> A6:453")),
    ('on        = false\ncheck     = "units_per_day"', 'check     = "units_per_day"',
     ("042-B02", "switched on: No fewer units than days")),
    ('hides     = ["042-A04", "042-A05", "042-A06"]', 'hides     = ["042-A04", "042-A05"]',
     ("042-A02", "hides: 1 removed (042-A06)")),
    ("most      = 1", "most      = 2", ("042-B01", "most: 1 -> 2")),
    ("most      = 1", 'most      = 1\nfor = { filing = ["CI"] }', ("042-B01", "filing: 1 added (CI), 1 removed (all)")),
    ("most      = 1", "most      = 1\nuntil = 2025-12-31", ("042-B01", "until: none -> 12/31/2025")),
    ('codes     = ["99602"]', 'codes     = ["99602", "99603"]', ("042-D01", "codes: 1 added (99603)")),
    ('other     = ["S9353"]\nlasts     = { A4224 = 7 }', 'other     = ["S9326"]\nlasts     = { A4224 = 7 }',
     ("042-C01b", "other: 1 added (S9326), 1 removed (S9353)")),
    ("lasts     = { A4221 = 7, K0552 = 7 }", "lasts     = { A4221 = 8, K0552 = 7 }",
     ("042-C01", "lasts: 1 added (A4221 8), 1 removed (A4221 7)")),
    ('  ["S9329", "S9330", "S9331"],', '  ["S9329", "S9330"],',
     ("042-B04", "rows: 1 added (S9329 with S9330), 1 removed (S9329 with S9330 S9331)")),
    ('codes = ["S5035", "S5036"]', 'codes = ["S5035"]',
     ("codes device-service", "1 removed (S5036); of concern to 042-C05, 042-G04")),
    ('"A4220", "A4649", "K06', '"A4220", "K06', ("042-C01", "warns only on: 1 removed (A4649)")),
    ('why  = "it says what the policy is about"', 'why  = "no more than a title"',
     ("not asked", "why of “This policy identifies billing and payment requirements associated with home infusion "
      "services.”: it says what the policy is about -> no more than a title")),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), DIFFERENCES, ids=[each[2][1] for each in DIFFERENCES])
def test_a_difference_is_told(copy: Path, old: str, new: str, said: tuple[str, str]) -> None:
    change(copy, 'cases     = "042.cases.toml"', "")
    change(copy, old, new)
    assert said in policydiff.changes(shipped(), policyfile.read(copy))


def test_a_change_of_a_set_is_told_once_with_the_edits_it_concerns(copy: Path) -> None:
    change(copy, 'cases     = "042.cases.toml"', "")
    change(copy, 'where = { kind = "per-diem" }', 'where = { kind = "per-diem" }\nexcept = ["S9590"]')
    found = policydiff.changes(shipped(), policyfile.read(copy))
    assert {place for place, _ in found} == {"codes per-diem", "codes therapies", "codes no-therapies"}
    assert dict(found)["codes per-diem"].startswith("1 removed (S9590); of concern to 042-A01, 042-A02")


def test_no_part_of_an_edit_is_left_out_of_a_difference() -> None:
    """Each field of an edit, changed alone, makes a difference; but its place in the file."""
    file = shipped()
    edit = file.edits[0]
    laid: dict[str, Any] = {
        "check": next(each for each in rules.vocabulary() if each != edit.check), "words": {**edit.words, "x": 1},
        "action": "warn", "whose": Scope(payers=frozenset({"P1"})), "effective": date(2025, 1, 1),
        "until": date(2025, 1, 1), "mend": Mend("rank", ("ZZ",)), "on": False, "row": 7,
    }  # fmt: skip
    for field in fields(edit):
        old = getattr(edit, field.name)
        other = (*old, "X") if isinstance(old, tuple) else old | {"X"} if isinstance(old, frozenset) else "X"
        changed = replace(edit, **{field.name: laid.get(field.name, other)})
        on = (changed,) if changed.on else ()
        new = replace(file, written=(changed, *file.written[1:]), edits=(*on, *file.edits[1:]))
        assert bool(policydiff.changes(file, new)) == (field.name != "row"), field.name


def test_edits_added_and_removed(tmp_path: Path) -> None:
    edi837("policy", "new", "100", "-o", tmp_path / "100.toml")
    found = policydiff.changes(policyfile.read(tmp_path / "100.toml"), shipped())
    assert ("100-A01", "removed: No more units than days") in found
    assert ("042-A03", "added: One first therapy a day (rejects)") in found
    assert ("042-B02", "added: No fewer units than days (warns, but it is off)") in found
    assert any(place == "not asked" and what.startswith("listed:") for place, what in found)
    assert ("codes daily", "the set is gone (5 codes)") in found


def test_simulate() -> None:
    status, out, _ = edi837("policy", "simulate", "042", "042-literal", DEMO)
    assert status == 0
    assert out.startswith("042 -> 042-literal: 9 claims, $21,364.50\n")
    assert "1 claims  $      4,295.00  rejected by the old, accepted by the new" in out
    assert "released  demo.edi HIT1005  $4,295.00  -042-D01 reject" in out
    assert "CHANGE" not in edi837("policy", "simulate", "042", "042", DEMO)[1]


def test_simulate_for_programs_and_from_standard_input(copy: Path) -> None:
    change(copy, 'cases     = "042.cases.toml"', "")
    change(copy, "most      = 1", "most      = 0")
    named = json.loads(edi837("policy", "simulate", copy, "042", DEMO, "--format", "json")[1])
    back = json.loads(edi837("policy", "simulate", "042", copy, "-", "--format", "json", stdin=DEMO.read_bytes())[1])
    assert named["fates"]["released"] == back["fates"]["rejected"]
    assert named["fates"]["released"]["claims"] > 0
    assert sum(each["claims"] for each in named["fates"].values()) == 9
    rejected = named["edits"]["042-B01 reject"]
    assert rejected["old"]["claims"] > rejected["new"]["claims"]
    assert {each["claim"] for each in named["changed"]} == {each["claim"] for each in back["changed"]}
    money = sum(float(each["charge"]) for each in named["changed"] if each["fate"] == "released")
    assert f"{money:.2f}" == named["fates"]["released"]["charges"]


def test_simulate_of_what_is_not_x12_is_3() -> None:
    status, _, err = edi837("policy", "simulate", "042", "042", ROOT / "fixtures" / "envelope" / "not-x12.edi")
    assert status == 3 and "not X12 at byte 0" in err


# ---------------------------------------------------------------- new


def test_new_passes_every_check_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "mine.toml"
    status, out, _ = edi837("policy", "new", "100", "-o", path)
    assert status == 0
    assert [Path(line).name for line in out.splitlines()] == ["mine.toml", "mine.txt", "mine.cases.toml"]
    status, out, err = edi837("policy", "check", path)
    assert (status, err) == (0, "") and out.startswith("ok: 100 What it is about: 1 edits on, 0 off")
    status, out, _ = edi837("policy", "test", path)
    assert status == 0 and "none failed" in out
    assert edi837("policy", "show", path)[0] == 0
    assert edi837("check", DEMO, "--policy", f"{path}#100-strict")[0] in (0, 1)
    status, _, err = edi837("policy", "new", "100", "-o", path)
    assert status == 2 and "is there already" in err
    assert edi837("policy", "new", "1/0")[0] == 2


def test_a_profile_of_a_file(copy: Path) -> None:
    mine = "[profile.mine.edits]\n042-A03 = { on = false }\n"
    change(copy, "[profile.042-strict.edits]", f"{mine}[profile.042-strict.edits]")
    assert "042-A03" in edi837("check", DEMO, "--policy", copy)[1]
    assert "042-A03" not in edi837("check", DEMO, "--policy", f"{copy}#mine")[1]
    assert edi837("check", DEMO, "--policy", f"{copy}#none")[0] == 2


# ---------------------------------------------------------------- explain


@pytest.mark.parametrize("edit", shipped().written, ids=lambda edit: edit.id)
def test_explain_shows_cases_segments_reply_and_how_to_change_it(edit: rules.Edit) -> None:
    status, out, _ = edi837("explain", edit.id)
    assert status == 0
    labels = re.findall(r"^  (rejected|warned of|holds|reply|to soften it|to switch on)\b", out, re.MULTILINE)
    assert labels[:2].count("holds") == 0 and labels.count("holds") == 2
    assert labels.count("rejected") + labels.count("warned of") == 2
    assert out.count("<- here") + out.count("CLM*C") == 2
    assert re.search(r"LX\*\d~ SV1\*(HC|IV|ER|WK):|SV2\*|CLM\*C\d", out)
    assert ("reply" in labels) == (edit.action == "reject")
    assert f"{edit.id} = {{ on = {'false' if edit.on else 'true'} }}" in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_explain_says_how_far_an_edit_looks_and_whose_claims_it_is_for(copy: Path) -> None:
    before = 'scope     = "file"'
    for scope, said in (("file", "all claims of the patient in the file;"), ("history", "and those accepted before")):
        laid = f'scope = "{scope}"\nfor = {{ filing = ["CI", "MC"] }}\nuntil = 2025-12-31'
        change(copy, before, laid)
        _, out, _ = edi837("explain", "042-A03", "--policy", copy)
        words = " ".join(out.split())
        assert said in words and "is for filing CI, MC" in words and "to 2025-12-31" in words
        change(copy, laid, before)


def test_the_reply_is_that_of_the_277ca() -> None:
    _, out, _ = edi837("explain", "042-A03")
    assert "  reply         STC*A6:453**U*******A6:732~ in 2220D of the line" in out
    _, ack, _ = edi837("ack", "--stdout", "277ca", DEMO)
    assert "STC*A6:453**U*******A6:732~" in ack
    assert '042-A03 = { action = "warn" }   # only warn' in out


def test_explain_of_an_edit_that_is_off() -> None:
    _, out, _ = edi837("explain", "042-B02")
    assert "is off        in this profile: no claim is judged by it" in out
    held = out[out.index("\n  holds") :]
    assert "every other day" not in held


def test_checks_has_every_check_with_its_words() -> None:
    _, out, _ = edi837("checks")
    for check in rules.vocabulary():
        assert str(check) in out
        for parameter in check.parameters:
            assert re.search(rf"^    {parameter.name}  ", str(check), re.MULTILINE), parameter.name
