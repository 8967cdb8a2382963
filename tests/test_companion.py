"""A companion guide narrows or widens the guide for whom it is for, and for nobody else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner

import edi837
from edi837 import cli, grammar, maps, process
from edi837.companion import Guides
from edi837.maps import GrammarError
from tests.ack_events import answer, complaints, starting

FIXTURES = Path(__file__).parent.parent / "fixtures"
HOME = (FIXTURES / "837P/pass/subscriber-claims.edi").read_bytes()
DEMO = (FIXTURES / "demo.edi").read_bytes()
FIFTY_ONE = (FIXTURES / "837P/fail/fifty-one-lines.edi").read_bytes()


def companion(folder: Path, *changes: str, guide: str = "005010X222A1", whom: str = "") -> Path:
    path = folder / "payer.xml"
    rows = "\n".join(f'  <change {change} reason="the payer asks for it"/>' for change in changes)
    path.write_text(f'<companion guide="{guide}" {whom}>\n{rows}\n</companion>\n', "utf-8")
    return path


def found(data: bytes, path: Path | None) -> set[tuple[str, str, str]]:
    guides = Guides.read([path]) if path else None
    return {(f.syntax, f.place.loop, f.place.tag) for f in edi837.check(data, guides=guides) if f.syntax}


def test_a_code_is_taken_out(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2000B" segment="SBR" element="SBR09" fact="codes" remove="CI"')
    assert found(HOME, path) == {("IK4:7", "2000B", "SBR")}
    assert found(HOME, None) == set(), "the guide itself is as it was"


def test_a_code_is_put_in(tmp_path: Path) -> None:
    data = HOME.replace(b"******CI~", b"******99~")
    path = companion(tmp_path, 'loop="2000B" segment="SBR" element="SBR09" fact="codes" add="99"')
    assert found(data, None) == {("IK4:7", "2000B", "SBR")}
    assert found(data, path) == set()


def test_a_list_of_codes_is_given_to_an_element_that_had_none(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2300" segment="CLM" element="CLM05-3" fact="codes" value="1 7 8"')
    assert found(HOME, path) == set()
    assert found(HOME.replace(b":B:1*", b":B:6*"), path) == {("IK4:7", "2300", "CLM")}


def test_what_was_optional_is_required(tmp_path: Path) -> None:
    segment = companion(tmp_path, 'loop="2000B" segment="PAT" fact="usage" value="R"')
    assert found(HOME, segment) == {("IK3:3", "2000B", "PAT")}
    element = companion(tmp_path, 'loop="2010BA" segment="NM1" element="NM105" fact="usage" value="R"')
    assert found(HOME, element) == {("IK4:1", "2010BA", "NM1")}
    loop = companion(tmp_path, 'loop="2310B" fact="usage" value="R"')
    assert found(HOME, loop) == {("IK3:3", "2310B", "NM1")}


def test_an_element_is_not_used(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2000B" segment="SBR" element="SBR03" fact="usage" value="N"')
    assert found(HOME, path) == {("IK4:I10", "2000B", "SBR")}


def rows(data: bytes, path: Path) -> list[tuple[str, str, str]]:
    findings = edi837.check(data, guides=Guides.read([path]))
    return [(f.syntax, f.place.loop, f.place.tag) for f in findings if f.syntax and f.place.loop]


def test_a_segment_is_not_used(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2300" segment="REF" name="Prior Authorization" fact="usage" value="N"')
    assert rows(DEMO, path) == [("IK3:I4", "2300", "REF")]
    assert rows(DEMO.replace(b"REF*G1*", b"REF*F8*"), path) == [], "another REF is used"


def test_a_loop_is_not_used_and_what_stands_in_it_is_not_told_besides(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2410" fact="usage" value="N"')
    whole, once = rows(DEMO, path), ("IK3:I4", "2410", "LIN")
    assert whole == [once] * DEMO.count(b"LIN*"), "and each time, though the same segment was read before"
    assert rows(DEMO.replace(b"*ML~", b"*XX~").replace(b"LIN**N4*", b"LIN**ZZ*"), path) == whole, "not its flaws"
    lines = DEMO.split(b"\n")
    doubled = b"\n".join(line for each in lines for line in [each] * (1 + each.startswith((b"LIN*", b"CTP*"))))
    assert set(rows(doubled, path)) == {once}, "nor that it comes too often"
    headless = b"\n".join(line for line in lines if not line.startswith(b"LIN*"))
    assert set(rows(headless, path)) == {("IK3:I4", "2410", "CTP")}, "nor that its first segment is missing"
    opener = companion(tmp_path, 'loop="2410" segment="LIN" fact="usage" value="N"')
    assert rows(DEMO, opener) == whole, "a loop whose first segment is not used is not used"


def test_a_level_is_not_used(tmp_path: Path) -> None:
    data = (FIXTURES / "837P/pass/dependants.edi").read_bytes()
    path = companion(tmp_path, 'loop="2000C" fact="usage" value="N"')
    assert rows(data, path) == [("IK3:I4", "2000C", "HL")] * data.count(b"*23*0~")
    assert rows(data.replace(b"~\nLX*1~", b"~\nLX*A~"), path) == rows(data, path)


def test_a_later_companion_takes_a_loop_in_again(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first = companion(tmp_path, 'loop="2410" segment="LIN" fact="usage" value="N"')
    second = companion(tmp_path / "b", 'loop="2410" fact="usage" value="S"')
    assert not [f for f in edi837.check(DEMO, guides=Guides.read([first, second])) if f.syntax]


def test_what_is_not_used_is_answered_in_the_999(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2410" fact="usage" value="N"')
    files = answer(process.tell(io.BytesIO(DEMO), guides=Guides.read([path])))
    assert starting("IK3", files["999"])[0] == "IK3*LIN*32*2410*I4"
    assert starting("IK5", files["999"]) == ["IK5*R*I5"]
    assert complaints(files["999"]) == []


def test_more_lines_are_allowed(tmp_path: Path) -> None:
    assert found(FIFTY_ONE, None) == {("IK3:4", "2400", "LX")}
    assert found(FIFTY_ONE, companion(tmp_path, 'loop="2400" fact="repeat" value="99"')) == set()


@pytest.mark.parametrize(
    ("whom", "judged"),
    [('sender="SUBMIT042"', True), ('receiver="PAYER042"', True), ('sender="SUBMIT042" receiver="PAYER042"', True),
     ('sender="ANOTHER"', False), ('sender="SUBMIT042" receiver="ANOTHER"', False)],
)  # fmt: skip
def test_only_between_those_it_is_for(tmp_path: Path, whom: str, judged: bool) -> None:
    path = companion(tmp_path, 'loop="2000B" segment="SBR" element="SBR09" fact="codes" remove="CI"', whom=whom)
    assert bool(found(HOME, path)) == judged


def test_only_the_guide_it_changes(tmp_path: Path) -> None:
    path = companion(tmp_path, 'loop="2000B" segment="SBR" fact="max_use" value="1"', guide="005010X223A2")
    assert found(HOME, path) == set()


def test_a_later_companion_stands_over_an_earlier_one(tmp_path: Path) -> None:
    change = 'loop="2000B" segment="SBR" element="SBR09" fact="codes" '
    (tmp_path / "b").mkdir()
    first, second = companion(tmp_path, f'{change}remove="CI"'), companion(tmp_path / "b", f'{change}add="CI"')
    assert found(HOME, first)
    assert not [f for f in edi837.check(HOME, guides=Guides.read([first, second])) if f.syntax]


def test_what_tells_uses_apart_follows_the_codes(tmp_path: Path) -> None:
    data = HOME.replace(b"REF*EI*", b"REF*ZZ*")
    path = companion(tmp_path, 'loop="2010AA" segment="REF" name="Tax" element="REF01" fact="codes" add="ZZ"')
    assert found(data, None) and found(data, path) == set()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('loop="2999" fact="usage" value="R"', "payer.xml:2: 005010X222A1 has no 2999"),
        ('loop="2300" segment="CLM" element="CLM99" fact="usage" value="R"', "has no 2300 CLM CLM99"),
        ('loop="2300" segment="CLM" fact="repeat" value="2"', "repeat says nothing of a segment"),
        ('loop="2300" segment="CLM" element="CLM05" fact="codes" value="A"', "codes says nothing of a composite"),
        ('loop="2300" segment="CLM" element="CLM01" fact="codes" add="A"', "CLM01 has no list of codes to change"),
        ('loop="2300" segment="CLM" element="CLM06" fact="codes" remove="Y N"', "no code of CLM06 would be left"),
        ('loop="ST_LOOP" fact="usage" value="N"', "payer.xml:2: without ST there is no set"),
        ('loop="ST_LOOP" segment="ST" fact="usage" value="N"', "payer.xml:2: without ST there is no set"),
        ('loop="2300" segment="CLM" element="CLM05-3" fact="codes" value=""',
         "payer.xml:2: value is empty; name codes of CLM05-3"),
        ('loop="2300" segment="CLM" element="CLM05-3" fact="codes" add=" "',
         "payer.xml:2: add is empty; name codes of CLM05-3"),
        ('loop="2300" segment="CLM" element="CLM06" fact="codes" remove=""', "payer.xml:2: remove is empty"),
        ('loop="2300" fact="usage" value="Q"', "does not fit schemas/companion.rng"),
        ('loop="2300" fact="colour" value="R"', "does not fit schemas/companion.rng"),
    ],
)
def test_a_companion_that_cannot_be_used_stops_the_load(tmp_path: Path, change: str, said: str) -> None:
    with pytest.raises(GrammarError) as caught:
        Guides.read([companion(tmp_path, change)])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('loop="2300" segment="CLM" element="CLM05-3" fact="codes" remove="1" reason="x"', "reason needs 8 characters"),
        ('loop="2300" fact="usage" value="N" reason="none at"', "reason needs 8 characters at least"),
        ('loop="2300" segment="CLM" fact="max_use" value="1"', "reason needs 8 characters at least"),
        ('loop="2300" segment="CLM" fact="colour" value="1" reason="as it is asked"', "Element change failed"),
    ],
)
def test_a_fault_of_form_is_told_with_its_row(tmp_path: Path, change: str, said: str) -> None:
    good = '<change loop="2300" segment="REF" fact="usage" value="N" reason="none is taken"/>'
    path = tmp_path / "payer.xml"
    for row in (2, 3, 5):
        blank = "\n" * (row - 2)
        changes = f"{good}\n{blank}<change {change}/>{good}\n"
        path.write_text(f'<companion guide="005010X222A1">{changes}</companion>', "utf-8")
        with pytest.raises(GrammarError) as caught:
            Guides.read([path])
        assert str(caught.value).startswith(f"payer.xml:{row} does not fit schemas/companion.rng: {said}")


@pytest.mark.parametrize(("guide", "said"), [(' guide="005010X224A2"', "005010X224A2"), ("", "left out")])
def test_a_guide_that_no_companion_changes_is_told_with_those_that_are(tmp_path: Path, guide: str, said: str) -> None:
    path = tmp_path / "payer.xml"
    change = '<change loop="2300" fact="usage" value="N" reason="none is taken"/>'
    path.write_text(f"<companion{guide}>{change}</companion>")
    with pytest.raises(GrammarError) as caught:
        Guides.read(path)
    assert f"guide is 005010X222A1 or 005010X223A2, not {said}" in str(caught.value)
    schema = maps.schema_file("companion.rng").read_text("utf-8")
    assert all(f"<value>{each}</value>" in schema for each in maps.COMPANIONS)


def test_the_example_of_the_readme(tmp_path: Path) -> None:
    readme = (FIXTURES.parent / "README.md").read_text("utf-8")
    path = tmp_path / "readme.xml"
    path.write_text(readme.partition("```xml\n")[2].partition("```")[0], "utf-8")
    assert found(HOME, path) == {("IK3:3", "2310B", "NM1")}


def test_the_published_guide_is_never_changed(tmp_path: Path) -> None:
    before = repr(grammar.load("005010X222A1").root)
    Guides.read([companion(tmp_path, 'loop="2400" fact="repeat" value="99"')])
    assert repr(grammar.load("005010X222A1").root) == before


def test_on_the_command_line(tmp_path: Path) -> None:
    good = companion(tmp_path, 'loop="2000B" segment="SBR" element="SBR09" fact="codes" remove="CI"')
    source = tmp_path / "claims.edi"
    source.write_bytes(HOME)
    run = CliRunner().invoke(cli.main, ["check", "--guide-overlay", str(good), str(source)], standalone_mode=False)
    assert run.return_value == 1 and "SBR09" in run.output
    run = CliRunner().invoke(
        cli.main, ["ack", "--guide-overlay", str(good), "--stdout", "999", str(source)], standalone_mode=False
    )
    assert "IK4*9*1032*7*CI" in run.output
    bad = companion(tmp_path, 'loop="2999" fact="usage" value="R"')
    run = CliRunner().invoke(cli.main, ["check", "--guide-overlay", str(bad), str(source)])
    assert run.exit_code == 2 and "has no 2999" in run.output
