"""What `edi837 check` writes, in every format: snapshots, and what each format promises."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from lxml import etree

from edi837 import safe
from edi837.findings import Finding
from edi837.loops import ENVELOPE
from edi837.terms import Terms
from edi837.views import shown
from edi837.views.locate import Segments
from edi837.views.spot import Point, Trail
from tests.formats import FIXTURES, FORMATS, ROOT, edi837, fixtures, holds, name

DEMO = FIXTURES / "demo.edi"
CLEAN = FIXTURES / "837P" / "pass" / "minimum.edi"
SHOWN = [
    "demo.edi", "837P/fail/missing-segment.edi", "837P/fail/bad-character.edi", "837P/fail/missing-loop.edi",
    "837P/fail/line-break-inside-element.edi", "837P/fail/policy-warnings.edi", "837P/fail/lower-case-tag.edi",
    "837I/fail/policy-042.edi", "837I/fail/unknown-segment.edi", "envelope/wrong-iea01.edi",
    "envelope/three-sets-one-bad.edi", "envelope/text-after-iea.edi", "envelope/bad-usage-indicator.edi",
]  # fmt: skip
FAILING = fixtures("demo.edi", "837?/fail/*.edi", "envelope/*.edi")


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("file", SHOWN)
def test_snapshots(file: str, form: str, update: bool) -> None:
    done = edi837("check", f"fixtures/{file}", "--format", form)
    text = done.out.replace('"version": "0.1.0"', '"version": "X"') if form == "sarif" else done.out
    text = re.sub(r"<style>.*</style>", "<style/>", text, flags=re.DOTALL) if form == "html" else text
    holds(ROOT / "tests" / "snapshots" / "check" / f"{file.replace('/', '.')}.{form}", text, update)


@pytest.mark.parametrize("path", FAILING, ids=name)
def test_full_keeps_to_its_columns_and_says_every_finding(path: Path) -> None:
    done = edi837("check", path, "--format", "full")
    found = [json.loads(line) for line in edi837("check", path, "--format", "jsonl").out.splitlines()]
    assert all(len(line) <= 100 for line in done.out.splitlines())
    heads = [line for line in done.out.splitlines() if re.match(r"(error|warning|unknown)\[", line)]
    assert [re.match(r"\w+\[(.+?)\]", line)[1] for line in heads] == [f["rule"] for f in found]  # type: ignore[index]
    plain = " ".join(done.out.split())
    for finding in found:
        assert " ".join(finding["message"].split()) in plain or finding["message"].count(" ") == 0


@pytest.mark.parametrize("path", FAILING, ids=name)
def test_bytes_are_those_of_the_element(path: Path) -> None:
    data = path.read_bytes()
    for line in edi837("check", path, "--format", "jsonl", "--phi", "show").out.splitlines():
        found = json.loads(line)
        if found["offset"] is None:
            assert not found["segment"], "a finding on a segment has its bytes"
            continue
        start, end = found["offset"], found["offset"] + found["length"]
        before = data[:start]
        assert found["row"] == before.count(b"\n") + 1
        assert found["column"] == start - before.rfind(b"\n")
        sent = safe.text(data[start:end].decode("latin-1"))
        if found["value"] and found["level"] == "element" and not found["element"].startswith("ISA"):
            assert sent == found["value"], found["element"]
        elif found["tag"] and not found["element"] and found["length"]:
            assert sent.startswith(found["tag"])
        if "other" in found:
            other = found["other"]
            assert data[other["offset"] :][: other["length"]].decode().isalnum()


def test_a_pair_is_underlined_twice() -> None:
    out = edi837("check", DEMO, "--select", "042-A03").out
    assert re.search(r"-----\s+SV101-2 line 1", out)
    assert re.search(r"\^ SV101-3 .*: empty", out)


def test_what_makes_it_a_fault_is_underlined(tmp_path: Path) -> None:
    """PER06 without PER05: a pair of elements that go together."""
    file = tmp_path / "per.edi"
    file.write_bytes(DEMO.read_bytes().replace(b"*EM*CLAIMS@", b"**CLAIMS@"))
    out = edi837("check", file).out
    assert "X12-IK4-2" in out
    assert re.search(r"\^ PER05 .*: empty", out)
    assert re.search(r"-+ PER06 for this stands beside it", out)
    found = json.loads(edi837("check", file, "--format", "json").out)
    assert found[0]["because"] == ["PER06"]


@pytest.mark.parametrize(
    ("old", "new", "label"),
    [
        (r"REF\*G1\*PA250001~", "REF*G1*~", "REF02 Prior Authorization Number: empty"),
        (r"REF\*D9\*\w+~", "REF*D9*~", "REF02 Value Added Network Trace Number: empty"),
        (r"REF\*G1", "DTP*435*D8*20250230~REF*G1", "DTP03 Related Hospitalization Admission Date"),
        (r"NM1\*IL\*1\*\w+", "NM1*IL*1*", "NM103 Subscriber Last Name: empty"),
    ],
)
def test_an_element_is_called_as_its_qualifier_says(tmp_path: Path, old: str, new: str, label: str) -> None:
    """Several uses of a segment in a loop call the same element by several names."""
    file = tmp_path / "x.edi"
    file.write_text(re.sub(old, new, DEMO.read_text(), count=1))
    chosen: list[str | Path] = [file, "--policy", "none", "--max-findings", "1"]
    assert re.search(rf"\^ {label}$", edi837("check", *chosen).out, re.MULTILINE)
    assert f"← {label}<" in edi837("check", *chosen, "--format", "html").out


@pytest.mark.parametrize("file", ["837P/pass/other-specialties.edi", "837I/pass/coordination-of-benefits.edi"])
def test_a_mark_calls_an_element_as_the_finding_does(file: str) -> None:
    """Each element in its turn is left out: the name under it is the one of the use it was judged by."""
    segments = (FIXTURES / file).read_text().split("~")
    compared = 0
    for at, segment in enumerate(segments):
        elements = segment.split("*")
        for n in range(1, len(elements) if elements[0].strip() not in ENVELOPE else 0):
            spoilt = "*".join([*elements[:n], "", *elements[n + 1 :]])
            for finding, guide, point in spots("~".join([*segments[:at], spoilt, *segments[at + 1 :]]).encode()):
                said = re.match(r"[A-Z0-9]+(?:-\d+)? \((.+)\) is required and missing", finding.message)
                if said and point:
                    called = shown.name(guide, finding.place, point.segment)
                    assert called == said[1] or (not called and finding.place.tag == "HI"), finding.message
                    compared += bool(called)
    assert compared > 50


def spots(data: bytes) -> Iterator[tuple[Finding, str, Point | None]]:
    """What is found in a file: the finding, the guide and where it stands."""
    stream = io.BytesIO(data)
    trail = Trail(Segments(stream), "x")
    for event in Terms([]).read(stream).tell():
        for finding in trail.take(event):
            spot = trail.spot(finding)
            yield finding, spot.guide, spot.point


def test_a_file_without_lines_counts_segments(tmp_path: Path) -> None:
    file = tmp_path / "one-line.edi"
    data = DEMO.read_bytes().replace(b"\n", b"")
    file.write_bytes(data)
    at = data.find(b"SV1*HC:S9365*") + len("SV1*HC:S9365")
    out = edi837("check", file, "--select", "042-A03").out
    assert re.search(rf"one-line.edi\s+byte {at}  segment 54\n", out)
    assert re.search(r"^ 54 \| SV1\*HC:S9365", out, re.MULTILINE)
    found = json.loads(edi837("check", file, "--select", "042-A03", "--format", "json").out)[0]
    assert (found["row"], found["column"], found["offset"]) == (1, at + 1, at)


def test_standard_input_has_bytes_too() -> None:
    done = edi837("check", "-", "--format", "json", stdin=DEMO.read_bytes())
    assert [f["offset"] for f in json.loads(done.out)] == [1525, 2739, 3340, 3727, 4252, 5569]


def test_ascii_where_the_terminal_knows_no_more() -> None:
    done = edi837("check", DEMO, charset="ascii")
    assert done.out.isascii() and "SNIP 7 - line" in done.out and '"second, third' in done.out
    assert done.err.isascii() and "1 interchange - 1 set" in done.err


def test_no_colour_but_on_a_terminal() -> None:
    assert "\x1b" not in edi837("check", DEMO).out


# ------------------------------------------------------------------ machines


@pytest.mark.parametrize("path", FAILING, ids=name)
def test_sarif_is_what_the_standard_asks(path: Path) -> None:
    sarif = json.loads(edi837("check", path, "--format", "sarif").out)
    valid(sarif, SARIF)
    run = sarif["runs"][0]
    size = path.stat().st_size
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for location in [*result["locations"], *result.get("relatedLocations", ())]:
            region = location["physicalLocation"].get("region")
            if region:
                assert region["byteOffset"] + region["byteLength"] <= size
                assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
    marks = [result["partialFingerprints"]["edi837/v1"] for result in run["results"]]
    assert len(set(marks)) == len(marks)


# The parts of SARIF 2.1.0 that are written, by the facts of the standard: which properties an object may
# have, which it must, and of what type each is. A list of one schema is an array of it.
ANY: dict[str, Any] = {}
MESSAGE = {"text!": str}
REGION = {
    "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1, "byteOffset": 0, "byteLength": 0,
}  # fmt: skip
PHYSICAL = {"artifactLocation!": {"uri!": "uri"}, "region": REGION}
LOGICAL = {"fullyQualifiedName!": str, "kind": str}
LOCATION = {"id": 0, "message": MESSAGE, "physicalLocation!": PHYSICAL, "logicalLocations": [LOGICAL]}
RESULT = {
    "ruleId!": str, "ruleIndex": 0, "level": ("none", "note", "warning", "error"), "message!": MESSAGE,
    "locations": [LOCATION], "relatedLocations": [LOCATION], "partialFingerprints": ANY, "properties": ANY,
}  # fmt: skip
RULE = {"id!": str, "shortDescription": MESSAGE, "properties": ANY}
NOTIFICATION = {"level": ("none", "note", "warning", "error"), "message!": MESSAGE, "locations": [LOCATION]}
INVOCATION = {"executionSuccessful!": (True, False), "toolExecutionNotifications": [NOTIFICATION]}
RUN = {
    "invocations": [INVOCATION],
    "tool!": {"driver!": {"name!": str, "version": str, "rules": [RULE]}}, "results": [RESULT],
    "columnKind": ("utf16CodeUnits", "unicodeCodePoints"), "defaultEncoding": str,
}  # fmt: skip
SARIF = {"$schema": "uri", "version!": ("2.1.0",), "runs!": [RUN]}


def valid(value: Any, schema: Any, at: str = "") -> None:
    if schema == "uri":
        assert isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9\-._~/%:]+", value), at
    elif schema is str:
        assert isinstance(value, str) and value, at
    elif isinstance(schema, int):
        assert isinstance(value, int) and value >= schema, at
    elif isinstance(schema, tuple):
        assert value in schema, at
    elif isinstance(schema, list):
        assert isinstance(value, list), at
        for n, one in enumerate(value):
            valid(one, schema[0], f"{at}/{n}")
    else:
        assert isinstance(value, dict), at
        if schema is ANY:
            return
        known = {key.rstrip("!"): inner for key, inner in schema.items()}
        assert set(value) <= set(known), at
        assert {key[:-1] for key in schema if key.endswith("!")} <= set(value), at
        for key, inner in value.items():
            valid(inner, known[key], f"{at}/{key}")


@pytest.mark.parametrize(
    "spoil",
    [
        {"version": "2.0.0"},
        {"runs": {}},
        {"more": 1},
        {"runs": [{"tool": {"driver": {}}}]},
        {"runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"ruleId": "x"}]}]},
    ],
)
def test_the_schema_refuses(spoil: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        valid({"version": "2.1.0", "runs": []} | spoil, SARIF)


def unreadable(folder: Path) -> list[Path]:
    """A file that is no X12, and one that is not there."""
    letter, missing = folder / "letter.edi", folder / "missing.edi"
    letter.write_bytes(b"Dear <sir> & madam")
    return [letter, missing]


def test_sarif_says_whether_all_files_were_read(tmp_path: Path) -> None:
    letter, missing = unreadable(tmp_path)
    told = json.loads(edi837("check", letter, CLEAN, missing, "--format", "sarif").out)
    valid(told, SARIF)
    (invocation,) = told["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False and not told["runs"][0]["results"]
    notes = invocation["toolExecutionNotifications"]
    assert [note["level"] for note in notes] == ["error", "error"]
    assert [note["message"]["text"].partition(": ")[2] for note in notes] == [
        "not X12 at byte 0: expected ISA, found 'Dea'", "cannot be read: No such file or directory",
    ]  # fmt: skip
    uris = [note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for note in notes]
    assert uris == [f"file://{letter}", f"file://{missing}"]
    told = json.loads(edi837("check", CLEAN, "--format", "sarif").out)
    assert told["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_sarif_says_what_it_does_not_show() -> None:
    told = json.loads(edi837("check", DEMO, "--format", "sarif", "--max-findings", "2").out)
    valid(told, SARIF)
    assert len(told["runs"][0]["results"]) == 2
    (invocation,) = told["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is True
    (note,) = invocation["toolExecutionNotifications"]
    assert note == {"level": "warning", "message": {"text": "4 findings more, not shown"}}


@pytest.mark.skipif(os.sep != "/", reason="names here are bytes")
@pytest.mark.parametrize(
    ("raw", "uri"),
    [(b"a\\b.edi", "a%5Cb.edi"), (b"f\xfcnf.edi", "f%FCnf.edi"), (b"a b\xc3\xbc%.edi", "a%20b%C3%BC%25.edi")],
)
def test_sarif_names_a_file_by_its_bytes(raw: bytes, uri: str, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw))
    path.write_bytes(DEMO.read_bytes())
    told = json.loads(edi837("check", path, "--format", "sarif").out)
    valid(told, SARIF)
    found = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in told["runs"][0]["results"]}
    assert found == {f"file://{tmp_path}/{uri}"}


def test_gitlab_has_an_issue_for_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    letter, missing = unreadable(tmp_path)
    told = json.loads(edi837("check", letter, DEMO, missing, CLEAN, "--format", "gitlab").out)
    assert [each["location"]["path"] for each in told[:-2]] == [str(DEMO)] * 6
    assert [(each["location"]["path"], each["severity"], each["check_name"]) for each in told[-2:]] == [
        (str(letter), "blocker", "unreadable"), (str(missing), "blocker", "unreadable"),
    ]  # fmt: skip
    assert "not X12 at byte 0" in told[-2]["description"] and "cannot be read" in told[-1]["description"]
    assert len({each["fingerprint"] for each in told}) == len(told)
    assert len(json.loads(edi837("check", letter, "--format", "gitlab").out)) == 1


def test_junit_counts_what_rejects() -> None:
    warned = FIXTURES / "837P" / "fail" / "policy-warnings.edi"
    document = etree.fromstring(edi837("check", DEMO, CLEAN, warned, "--format", "junit").out.encode())
    assert document.get("failures") == "6" and document.get("errors") == "0"
    assert int(document.get("tests", "0")) == len(document.findall("*/testcase"))
    demo, clean, warnings = document
    assert (demo.get("tests"), demo.get("failures")) == ("6", "6")
    assert (clean.get("tests"), clean.get("failures")) == ("1", "0")
    assert warnings.get("failures") == "0" and len(warnings.findall("testcase/system-out")) == len(warnings) > 0


def test_junit_says_where_in_the_text_of_a_case_and_has_the_attributes_that_readers_know() -> None:
    warned = FIXTURES / "837P" / "fail" / "policy-warnings.edi"
    document = etree.fromstring(edi837("check", DEMO, warned, "--format", "junit").out.encode())
    known = {  # those of Jenkins' junit-10.xsd
        "testsuites": {"name", "time", "tests", "failures", "errors"},
        "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id"},
        "testcase": {"name", "classname", "time", "group"}, "failure": {"type", "message"}, "system-out": set(),
    }  # fmt: skip
    for each in document.iter():
        assert set(each.attrib) <= known[each.tag], each.attrib
    failures = [each.text for each in document.findall(".//failure")]
    assert failures[0] == f"{DEMO}:56:13" and len(failures) == 6
    assert all((each.text or "").startswith(f"{warned}:") for each in document.findall(".//system-out"))
    assert (document.findtext(".//system-out") or "").startswith(f"{warned}:28:13: warn: claim A03-PERHAPS")


def junit(*arguments: str | Path) -> list[tuple[str, int, int, int, list[tuple[str, str]]]]:
    """A suite after the other: its file, the tests, failures and errors counted, and its cases that did not pass."""
    document = etree.fromstring(edi837("check", *arguments, "--format", "junit").out.encode())
    for count in ("tests", "failures", "errors"):
        assert int(document.get(count, "")) == sum(int(suite.get(count, "")) for suite in document)
    told = []
    for suite in document:
        inner = [(each.tag, each.get("message", "")) for each in suite.findall("testcase/*")]
        cases = [(tag, words) for tag, words in inner if tag != "system-out"]
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        tests, failures, errors = (int(suite.get(count, "")) for count in ("tests", "failures", "errors"))
        assert [tag for tag, _ in cases].count("failure") == failures == len(cases) - errors
        told.append((Path(suite.get("name", "")).name, tests, failures, errors, cases))
    return told


def test_junit_has_an_error_for_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    empty, letter, cut, missing = (tmp_path / f"{name}.edi" for name in ("empty", "letter", "cut", "missing"))
    empty.write_bytes(b"")
    letter.write_bytes(b"Dear <sir> & madam")
    cut.write_bytes(DEMO.read_bytes()[:80])
    told = junit(empty, missing, CLEAN, letter, cut)
    assert [each[:4] for each in told] == [
        ("empty.edi", 1, 0, 1), ("missing.edi", 1, 0, 1), (CLEAN.name, 1, 0, 0), ("letter.edi", 1, 0, 1),
        ("cut.edi", 1, 0, 1),
    ]  # fmt: skip
    words = [cases[0] for *_, cases in told if cases]
    assert {tag for tag, _ in words} == {"error"}
    assert "not X12 at byte 0: " in words[0][1] and words[1][1] == "cannot be read: No such file or directory"


def test_junit_says_what_it_does_not_show(tmp_path: Path) -> None:
    """Of two files with six rejections each six are shown: the other has failed nevertheless."""
    other = tmp_path / "other.edi"
    other.write_bytes(DEMO.read_bytes())
    warned = FIXTURES / "837P" / "fail" / "policy-warnings.edi"
    one, two = junit(DEMO, other, "--max-findings", "6")
    assert one[1:4] == (6, 6, 0)
    assert two[1:] == (1, 1, 0, [("failure", "6 findings more, not shown: 6 of them reject")])
    (two,) = junit(DEMO, "--max-findings", "4")
    assert two[1:4] == (5, 5, 0) and two[4][-1][1] == "2 findings more, not shown: 2 of them reject"
    none = junit(DEMO, CLEAN, warned, "--max-findings", "0")
    assert [each[1:4] for each in none] == [(1, 1, 0), (1, 0, 0), (1, 0, 0)]
    assert "<system-out>10 findings more, not shown</system-out>" in edi837(
        "check", warned, "--format", "junit", "--max-findings", "0"
    ).out


def test_a_page_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    out = edi837("check", tmp_path / "missing.edi", DEMO, "--format", "html").out
    assert re.search(r"missing\.edi</a></th><td class=\"num\">not read<", out)


def test_github_and_gitlab() -> None:
    lines = edi837("check", DEMO, "--format", "github").out.splitlines()
    assert len(lines) == 6
    assert all(re.fullmatch(r"::error title=edi837 \(042-\w+\),file=[^,:]+,line=\d+,.*?::.+", line) for line in lines)
    issues = json.loads(edi837("check", DEMO, "--format", "gitlab").out)
    assert len({issue["fingerprint"] for issue in issues}) == 6
    assert {issue["severity"] for issue in issues} == {"major"}
    assert json.loads(edi837("check", CLEAN, "--format", "gitlab").out) == []


# ------------------------------------------------------------------ what is told, and the status


def rules(*arguments: str | Path) -> list[str]:
    out = edi837("check", DEMO, "--format", "jsonl", *arguments).out
    return [json.loads(line)["rule"] for line in out.splitlines()]


def test_select_and_ignore() -> None:
    every = rules()
    assert rules("--select", "042-A") == ["042-A03", "042-A04"]
    assert rules("--select", "042-A03,042-b") == ["042-A03", "042-B01"]
    assert rules("--ignore", "042-A", "--ignore", "042-C01") == ["042-D01", "042-E01", "042-B01"]
    assert rules("--select", "042", "--ignore", "042-A03") == [r for r in every if r != "042-A03"]
    assert rules("--select", "042-A03", "--ignore", "042-A") == ["042-A03"]  # the longer has its way
    assert rules("--select", "X12") == []


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([DEMO], 1),
        ([DEMO, "--fail-on", "never"], 0),
        ([DEMO, "--select", "X12"], 0),
        ([DEMO, "--max-findings", "0"], 1),
        ([DEMO, "--statistics"], 1),
        ([FIXTURES / "837P/fail/policy-warnings.edi"], 0),
        ([FIXTURES / "837P/fail/policy-warnings.edi", "--fail-on", "warning"], 1),
        ([CLEAN, "--fail-on", "warning"], 0),
        ([DEMO, CLEAN, "--format", "sarif"], 1),
        ([FIXTURES / "envelope/not-x12.edi", DEMO, "--fail-on", "never"], 3),
    ],
)
def test_exit_status(arguments: list[str | Path], status: int) -> None:
    assert edi837("check", *arguments).status == status


@pytest.fixture
def refused(tmp_path: Path) -> dict[str, Path]:
    """A good file cut off in its set, with a group that is none of ours, and with a wrong count."""
    data = CLEAN.read_bytes()
    told = {"cut": data[: data.index(b"SE*")], "group": data.replace(b"GS*HC*", b"GS*HX*"),
            "count": re.sub(rb"SE\*\d+", b"SE*99", data)}  # fmt: skip
    paths = {each: tmp_path / f"{each}.edi" for each in told}
    for each, path in paths.items():
        path.write_bytes(told[each])
    return paths


@pytest.mark.parametrize("words", [[], ["--select", "042"], ["--fail-on", "never"], ["--ignore", "X12"]])
def test_a_file_that_is_cut_off_ends_with_3_whatever_is_selected(words: list[str], refused: dict[str, Path]) -> None:
    done = edi837("check", DEMO, refused["cut"], "--format", "junit", *words)
    assert done.status == 3
    assert "the interchange is cut off" in done.out
    assert edi837("ack", refused["cut"], "-o", refused["cut"].parent / "answers").status == 3
    page = refused["cut"].with_suffix(".html")
    assert edi837("report", "claims", refused["cut"], "--html", page).status == 3


@pytest.mark.parametrize("file", ["group", "count"])
def test_a_frame_that_goes_back_turns_no_build_green(file: str, refused: dict[str, Path]) -> None:
    """No policy is asked of claims in a group that is not read, and of a set that goes back it is asked in vain."""
    path = refused[file]
    said = {"group": "group 1 goes back, whatever was selected: X12-AK9-1 GS01 is not HC",
            "count": "set 0001 goes back, whatever was selected: X12-IK5-4 SE01 should be "}[file]  # fmt: skip
    for form in ("github", "junit", "sarif", "gitlab"):
        done = edi837("check", path, "--select", "042", "--format", form)
        assert done.status == 1 and said in done.out and f"{path}: {said}" in done.err
    done = edi837("check", path, "--select", "042", "--fail-on", "never", "--format", "github")
    assert done.status == 0 and not done.out and said in done.err
    done = edi837("check", path, "--ignore", "X12-IK5-4,X12-AK9-1", "--format", "github")
    assert done.status == 0 and said not in done.err  # it was said by its name


def test_github_is_told_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    letter = tmp_path / "letter, one.edi"
    letter.write_bytes(b"Dear sir")
    done = edi837("check", letter, tmp_path / "none.edi", CLEAN, "--format", "github")
    lines = done.out.splitlines()
    assert done.status == 3 and len(lines) == 2
    assert lines[0].startswith(f"::error title=edi837,file={tmp_path}/letter%2C one.edi::not X12 at byte 0: ")
    assert lines[1] == f"::error title=edi837,file={tmp_path}/none.edi::cannot be read: No such file or directory"


def test_a_baseline_that_is_written_leaves_a_report_without_findings(tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    for form in ("json", "sarif", "junit", "gitlab", "github", "html"):
        out = tmp_path / form
        assert edi837("check", DEMO, "--write-baseline", "--baseline", known, "--format", form, "-o", out).status == 0
        told = edi837("check", DEMO, "--baseline", known, "--format", form)
        assert told.status == 0 and out.read_bytes().decode() == told.out


@pytest.mark.parametrize("bad", ["none", "cut", "envelope/not-x12.edi"])
def test_a_baseline_is_kept_when_a_file_is_not_read_whole(bad: str, refused: dict[str, Path], tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    edi837("check", DEMO, "--write-baseline", "--baseline", known)
    held = known.read_bytes()
    path = refused.get(bad, FIXTURES / bad)
    done = edi837("check", path, "--write-baseline", "--baseline", known)
    assert done.status == 3 and known.read_bytes() == held
    assert f"{known}: not written, for not every file was read whole" in done.err


def test_no_more_than_asked_for_are_shown_and_all_are_counted() -> None:
    done = edi837("check", DEMO, "--format", "jsonl", "--max-findings", "2")
    assert len(done.out.splitlines()) == 2
    assert "4 findings more, not shown" in done.err


def test_statistics() -> None:
    lines = edi837("check", DEMO, DEMO, "--statistics").out.splitlines()
    assert len(lines) == 6 and all(line.startswith("2  042-") for line in lines)


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("full", "concise")])
def test_statistics_are_refused_where_a_program_would_read_them(form: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(click.UsageError, match=f"leave out --format {form}, or --statistics"):
        edi837("check", DEMO, "--statistics", "--format", form, "-o", out)
    assert not out.exists()
    assert edi837("check", DEMO, "--statistics", "--format", "concise").out == edi837("check", DEMO, "--statistics").out


def test_a_baseline_hides_what_is_known_and_nothing_else(tmp_path: Path) -> None:
    base = tmp_path / "known.json"
    done = edi837("check", DEMO, "--baseline", base, "--write-baseline")
    assert (done.status, done.out) == (0, "") and "6 findings known" in done.err
    assert base.stat().st_mode & 0o777 == 0o600
    assert edi837("check", DEMO, "--baseline", base).status == 0
    assert edi837("check", DEMO, "--baseline", base).out == ""
    moved = tmp_path / "moved.edi"  # the same faults, elsewhere in the file; and one that is new
    data = DEMO.read_bytes().replace(b"~\n", b"~\r\n").replace(b"SV1*HC:S9500*875*UN*7*", b"SV1*HC:S9500*875*UN*8*", 1)
    moved.write_bytes(data)
    told = edi837("check", moved, "--baseline", base, "--format", "jsonl").out
    found = [json.loads(line) for line in told.splitlines()]
    assert [(f["rule"], f["claim"]) for f in found] == [("042-B01", "HIT1001")]
    twice = edi837("check", DEMO, DEMO, "--baseline", base, "--format", "jsonl").out.splitlines()
    assert len(twice) == 6  # known once
    text = base.read_text()
    for value in ("HIT100", "SYN42", "OKONJO", "2025", "1967"):
        assert value not in text


def test_what_is_known_of_a_claim_stays_known_when_a_set_comes_before_it(tmp_path: Path) -> None:
    base, later = tmp_path / "known.json", tmp_path / "later.edi"
    edi837("check", DEMO, "--baseline", base, "--write-baseline")
    data = DEMO.read_bytes()
    begin, end = data.index(b"ST*"), data.index(b"GE*")
    mine, clean = data[begin:end], CLEAN.read_bytes()
    other = clean[clean.index(b"ST*") : clean.index(b"GE*")]
    moved = mine.replace(b"ST*837*0001*", b"ST*837*0002*").replace(b"*0001~", b"*0002~")
    later.write_bytes(data[:begin] + other + moved + data[end:].replace(b"GE*1*", b"GE*2*"))
    marks = [[issue["fingerprint"] for issue in json.loads(edi837("check", path, "--format", "gitlab").out)]
             for path in (DEMO, later)]  # fmt: skip
    assert len(marks[0]) == 6 and marks[0] == marks[1]
    assert edi837("check", later, "--baseline", base, "--format", "jsonl").out == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "edi837 baseline 1", "known": 1}'])
def test_what_is_no_baseline_is_said(tmp_path: Path, content: str) -> None:
    base = tmp_path / "known.json"
    base.write_text(content)
    done = edi837("check", DEMO, "--baseline", base)
    assert done.status == 2 and "baseline" in done.err and not done.out


def test_output_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "found.sarif"
    done = edi837("check", DEMO, "--format", "sarif", "-o", out)
    assert done.status == 1 and not done.out
    assert json.loads(out.read_text())["version"] == "2.1.0"
    assert [p.name for p in tmp_path.iterdir()] == ["found.sarif"]
    before = out.read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("edi837.views.spot.Trail.spot", stop)
    with pytest.raises(click.Abort):
        edi837("check", DEMO, "--format", "sarif", "-o", out)
    assert out.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["found.sarif"]


def test_the_summary_says_what_would_be_answered() -> None:
    err = edi837("check", DEMO).err
    assert "1 interchange · 1 set · 9 claims · 27 lines" in err
    assert "accepted 3   rejected 6   errors 6   warnings 0" in err
    assert "TA1 A · 999 A · 277CA (3 accepted, 6 rejected)" in err
    bad = edi837("check", FIXTURES / "envelope/three-sets-one-bad.edi").err
    assert "in what is refused 2" in bad and "999 P · 2 x 277CA (4 accepted, 0 rejected)" in bad
    assert "would write: TA1 R\n" in edi837("check", FIXTURES / "envelope/wrong-iea01.edi").err
