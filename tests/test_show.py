"""A segment looked up: what WHERE may say, what is told of each element, and nobody's values."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from edi837 import safe
from edi837.lookup import nearest
from edi837.lookup.where import BadWhere, parse
from edi837.maps import frames
from edi837.views.locate import Segments
from tests.formats import FIXTURES, ROOT, Done, edi837, fixtures, holds, name
from tests.test_formats_safe import MASKED, UNSEEN, planted, spoilt

DEMO = "fixtures/demo.edi"
SHOWN = {
    "sv1": ["54"], "element": ["CLM05-3", "--claim", "HIT1002"], "isa": ["ISA"], "se": ["SE"],
    "several": ["2300/REF"], "drug": ["2410/LIN", "--claim", "HIT1002"], "person": ["2010BA/NM1", "--claim", "HIT1002"],
    "claim": ["--claim", "HIT1002"], "hi": ["HI", "--claim", "HIT1001"], "json": ["54", "--format", "json"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def show(*words: str | Path, file: str | Path = DEMO) -> Done:
    return edi837("show", file, *words)


def told(*words: str | Path, file: str | Path = DEMO) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(show(*words, "--format", "json", file=file).out)
    return found


@pytest.mark.parametrize("case", SHOWN)
def test_snapshots(case: str, update: bool) -> None:
    done = show(*SHOWN[case])
    assert all(len(line) <= 100 for line in done.out.splitlines()) or case == "json"
    holds(ROOT / "tests" / "snapshots" / "show" / f"{case}.txt", done.out, update)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("54", "SV1*HC:S9365*1505*UN*7***2~"),
        ("file:56", "SV1*HC:S9365*1505*UN*7***2~"),
        ("line:56", "SV1*HC:S9365*1505*UN*7***2~"),
        ("byte:1525", "SV1*HC:S9365*1505*UN*7***2~"),
        ("2400[2]/SV1", "SV1*HC:S9365*1505*UN*7***2~"),
        ("2300/2400[2]/sv1", "SV1*HC:S9365*1505*UN*7***2~"),
        ("2400[2]", "LX*2~"),
        ("2400[3]/REF*6R", "REF*6R*HIT1002-3~"),
        ("2300/REF*D9", "REF*D9*CH25030002~"),
        ("ST_LOOP/BHT", "BHT*0019*00*DEMO20250303*20250303*0915*CH~"),
        ("GS", "GS*HC*LAKESIDE*EXAMPLEHP*20250303*0915*411*X*005010X222A1~"),
        ("ST02", "ST*837*0001*005010X222A1~"),
        ("SE", "SE*241*0001~"),
        ("241", "SE*241*0001~"),
        ("line:245", "IEA*1*000000042~"),
        ("line:244", "GE*1*411~"),
        ("IEA02", "IEA*1*000000042~"),
    ],
)
def test_where(where: str, text: str) -> None:
    """With a claim where that is needed to mean one."""
    more = ["--claim", "HIT1002"] if "2400" in where or "2300" in where else []
    done = show(where, *more)
    assert done.status == 0 and done.out.splitlines()[0] == text


def test_every_segment_of_the_file_is_found_by_its_line() -> None:
    for file in ("two-interchanges-text-between", "three-sets-one-bad"):
        source = FIXTURES / "envelope" / f"{file}.edi"
        with open(source, "rb") as stream:
            every = list(Segments(stream).every())
        data = source.read_bytes()
        for _, segment in every:
            assert data[segment.offset :].startswith(segment.text.encode("latin-1"))
            assert segment.row == data[: segment.offset].count(b"\n") + 1
        drawn = random.Random(1).sample(range(len(every)), 12)
        for count in drawn:
            found = told(f"file:{count + 1}", file=source)
            assert [each["offset"] for each in found] == [every[count][1].offset]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2400[9]/SV1"], "there is no 2400[9]; of loop 2400 at most 4 stand together"),
        (["2300/SV1"], "no 2300 of the file holds SV1, but CLM, REF, HI; SV1 stands in 2400"),
        (["2300/PWK"], "the file has no PWK; the guide has it in loop 2300, 2400"),
        (["2430/SVD"], "the file has no loop 2430"),
        (["CLX05"], "no guide has a segment CLX; did you mean CLM05"),
        (["999"], "no set has a segment 999; the longest has 241"),
        (["line:999"], "there is no segment at line:999"),
        (["CLM99", "--nth", "1"], "CLM has no CLM99"),
        (["CLM", "--nth", "12"], "there are 9 of them"),
        (["--claim", "HIT102"], "there is no claim HIT102; did you mean HIT1002"),
        (["2300/REF*ZZ"], "there is no REF whose element 01 is ZZ"),
        (["12//"], "'12' is no loop"),
        (["/CLM"], "'/' is no loop"),
        (["SV1.3"], "'SV1.3' is no segment"),
    ],
)
def test_what_is_not_there_is_said_with_what_comes_nearest(words: list[str], said: str) -> None:
    done = show(*words)
    assert done.status == 2 and said in done.err and not done.out


def test_several_are_listed_and_one_of_them_shown() -> None:
    done = show("CLM")
    assert done.status == 2 and "9 segments meant: say which" in done.err
    lines = done.out.splitlines()
    assert len(lines) == 9 and "HIT1004" in lines[3] and len(told("CLM")) == 9
    assert show("CLM", "--nth", "4").out.startswith("CLM*HIT1004*")
    assert [each["segment"] for each in told("CLM")] == [int(line.split()[2]) for line in lines]


def test_no_more_than_a_limit_is_told(tmp_path: Path) -> None:
    body = (ROOT / DEMO).read_text().split("\n")
    file = tmp_path / "x.edi"
    file.write_text("\n".join([*body[:45], *["REF*D9*1~"] * 80, *body[45:]]))
    done = show("REF*D9", file=file)
    assert len(done.out.splitlines()) == 50 and "89 segments meant, the first 50 of them here" in done.err


def test_what_is_found_stands_at_its_element() -> None:
    """Every finding of the file, looked up by the number that `check` gives it."""
    for path in fixtures("demo.edi", "837P/fail/[l-m]*.edi", "837I/fail/policy-042.edi"):
        lines = edi837("check", path, "--format", "jsonl").out.splitlines()
        seen: set[int] = set()
        for found in map(json.loads, lines):
            if not found["segment"] or found["segment"] in seen or len(seen) > 5:
                continue
            seen.add(found["segment"])
            every = told(str(found["segment"]), file=path)
            (segment,) = [each for each in every if not each["steps"] or f"ST {found['set']}" in each["steps"]]
            same = [each for each in map(json.loads, lines) if each["segment"] == found["segment"]]
            here = [f for each in segment["elements"] for f in each["findings"]] + segment["findings"]
            assert sorted(f["rule"] for f in here) == sorted(f["rule"] for f in same)
            for each in segment["elements"]:
                assert all(f["element"] == each["element"] for f in each["findings"])


def test_a_code_is_told_in_words() -> None:
    (clm,) = told("--claim", "HIT1002")
    means = {each["element"]: each["means"] for each in clm["elements"]}
    assert means["CLM05-1"] == ["home"] and means["CLM05-3"] == ["original"] and means["CLM07"] == ["assigned"]
    (sv1,) = told("54")
    (sets,) = next(each["means"] for each in sv1["elements"] if each["element"] == "SV101-2")
    assert sets.startswith("in the code sets ") and "per-diem" in sets and sets.endswith("of policy 042")
    (bare,) = told("54", "--policy", "none")
    assert not next(each["means"] for each in bare["elements"] if each["element"] == "SV101-2")
    institutional = "fixtures/837I/fail/policy-042.edi"
    (bill,) = told("CLM05-1", "--nth", "1", file=institutional)
    assert bill["elements"][0]["means"] == ["the first two digits of the type of bill"]


def test_a_code_that_the_guide_does_not_list_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.edi"
    file.write_text((ROOT / DEMO).read_text().replace("*12:B:1*Y*A*Y*Y~", "*12:B:1*Y*Q*Y*Y~", 1))
    (clm,) = told("CLM07", "--nth", "1", file=file)
    assert clm["elements"][0]["means"] == ["not one of the guide's: A, B, C"]
    assert [f["rule"] for f in clm["elements"][0]["findings"]] == ["X12-IK4-7"]


def test_the_frames_have_names() -> None:
    assert {tag: len(elements) for tag, (_, elements) in frames().items()} == {
        "ISA": 16, "GS": 8, "ST": 3, "SE": 2, "GE": 2, "IEA": 2,
    }  # fmt: skip


def test_findings_on_a_frame_stand_at_it() -> None:
    for file, where, rule in (
        ("wrong-iea01", "IEA", "X12-TA1-021"), ("wrong-se01", "SE", "X12-IK5-4"), ("wrong-ge02", "GE", "X12-AK9-4"),
        ("st03-missing", "ST", ""), ("bad-usage-indicator", "ISA", "X12-TA1-020"),
    ):  # fmt: skip
        (segment,) = told(where, file=f"fixtures/envelope/{file}.edi")
        here = [f["rule"] for each in segment["elements"] for f in each["findings"]]
        here += [f["rule"] for f in segment["findings"]]
        assert not rule or here == [rule], file


# ------------------------------------------------------------------ nothing acts, nobody is named


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("path", fixtures("demo.edi", "837P/pass/minimum.edi", "837I/pass/many*.edi"), ids=name)
def test_nobody_s_values_are_told(path: Path, wrong: bool, tmp_path: Path) -> None:
    data, count = planted(path.read_bytes(), wrong)
    assert count
    file = tmp_path / "planted.edi"
    file.write_bytes(data)
    tags = {line.partition("*")[0] for line in data.decode("latin-1").split("~\n")}
    shown = 0
    for tag in sorted(tags & {"NM1", "N3", "DMG", "PER", "SBR", "NTE", "PAT"}):
        done = show(tag, "--format", "json", file=file)
        assert MASKED not in done.out + done.err, tag
        assert MASKED not in show(tag, "--nth", "1", file=file).out, tag
        shown += MASKED in show(tag, "--format", "json", "--phi", "show", file=file).out
    assert shown > 2


@pytest.mark.parametrize("seed", range(6))
def test_what_is_hostile_is_only_text(seed: int, tmp_path: Path) -> None:
    drawn = random.Random(seed)
    file = tmp_path / f"x{drawn.choice(['', chr(27) + '[2J', chr(0x202E)])}.edi"
    file.write_bytes(spoilt((FIXTURES / "demo.edi").read_bytes(), drawn))
    for where in ("REF", "NM1", "ISA", "30", "\x1b[2J"):
        for more in ([], ["--nth", "1"], ["--phi", "show", "--format", "json"]):
            done = show(where, *more, file=file)
            for said in (done.out, done.err):
                assert not UNSEEN.search(said), UNSEEN.search(said)


def test_words_that_name_no_place() -> None:
    for words in ("", "/", "[", "CLM05-3-1", "A" * 500, "1" * 500, "2300/", "-1", "٣", "CLM*", "CLM[0]"):
        try:
            assert parse(words).words == words
        except BadWhere as error:
            assert not UNSEEN.search(str(error)) and len(str(error)) < 700


def test_claims_that_are_near() -> None:
    assert nearest.claims("HIT1O2", ["HIT102", "HIT103", "ZZZ"]).startswith("; did you mean HIT102 or HIT103")
    assert nearest.claims("X", ["Y" * 30]) == ""
    near = nearest.claims("aaa\x1bb", ["aaa\x1bc"])
    assert safe.text("\x1b") in near and not UNSEEN.search(near)


def test_ascii_where_the_terminal_knows_no_more() -> None:
    done = edi837("show", DEMO, "54", charset="ascii")
    assert done.out.isascii() and re.search(r"in ISA 000000042 > GS 411", done.out)
