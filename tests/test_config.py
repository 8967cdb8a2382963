"""The settings file: policies by payer, switches of the 277CA, faults told at once; whose claims a policy is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edi837 import cli, config
from edi837.bench import Bench, apart
from edi837.problems import PolicyError, Problems
from edi837.rules import load
from edi837.scope import EVERYONE, Scope, read
from edi837.terms import Terms
from tests import shorthand
from tests.snippets import HEAD, interchange
from tests.test_kin import TEXT, TRIAL, WEEK, claim, with_cases

GOOD = """\
[policies]
default = ["042"]

[[route]]
payers   = ["PAYER043", "PAYER044"]
policies = ["042-literal"]

[[route]]
payers   = ["PAYER045"]
policies = []

[replies]
role          = "clearinghouse"
name          = "EXAMPLE CLEARINGHOUSE"
id            = "CH1"
line_stc_date = true
stc12_text    = true

[replies.instead]
735 = ["A3:21", "A3:454"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_payer_has_the_policies_of_its_route(tmp_path: Path) -> None:
    settings = config.read(written(tmp_path, GOOD))
    assert settings.policies is not None
    bench = Bench(settings.policies, routes=settings.routes)
    payers = ("ANY", "PAYER043", "PAYER044", "PAYER045")
    asked = {payer: [each.name for each in bench.policies(payer)] for payer in payers}
    assert asked == {"ANY": ["042"], "PAYER043": ["042-literal"], "PAYER044": ["042-literal"], "PAYER045": []}
    assert Terms(settings.policies, settings.routes).names == ["042", "042-literal"]
    reply = settings.replies
    assert (reply.role, reply.line_stc_date, reply.stc12_text) == ("clearinghouse", True, True)
    assert reply.source is not None and (reply.source.name, reply.source.id) == ("EXAMPLE CLEARINGHOUSE", "CH1")
    assert config.read(written(tmp_path, "")) == config.Config()


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("default =", "defaults =", 'settings.toml: policies: unknown key "defaults"; did you mean "default"?'),
        ('["042"]', '["043"]', 'settings.toml: policies: default: there is no policy "043"; did you mean "042"?'),
        ("[[route]]", "[[routes]]", 'settings.toml: unknown key "routes"; did you mean "route"?'),
        ('["PAYER045"]', '["PAYER044"]', 'settings.toml: route 2: payer "PAYER044" has a route already'),
        ('["PAYER045"]', '"PAYER045"', "route 2: payers: is a list of texts"),
        ("line_stc_date = true", 'line_stc_date = "yes"', "replies: line_stc_date is true or false"),
        ('"clearinghouse"', '"bank"', 'replies: role is "payer" or "clearinghouse"'),
        ('id            = "CH1"', "", "replies: name and id are texts, both or neither"),
        ("735 =", "9735 =", "replies.instead: 9735: unknown status"),
        ('["A3:21", "A3:454"]', "[]", "replies.instead: 735: an STC cannot be empty: say what is sent instead of 735"),
        ('["A3:21", "A3:454"]', '["A3:21"]', "replies.instead: 735: status 21 must not stand alone"),
        ("[policies]", "[policies", "settings.toml: is not TOML"),
    ],
    ids=lambda text: text[:24],
)
def test_a_fault_is_told(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in GOOD
    with pytest.raises(PolicyError) as caught:
        config.read(written(tmp_path, GOOD.replace(right, wrong)))
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_policy_twice_is_one_and_two_profiles_of_one_are_refused(tmp_path: Path) -> None:
    settings = config.read(written(tmp_path, '[policies]\ndefault = ["042", "042"]\n'))
    assert [each.name for each in settings.policies or ()] == ["042"]
    with pytest.raises(PolicyError, match="policies: default: 042 and 042-strict are profiles of one policy"):
        config.read(written(tmp_path, '[policies]\ndefault = ["042", "042-strict"]\n'))


def beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy of two profiles in a folder, asked for from a folder in it."""
    profile = '\n[profile.7-strict.edits]\n7-A01 = { fix = "Bill one of them" }\n'
    (folder / "7.txt").write_text(TEXT, "utf-8")
    (folder / "7.toml").write_text(TRIAL.format(scope="claim") + profile, "utf-8")
    with_cases(folder)
    (folder / "b").mkdir()
    monkeypatch.chdir(folder / "b")


def test_a_policy_by_two_spellings_of_its_path_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(tmp_path, monkeypatch)
    assert [each.name for each in apart(load(path) for path in (tmp_path / "7.toml", "../7.toml"))] == ["7"]
    for other in ("../b/../7.toml#strict", f"{tmp_path}/7.toml#7-strict"):
        with pytest.raises(PolicyError, match="7 and 7-strict are profiles of one policy"):
            apart([load("../7.toml"), load(other)])


def test_a_policy_of_ones_own_stands_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "7.txt").write_text(TEXT, "utf-8")
    (tmp_path / "7.toml").write_text(TRIAL.format(scope="claim"), "utf-8")
    with pytest.raises(PolicyError, match=r'7\.toml: policy: no cases: name a file of them: cases = "7\.cases\.toml"'):
        config.read(written(tmp_path, '[policies]\ndefault = ["7.toml"]\n'))
    with_cases(tmp_path)
    settings = config.read(written(tmp_path, '[policies]\ndefault = ["7.toml"]\n'))
    assert settings.policies and settings.policies[0].title == "Trial"
    broken = TRIAL.format(scope="claim").replace("one_a_day", "one_a_week")
    (tmp_path / "7.toml").write_text(broken, "utf-8")
    with pytest.raises(PolicyError, match='unknown check "one_a_week"; did you mean "one_a_day"'):
        config.read(written(tmp_path, '[policies]\ndefault = ["7.toml"]\n'))


def test_so_does_a_profile_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside(tmp_path, monkeypatch)
    text = '[policies]\ndefault = ["7.toml#strict"]\n[[route]]\npayers = ["P"]\npolicies = ["042", "7.toml"]\n'
    settings = config.read(written(tmp_path, text))
    assert [each.name for each in settings.policies or ()] == ["7-strict"]
    assert [each.name for each in settings.routes["P"]] == ["042", "7"]


def test_the_settings_of_the_readme(tmp_path: Path) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    text = readme.split("<!-- settings -->\n```toml\n")[1].split("```")[0]
    settings = config.read(written(tmp_path, text))
    assert settings.policies and [each.name for each in settings.policies] == ["042"]
    assert [each.name for each in settings.routes["PAYER043"]] == ["042-strict"]
    assert settings.replies.line_stc_date and settings.replies.instead == {"735": ("A3:21", "A3:454")}


# ------------------------------------------------------------------ the 277CA


SUPPLY = claim("C1", WEEK, "A4222 7 20250106-20250112")


def stcs(tmp_path: Path, text: str, *more: str) -> list[str]:
    file = tmp_path / "a.edi"
    file.write_bytes(interchange(HEAD + SUPPLY))
    command = ["ack", "--config", str(written(tmp_path, text)), "--stdout", "277ca", "--now", "2026-01-15"]
    told = CliRunner().invoke(cli.main, [*command, *more, str(file)])
    return [row for row in told.stdout.replace("\n", "").split("~") if row.startswith("STC")]


@pytest.mark.parametrize("page", ["settings.example.toml", "acknowledgements.md"])
def test_every_switch_of_the_277ca_is_written_down(page: str) -> None:
    text = (Path(__file__).parent.parent / "docs" / page).read_text("utf-8")
    said = text.partition("[replies]")[2].partition("\n\n[replies.instead]")[0]
    keys = {row.split("=")[0].strip() for row in said.splitlines() if "=" in row}
    assert keys >= {"role", "name", "id", "stc12_text", "line_stc_date"}


def test_the_switches_of_the_277ca(tmp_path: Path) -> None:
    plain = stcs(tmp_path, "")
    assert plain[-2:] == ["STC*A3:247*20260115*U*140", "STC*A8:735**U*******A8:454"]
    dated = stcs(tmp_path, "[replies]\nline_stc_date = true\n")
    assert dated[-1] == "STC*A8:735*20260115*U*******A8:454"
    instead = stcs(tmp_path, '[replies.instead]\n735 = ["A3:21", "A3:454"]\n')
    assert instead[-1] == "STC*A3:21**U*******A3:454"
    worded = stcs(tmp_path, "[replies]\nstc12_text = true\n")[-1].split("*")
    assert worded[:2] == ["STC", "A8:735"] and worded[10:12] == ["A8:454", ""]
    assert worded[12].startswith("A4222 is a supply inside the per diem S9500") and len(worded[12]) <= 264
    assert worded[12].isascii()
    unjudged = stcs(tmp_path, GOOD.replace("PAYER045", "PAYER042"))
    assert unjudged[-1].startswith("STC*A1:19:PR*20260115*WQ")


def test_a_policy_named_on_the_command_line_comes_before_the_default(tmp_path: Path) -> None:
    assert stcs(tmp_path, GOOD.split("[[route]]")[0], "--policy", "none")[-1].startswith("STC*A2:20")
    assert stcs(tmp_path, '[policies]\ndefault = []\n')[-1].startswith("STC*A2:20")


# ------------------------------------------------------------------ whose claims


def test_scope_of_a_policy() -> None:
    (given,) = shorthand.claims(["S9500 7 11/01-11/07"])
    given.filing, given.sequence, given.provider.taxonomy, given.provider.id = "CI", "P", "251F00000X", "2000000010"
    assert not EVERYONE and EVERYONE.covers(given)
    for scope, covered in [
        (Scope(payers=frozenset({"PAYER"})), True), (Scope(payers=frozenset({"OTHER"})), False),
        (Scope(filing=frozenset({"CI", "BL"})), True), (Scope(filing=frozenset({"MB"})), False),
        (Scope(sequence=frozenset({"P"})), True), (Scope(sequence=frozenset({"S"})), False),
        (Scope(taxonomies=("251F", "3336")), True), (Scope(taxonomies=("207",)), False),
        (Scope(npis=frozenset({"2000000010"})), True), (Scope(npis=frozenset({"2000000028"})), False),
        (Scope(forms=frozenset("P")), True), (Scope(forms=frozenset("I")), False),
        (Scope(filing=frozenset({"CI"}), forms=frozenset("I")), False),
    ]:  # fmt: skip
        assert scope and scope.covers(given) is covered, scope
    given.provider.taxonomy = ""
    assert not Scope(taxonomies=("251F",)).covers(given), "what a claim does not tell keeps it out"


def test_words_of_a_scope() -> None:
    problems = Problems("7.toml")
    found = read({"payers": ["*"], "forms": ["837I"], "taxonomies": ["251f"]}, problems, 0, "policy")
    assert found == Scope(forms=frozenset("I"), taxonomies=("251F",)) and not problems.found
    read({"payer": ["A"], "filing": "CI", "forms": ["837D"]}, problems, 7, "7-A01: for")
    assert problems.found == [
        '7.toml:7: 7-A01: for: unknown key "payer"; did you mean "payers"?',
        '7.toml:7: 7-A01: for: filing is a list of texts: filing = ["..."]',
        '7.toml:7: 7-A01: for: forms has "837D"; there are 837P and 837I',
    ]


def test_an_edit_for_some_claims_and_days_only(tmp_path: Path) -> None:
    (tmp_path / "7.txt").write_text(TEXT, "utf-8")

    def rejected(more: str, *lines: str, filing: str = "CI") -> int:
        text = TRIAL.format(scope="claim").replace('id      = "7-A01"', f'id      = "7-A01"\n{more}')
        (tmp_path / "7.toml").write_text(text, "utf-8")
        claims = shorthand.claims(lines or ("S9500 7 11/01-11/07", "S9364 7 11/05-11/11"))
        claims[0].filing = filing
        return len(load(tmp_path / "7.toml").judge(claims)[0])

    assert rejected("") == 1
    assert rejected('for = { filing = ["CI"] }') == 1
    assert rejected('for = { filing = ["CI"] }', filing="MB") == 0
    assert rejected("effective = 2024-11-05") == 0, "one of the two lines is judged: there is nothing it clashes with"
    assert rejected("effective = 2024-11-01") == 1
    assert rejected("until = 2024-10-31") == 0
    hour = ("99601 1 11/03", "99602 1 11/04")
    assert rejected("", *hour) == 1


def test_faults_of_an_edits_scope(tmp_path: Path) -> None:
    (tmp_path / "7.txt").write_text(TEXT, "utf-8")
    for more, said in [
        ('for = ["CI"]', "7-A01: for is a table of conditions"),
        ('for = { line = ["CI"] }', '7-A01: for: unknown key "line"'),
        ('effective = "2024-11-05"', "7-A01: effective is a date without quotes"),
    ]:
        text = TRIAL.format(scope="claim").replace('id      = "7-A01"', f'id      = "7-A01"\n{more}')
        (tmp_path / "7.toml").write_text(text, "utf-8")
        with pytest.raises(PolicyError) as caught:
            load(tmp_path / "7.toml")
        assert any(said in problem for problem in caught.value.problems), caught.value.problems
