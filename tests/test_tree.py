"""The tree shows every segment once, every finding once, and nobody's name."""

from __future__ import annotations

import io
import itertools
import json
import re
import tracemalloc
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import edi837
from edi837 import claimrows, draw, grammar, personal, process, rows, rowtext, rules, table, x12
from edi837.columns import CLAIMS, LINES
from edi837.draw import UnknownClaim
from edi837.findings import Finding, NotX12
from edi837.frames import Verdict
from edi837.outline import Begin, walk
from edi837.sheet import Line, Sheet

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
PASS = [path for path in FILES if path.parent.name == "pass"]
DEMO = (FIXTURES / "demo.edi").read_bytes()
POLICY = rules.load("042")
RULES = etree.RelaxNG(etree.fromstring((FIXTURES.parent / "schemas" / "tree.rng").read_bytes()))


def _name(path: Path) -> str:
    return path.relative_to(FIXTURES).as_posix()


def _drawn(data: bytes, **words: Any) -> str:
    return "".join(draw.tree(io.BytesIO(data), **words))


def _json(data: bytes, **words: Any) -> Any:
    return json.loads(_drawn(data, format="json", **words))


def _xml(data: bytes, **words: Any) -> Any:
    return etree.fromstring(_drawn(data, format="xml", **words).encode())


def _sets(document: Any) -> Iterator[Any]:
    for interchange in document["interchanges"]:
        for group in interchange["groups"]:
            yield from group["sets"]


def _segments(node: Any) -> Iterator[Any]:
    """The segments of a set or loop, in the order of their numbers."""
    yield from sorted(_unsorted(node), key=lambda segment: segment["number"])


def _unsorted(node: Any) -> Iterator[Any]:
    yield from node["segments"]
    yield from node.get("misplaced", [])
    for loop in node["loops"]:
        yield from _unsorted(loop)


def _joined(element: Any, one: x12.Delimiters) -> str:
    if isinstance(element, dict):
        return one.repetition.join(_joined(each, one) for each in element["repetitions"])
    return element if isinstance(element, str) else one.component.join(element)


def _all_findings(data: bytes, policies: Any = ()) -> Counter[tuple[str, str, int]]:
    found: list[Finding] = []
    for event in process.tell(io.BytesIO(data), policies):
        if isinstance(event, Verdict):
            found += event.findings
        elif isinstance(event, Finding):
            found.append(event)
    return Counter((f.rule, f.message, f.place.segment) for f in found)


def _told_findings(node: Any) -> Iterator[tuple[str, str, int]]:
    if isinstance(node, dict):
        for finding in node.get("findings", []):
            yield finding["rule"], finding["message"], finding["segment"] or 0
        for name, value in node.items():
            if name != "findings":
                yield from _told_findings(value)
    elif isinstance(node, list):
        for each in node:
            yield from _told_findings(each)


# ---------------------------------------------------------------- all of it, once


@pytest.mark.parametrize("path", PASS, ids=_name)
def test_the_segments_are_those_of_the_file(path: Path) -> None:
    data = path.read_bytes()
    marks = x12.Delimiters.read(data[:106].decode())
    told = []
    for interchange in _json(data, phi=True)["interchanges"]:
        for one in _sets({"interchanges": [interchange]}):
            for segment in _segments(one):
                elements = [_joined(each, marks) for each in segment["elements"]]
                told.append([segment["tag"], *elements])
    sent = [seg for seg in edi837.segments(data) if seg[0] not in ("ISA", "GS", "SE", "GE", "IEA")]
    assert told == sent


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_finding_is_told_once(path: Path) -> None:
    data = path.read_bytes()
    try:
        expected = _all_findings(data, [POLICY])
    except NotX12:
        for form in ("text", "json", "xml"):
            with pytest.raises(NotX12):
                _drawn(data, format=form)
        return
    document = _json(data, policies=[POLICY])
    assert Counter(_told_findings(document)) == expected
    for one in _sets(document):
        numbers = [segment["number"] for segment in _segments(one)]
        assert len(numbers) == len(set(numbers))
    tree = _xml(data, policies=[POLICY])
    RULES.assertValid(tree)
    told = Counter((f.get("rule"), f.findtext("message"), int(f.get("segment", 0))) for f in tree.iter("finding"))
    assert told == expected
    assert len(tree.findall(".//segment")) == sum(len(list(_segments(one))) for one in _sets(document))
    text = _drawn(data, policies=[POLICY], raw=True)
    shown = Counter(re.findall(r"^[│ ]*[✖!?]? {6,7}((?:X12|S\d|\d{3})-[\w-]+) ", text, re.MULTILINE))
    assert shown == Counter(rule for rule, _, _ in expected.elements())


def test_xml_and_json_tell_the_same() -> None:
    document, tree = _json(DEMO), _xml(DEMO)
    values = [each for one in _sets(document) for segment in _segments(one) for each in segment["elements"]]
    texts = [part for each in values for part in ([each] if isinstance(each, str) else each) if part]
    leaves = [leaf.text for leaf in tree.iter("element", "component") if not len(leaf)]
    assert leaves == texts
    loops = [loop["id"] for one in _sets(document) for loop in _loops(one)]
    assert [loop.get("id") for loop in tree.iter("loop")] == loops


def _loops(node: Any) -> Iterator[Any]:
    for loop in node["loops"]:
        yield loop
        yield from _loops(loop)


def test_a_file_off_the_schema_is_not_valid() -> None:
    tree = _xml(DEMO)
    tree.find(".//segment").attrib.pop("tag")
    assert not RULES.validate(tree)


# ---------------------------------------------------------------- its shape


def test_loops_hang_as_in_the_guide() -> None:
    (one,) = _sets(_json(DEMO))
    assert [loop["id"] for loop in one["loops"]] == ["1000A", "1000B", "2000A"]
    provider = one["loops"][2]
    assert [loop["id"] for loop in provider["loops"]] == ["2010AA", *["2000B"] * 9]
    patient = provider["loops"][8]
    assert [loop["id"] for loop in patient["loops"]] == ["2010BA", "2010BB", "2000C"]
    claim = patient["loops"][2]["loops"][1]
    assert [segment["tag"] for segment in claim["segments"]] == ["CLM", "REF", "HI"]
    assert [loop["id"] for loop in claim["loops"]] == ["2400"] * 4
    assert claim["loops"][3]["loops"][0]["segments"][0] == {
        "tag": "LIN", "number": 216, "name": "Drug Identification", "elements": ["", "N4", "99999011010"],
    }  # fmt: skip
    assert claim["segments"][0]["elements"][4] == ["12", "B", "1"]


def test_text_of_a_claim() -> None:
    text = _drawn(DEMO, claim="HIT1002", policies=[POLICY]).splitlines()
    assert text == """\
ISA 000000042  LAKESIDE → EXAMPLEHP  2025-03-03 09:15  test  1 group                  ✖ 1
└─ GS 411  HC 005010X222A1  LAKESIDE → EXAMPLEHP  1 set, 1 accepted                   ✖ 1
   └─ ST 0001  837P 005010X222A1  BHT03 DEMO20250303  9 claims, 241 segments          ✖ 1
      ├─ 1000A Submitter Name  LAKESIDE EXAMPLE BILLING  46 LAKESIDE
      ├─ 1000B Receiver Name  EXAMPLE HEALTH PLAN  46 EXAMPLEHP
      └─ 2000A Billing Provider  HL 1                                                 ✖ 1
         ├─ 2010AA Billing Provider Name  LAKESIDE EXAMPLE HOME INFUSION  NPI 2000000010
         └─ 2000B Subscriber  HL 3                                                    ✖ 1
            ├─ 2010BA Subscriber Name  •••  MI •••
            ├─ 2010BB Payer Name  EXAMPLE HEALTH PLAN  PI EXHP042
            └─ 2300 Claim HIT1002  $2,681.00  3 lines  place 12                       ✖ 1
               ├─ 2400 Line 1  S9501          7 UN    $980.00  2025-02-03 to 02-09
               ├─ 2400 Line 2  S9365          7 UN  $1,505.00  2025-02-03 to 02-09    ✖ 042-A03
               └─ 2400 Line 3  J3370         28 UN    $196.00  2025-02-03 to 02-09  NDC 99999010606
                  └─ 2410 Drug Identification  LIN**N4*99999010606~
… 8 claims more, shown without --claim""".splitlines()


def test_text_marks_the_segment() -> None:
    text = _drawn(DEMO, policies=[POLICY], raw=True)
    assert re.search(r"^[│ ]+│ ✖   54 SV1\*HC:S9365\*1505\*UN\*7\*\*\*2~$", text, re.MULTILINE)
    assert re.search(r"^[│ ]+│     50 SV1\*HC:S9501\*980\*UN\*7\*\*\*1~$", text, re.MULTILINE)


@pytest.mark.parametrize("form", ["text", "json", "xml"])
def test_one_claim(form: str) -> None:
    text = _drawn(DEMO, claim="HIT1008", format=form, phi=True)
    assert "HIT1008" in text and "FAIRWEATHER" in text and "POPPY" in text
    assert not re.search(r"HIT100[1-79]|HOLLISTER", text)
    if form == "xml":
        RULES.assertValid(etree.fromstring(text.encode()))


def test_no_such_claim_writes_nothing() -> None:
    for form in ("text", "json", "xml"):
        pieces = draw.tree(io.BytesIO(DEMO), claim="HIT9", format=form)
        with pytest.raises(UnknownClaim, match="HIT9"):
            next(pieces)


def test_one_claim_keeps_its_own_findings() -> None:
    told = Counter(_told_findings(_json(DEMO, claim="HIT1004", policies=[POLICY])))
    expected = Counter(
        (f.rule, f.message, f.place.segment)
        for f in edi837.check(DEMO) if f.place.claim == "HIT1004"
    )  # fmt: skip
    assert told == expected and expected


def test_one_claim_has_no_findings_of_others() -> None:
    lines = DEMO.decode().split("\n")
    second, sent = (next(n for n, line in enumerate(lines) if line.startswith(tag)) for tag in ("HL*3*", "CLM*HIT1002"))
    data = "\n".join(lines[:second] + lines[sent:]).encode()  # both claims of one subscriber
    data = data.replace(b"CLM*HIT1001*1124***12:B:1", b"CLM*HIT1001*1124***12:Q:1")
    data = data.replace(b"SBR*P*18*EMPL42******CI~\nNM1*IL*1*LINDGREN", b"SBR*P*18*EMPL42******QQ~\nNM1*IL*1*LINDGREN")
    whole = _json(data)
    assert {(rule, segment) for rule, _, segment in _told_findings(whole)} >= {("X12-IK4-7", 20)}
    assert sum(rule == "X12-IK4-7" for rule, _, _ in _told_findings(whole)) >= 2
    for claim in ("HIT1002", "HIT1004"):
        assert not [told for told in _told_findings(_json(data, claim=claim)) if told[0] == "X12-IK4-7"]


def test_a_finding_on_no_segment_is_told_with_its_claim() -> None:
    class Says:
        def judge(self, claims: Sequence[edi837.Claim]) -> list[list[Finding]]:
            return [[Finding("T-1", "warn", "claim", f"of {c.id}", edi837.Place(claim=c.id))] for c in claims]

    document = _json(DEMO, policies=[Says()])
    told = [(loop["segments"][0]["elements"][0], loop["findings"]) for one in _sets(document) for loop in _loops(one)
            if loop["id"] == "2300"]  # fmt: skip
    assert [(claim, [f["message"] for f in findings]) for claim, findings in told] == [
        (f"HIT100{n}", [f"of HIT100{n}"]) for n in range(1, 10)
    ]


def test_a_set_of_another_guide_is_told_unread() -> None:
    data = (FIXTURES / "envelope" / "remittance-835-in-claims-group.edi").read_bytes()
    told = list(_sets(_json(data)))
    unread = [one for one in told if not one["read"]]
    assert len(unread) == 1 and unread[0]["id"] == "835" and unread[0]["segments"] == []
    assert "not read: it is of another guide" in _drawn(data)


def test_answers_have_trees_too(tmp_path: Path) -> None:
    written = edi837.acknowledge(DEMO, out=tmp_path, now=datetime(2025, 3, 4), control=1, name="demo")
    for kind, tags in (("277ca", {"STC", "TRN", "QTY"}), ("999", {"AK2", "IK5", "AK9"})):
        data = written[kind].read_bytes()
        told = [segment for one in _sets(_json(data)) for segment in _segments(one)]
        assert tags <= {segment["tag"] for segment in told}
        assert len(told) == sum(1 for s in edi837.segments(data) if s[0] not in ("ISA", "GS", "SE", "GE", "IEA"))
        RULES.assertValid(_xml(data))
        assert not [form for form in ("text", "json", "xml") if "OKONJO" in _drawn(data, format=form, raw=True)]
        if kind == "277ca":
            assert "OKONJO" in _drawn(data, phi=True, raw=True)


@pytest.mark.parametrize("before", ["HL*3*", "SE*"])
def test_what_comes_too_late_is_told_all_the_same(before: str) -> None:
    lines = DEMO.decode().split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(before))
    data = "\n".join([*lines[:at], "CUR*85*USD~", *lines[at:]]).encode()  # of 2000A, after a claim
    document = _json(data)
    assert Counter(_told_findings(document)) == _all_findings(data)
    (one,) = _sets(document)
    assert [segment["number"] for segment in _segments(one)] == list(range(1, 242))
    provider = one["loops"][2]
    assert [(s["tag"], s["number"]) for s in provider["misplaced"]] == [("CUR", at - 1)]
    tree = _xml(data)
    RULES.assertValid(tree)
    (cur,) = tree.findall(".//loop[@id='2000A']/segment[@tag='CUR']")
    assert cur.getprevious().get("id") == "2000B"
    numbers = [int(segment.get("number")) for segment in tree.iter("segment")]
    assert numbers == sorted(numbers)
    assert f"│ ✖ {at - 1:>4} CUR*85*USD~\n" in _drawn(data, raw=True)


def test_it_streams() -> None:
    class Slow(io.BytesIO):
        served = 0

        def read(self, size: int | None = -1) -> bytes:
            block = super().read(min(size or 512, 512) if size and size > 0 else 512)
            self.served += len(block)
            return block

    for form in ("json", "xml"):  # of the text, the first line counts what comes after it
        stream = Slow(DEMO)
        for text in draw.tree(stream, format=form):
            if "HIT1001" in text:
                break
        assert stream.served < len(DEMO) / 2


def test_width_and_ascii() -> None:
    for path in FILES:
        data = path.read_bytes()
        try:
            text = _drawn(data, policies=[POLICY], ascii=True, phi=True, raw=True)
            wide = _drawn(data, policies=[POLICY], raw=True) + _drawn(data, policies=[POLICY])
        except NotX12:
            continue
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 100
        assert max(map(len, wide.splitlines())) <= 100
    assert _drawn(DEMO, format="xml", ascii=True).isascii()
    assert _drawn(DEMO, format="json", ascii=True).isascii()
    assert etree.fromstring(_drawn(DEMO, format="xml", ascii=True).encode("ascii")) is not None


def test_no_other_format() -> None:
    with pytest.raises(ValueError, match="yaml"):
        _drawn(DEMO, format="yaml")


# ---------------------------------------------------------------- branches, marks, depth


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_branches_that_lead_to_a_finding_hold_every_finding_and_nothing_else(path: Path) -> None:
    data = path.read_bytes()
    try:
        expected = _all_findings(data, [POLICY])
    except NotX12:
        return
    document = _json(data, policies=[POLICY], errors=True)
    assert Counter(_told_findings(document)) == expected
    for one in _sets(document):
        assert any(_told_findings(one))
        assert all(any(_told_findings(loop)) for loop in _loops(one))
    whole = {(s["number"], str(s["elements"])) for one in _sets(_json(data, policies=[POLICY])) for s in _segments(one)}
    assert {(s["number"], str(s["elements"])) for one in _sets(document) for s in _segments(one)} <= whole
    RULES.assertValid(_xml(data, policies=[POLICY], errors=True))


def _own(node: Any) -> list[str]:
    """Actions of what was found in a part itself, as JSON has it."""
    segments = [*node.get("segments", []), *node.get("misplaced", [])]
    return [f["action"] for each in (node, *segments) for f in each.get("findings", [])]


def _parts(node: Any) -> Iterator[tuple[Counter[str], list[str]]]:
    """Each part of a document in order: how much was found in it and below it, and in it alone."""
    inner = [*node.get("groups", []), *node.get("sets", []), *node.get("loops", [])]
    told = [list(_parts(each)) for each in inner]
    own = _own(node)
    yield sum((parts[0][0] for parts in told), Counter(own)), own
    for parts in told:
        yield from parts


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_mark_counts_what_was_found_in_a_part_and_below_it(path: Path) -> None:
    data = path.read_bytes()
    try:
        text = _drawn(data, policies=[POLICY], width=0)
    except NotX12:
        return
    lines = [line for line in text.splitlines() if re.match(r"(│  |   )*([├└]─ |ISA )", line)]
    parts = [part for each in _json(data, policies=[POLICY])["interchanges"] for part in _parts(each)]
    assert len(lines) == len(parts)
    signs = {"reject": "✖", "warn": "!", "unknown": "?"}
    for line, (found, own) in zip(lines, parts, strict=True):
        mark = re.search(r"  ([✖!?] (?:\d+|[XS\d][\w-]+-\w+).*)$", line)
        if not found:
            assert mark is None, line
            continue
        assert mark, line
        counted, _, named = mark[1].partition("here ") if found.total() > len(own) else ("", "", mark[1])
        if counted:
            total = [f"{sign} {found[action]}" for action, sign in signs.items() if found[action]]
            assert counted.strip() == " ".join(total), line
        assert {action for action, sign in signs.items() if sign in named} == set(own), line


def test_no_deeper_than_asked_for() -> None:
    text = _drawn(DEMO, policies=[POLICY], depth=3).splitlines()
    assert [line.split()[1 if n else 0] for n, line in enumerate(text[:-1])] == ["ISA", "GS", "ST"]
    assert text[2].endswith("9 claims, 241 segments          ✖ 6")
    assert text[-1] == "… 9 claims more, shown without --depth"
    whole = _drawn(DEMO, policies=[POLICY]).splitlines()
    assert len(_drawn(DEMO, policies=[POLICY], depth=9).splitlines()) == len(whole)


def test_errors_claim_depth_and_raw_work_together() -> None:
    text = _drawn(DEMO, policies=[POLICY], errors=True, claim="HIT1004", depth=6, raw=True)
    assert "CLM*HIT1004" in text and "A4222" not in text  # the line is the seventh level
    assert text.endswith("… 8 claims more, shown without --claim --errors --depth\n")
    assert "✖  108 SV1*HC:A4222" in _drawn(DEMO, policies=[POLICY], errors=True, claim="HIT1004", raw=True)
    nothing = _drawn(DEMO, policies=[POLICY], errors=True, claim="HIT1001")
    assert nothing == "… 9 claims more, shown without --claim --errors\n"


def test_marks_alone_are_coloured() -> None:
    text = _drawn(DEMO, policies=[POLICY], claim="HIT1002", paint=lambda what, words: f"<{what}>{words}<>")
    assert text.count("<reject>✖ 1<>\n") == 6 and text.count("<reject>✖ 042-A03<>\n") == 1
    assert re.sub(r"<\w*>", "", text) == _drawn(DEMO, policies=[POLICY], claim="HIT1002")


def test_twigs_say_what_comes_last() -> None:
    """Below the last part of a part nothing else hangs on it; below any other, something does."""
    lines = _drawn(DEMO, policies=[POLICY]).splitlines()
    for n, line in enumerate(lines):
        stem = re.match(r"((?:│  |   )*)([├└]─ )", line)
        if not stem:
            continue
        depth, later = len(stem[1]), lines[n + 1 :]
        siblings = []
        for other in later:
            place = re.match(r"((?:│  |   )*)[├└]─ ", other)
            if place and len(place[1]) < depth:
                break
            if place and len(place[1]) == depth:
                siblings.append(other)
        assert (stem[2] == "├─ ") == bool(siblings), line


def test_a_line_can_be_changed_wherever_it_waits() -> None:
    sheet, lines = Sheet(most=8), [Line(n % 5, f"line {n} é•", part=n % 2 == 0) for n in range(100)]
    for line in lines:
        sheet.put(line)
    for n, line in enumerate(lines):
        line.mark, line.last, line.counts = f"✖ {n}", n % 3 == 0, "x" * n
        sheet.change(line)
    told = list(sheet.lines())
    assert [(t.depth, t.text, t.part, t.last, t.mark) for t in told] == [
        (line.depth, line.text, line.part, line.last, line.mark) for line in lines
    ]
    assert [len(t.counts) for t in told[:90]] == [min(n, 64) for n in range(90)], "what waits in the file has its room"


@pytest.mark.parametrize("raw", [False, True])
def test_memory_does_not_grow_with_the_file(raw: bool) -> None:
    """The reading has its own bounds; here the same marks come again and again."""
    marks = list(walk(io.BytesIO(DEMO), [POLICY]))
    first = next(n for n, mark in enumerate(marks) if isinstance(mark, Begin) and getattr(mark.node, "use", None)
                 and mark.node.use.id == "2000B")  # type: ignore[union-attr]  # fmt: skip
    head, body, tail = marks[:first], marks[first:-4], marks[-4:]
    assert len(body) > 200

    def peak(times: int) -> int:
        text = draw.Text(raw=raw)
        text._sheet = Sheet(most=200)
        tracemalloc.start()
        try:
            for mark in itertools.chain(head, *itertools.repeat(body, times), tail):
                text.put(mark)
            assert sum(1 for _ in text.close()) > times * 20
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(10), peak(60)
    assert large < small * 1.1, (small, large)


# ---------------------------------------------------------------- nobody's name

# What is a person's, said again and apart from the code: tag, qualifier (element 01), elements.
_PERSONAL = [
    ("NM1", "IL|QC", (3, 4, 5, 7, 9)),
    ("NM1", "82|DN|DK|DQ|71|72|ZZ|P3|77|85", (4, 5, 7)),
    ("N3", "", (1, 2)),
    ("N4", "", (1, 3)),
    ("DMG", "", (2,)),
    ("PER", "", (2, 4, 6, 8)),
    ("SBR", "", (3, 4)),
    ("REF", "SY|EA|Y4|1W|XZ", (2,)),
    ("NTE", "", (2,)),
    ("K3", "", (1,)),
    ("PAT", "", (6,)),
    ("PWK", "", (6,)),
    ("CR1", "", (9, 10)),
    ("CR2", "", (10, 11)),
]


def _canaries(data: bytes) -> tuple[bytes, list[str]]:
    """The file with a mark of its own in each personal element, and the marks."""
    marks: list[str] = []
    out = []
    text = data.decode("latin-1")
    element, component, end = text[3], text[104], text[105]
    for piece in text.split(end):
        seg = piece.split(element)
        for tag, qualifiers, elements in _PERSONAL:
            if seg[0].strip() == tag and (not qualifiers or re.fullmatch(qualifiers, seg[1])):
                for n in elements:
                    if n < len(seg) and seg[n]:
                        marks.append(f"QZ{len(marks):04}X")
                        seg[n] = marks[-1]
        if seg[0].strip() in ("SV1", "SV2"):
            n = 1 if seg[0].strip() == "SV1" else 2
            if len(seg) > n and seg[n]:
                marks.append(f"QZ{len(marks):04}X")
                seg[n] = component.join([*(seg[n].split(component) + [""] * 6)[:6], marks[-1]])
        out.append(element.join(seg))
    return end.join(out).encode("latin-1"), marks


_CANARY_FILES = [
    path
    for path in FILES
    if path.parent.name != "envelope" and re.search(rb"\bHL[*|]", path.read_bytes()[:2000])
]


@pytest.mark.parametrize("path", _CANARY_FILES, ids=_name)
def test_no_personal_value_is_shown(path: Path) -> None:
    data, marks = _canaries(path.read_bytes())
    assert marks
    shown = [_drawn(data, format=form, policies=[POLICY]) for form in ("text", "json", "xml")]
    shown.append(_drawn(data, policies=[POLICY], raw=True))
    for read, schema, look in ((rows.rows, LINES, table.LINES), (claimrows.rows, CLAIMS, table.CLAIMS)):
        for write in (rowtext.as_csv, rowtext.as_jsonl):
            told = read(io.BytesIO(data), [POLICY], positions=True)
            shown.append("".join(write(told, schema.columns(True))))
        shown.append("".join(table.as_table(read(io.BytesIO(data), [POLICY]), look)))
    for text in shown:
        assert not re.findall(r"QZ\d{4}X", text)


@pytest.mark.parametrize("path", PASS, ids=_name)
def test_it_is_shown_when_asked_for(path: Path) -> None:
    data, marks = _canaries(path.read_bytes())
    for form in ("text", "json", "xml"):
        text = _drawn(data, format=form, phi=True, width=0, raw=True)
        assert set(re.findall(r"QZ\d{4}X", text)) == set(marks)


@pytest.mark.parametrize("path", PASS, ids=_name)
def test_the_people_of_the_fixtures_are_not_shown(path: Path) -> None:
    data = path.read_bytes()
    names = set()
    for seg in edi837.segments(data):
        if seg[0] == "NM1" and seg[1] in ("IL", "QC"):
            names |= {*seg[3:6], *seg[9:10]}
        elif seg[0] == "DMG":
            names.add(seg[2])
    shown = "".join(_drawn(data, format=form, raw=True) for form in ("text", "json", "xml"))
    for name in (name for name in names if len(name) > 1):
        assert not re.search(rf"\b{re.escape(name)}\b", shown), name


# Free text that is shown: numbers of providers, payers, claims and lines, codes without a list in
# the map, dates. A guide that brings another stops here until somebody has looked at it.
_SHOWN = re.findall(r"\S+", """
    ST02 ST03 BHT03 HL01 HL02 NM103 NM109 PRV03 REF02 REF04-2 CLM01 CLM05-1 SV105 DTP03 CN104 CN106 HCP04 HCP06
    HCP08 HCP10 MIA05 MIA20 MIA21 MIA22 MIA23 MOA03 MOA04 MOA05 MOA06 MOA07 SV101-2 SV101-3 SV101-4 SV101-5
    SV101-6 SV201 SV202-2 SV202-3 SV202-4 SV202-5 SV202-6 SV501-2 PS101 LIN03 SVD01 SVD03-2 SVD03-3 SVD03-4
    SVD03-5 SVD03-6 SVD04 LQ02 FRM01 TRN02 STC01-1 STC01-2 STC10-1 STC10-2 STC11-1 STC11-2 SVC01-2 SVC01-3
    SVC01-4 SVC01-5 SVC01-6 SVC04 AK103 AK202 AK203 IK303 CTX01-2 CTX04
""") + [f"HI{n:02}-{part}" for n in range(1, 13) for part in (2, 4)]  # fmt: skip


def test_every_free_text_of_the_guides_was_looked_at() -> None:
    shown = set()
    for guide in ("005010X222A1", "005010X223A2", "005010X214", "005010X231A1"):
        for use in grammar.load(guide).root.segments():
            kinds = use.elements[0].components[0].codes if use.elements[0].components else use.elements[0].codes
            for kind in sorted(kinds) or [""]:
                seg = [use.tag, kind, "2", *["X"] * (len(use.elements) - 2)]
                values = list(personal.values(use, seg, x12.Delimiters()))
                for element, value in zip(use.elements, values, strict=False):
                    if element.type == "AN" and not element.components and not element.codes and value == "X":
                        shown.add(element.refdes)
                for element in use.elements:
                    parts = [p for p in element.components if p.type == "AN" and not p.codes and p.usage != "N"]
                    for part in parts:
                        seg = [use.tag, *[""] * len(use.elements)]
                        seg[element.seq] = ":".join([kind, *["X"] * 6])
                        value = list(personal.values(use, seg, x12.Delimiters()))[element.seq - 1]
                        if isinstance(value, list) and value[part.seq - 1] == "X":
                            shown.add(part.refdes)
    assert shown <= set(_SHOWN)


@pytest.mark.parametrize(
    ("segment", "shown"),
    [
        ("NM1*IL*2*DOE INC*****MI*123", "NM1*IL*2*•••*****MI*•••"),  # an insured company
        ("NM1*QC*2*DOE*****XX*1234567893", "NM1*QC*2*•••*****XX*•••"),
        ("NM1*QC*X*DOE*JOHN", "NM1*QC*X*•••*•••"),
        ("NM1*82*1*DOE*JOHN***DR*XX*1234567893", "NM1*82*1*•••*•••***•••*XX*1234567893"),
        ("NM1*82*1*DOE*JOHN****34*123456789", "NM1*82*1*•••*•••****34*•••"),
        ("NM1*85*2*CLINIC*DOE****XX*1234567893", "NM1*85*2*CLINIC*•••****XX*1234567893"),
        ("NM1*85**DOE", "NM1*85**•••"),
        ("REF*SY*123456789", "REF*SY*•••"),
        ("REF**123456789", "REF**•••"),
        ("REF*ZZ*123456789", "REF*ZZ*•••"),
        ("REF*G1*AUTH", "REF*G1*AUTH"),
    ],
)
def test_names_and_references(segment: str, shown: str) -> None:
    uses = [use for use in grammar.load("005010X222A1").root.segments() if use.tag == segment[:3]]
    for use in uses:
        use_all = [personal.values(use, segment.split("*"), x12.Delimiters())]
        told = "*".join([segment[:3], *(str(value) for value in use_all[0])])
        unused = [n for n, each in enumerate(use.elements) if each.usage == "N"]
        want = shown.split("*")
        for n in unused:  # what the guide does not use is masked besides
            if n + 1 < len(want) and want[n + 1]:
                want[n + 1] = "•••"
        assert told == "*".join(want)


def test_what_the_guide_does_not_foresee_is_masked() -> None:
    use = next(u for u in grammar.load("005010X222A1").root.segments() if u.tag == "LX")
    assert list(personal.values(use, ["LX", "1", "JOHN DOE"], x12.Delimiters())) == ["1", "•••"]
    assert list(personal.values(use, ["LX", "1 JOHN DOE"], x12.Delimiters())) == ["•••"]
    assert list(personal.values(use, ["LX", "1", "JOHN DOE"], x12.Delimiters(), phi=True)) == ["1", "JOHN DOE"]


# ---------------------------------------------------------------- hostile files


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(110, len(DEMO) - 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=8))
def test_no_file_breaks_a_tree(changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(DEMO)
    for at, new in changes:
        data[at : at + len(new)] = new
    for phi in (False, True):
        document = _json(bytes(data), phi=phi)
        assert Counter(_told_findings(document)) == _all_findings(bytes(data))
        RULES.assertValid(_xml(bytes(data), phi=phi))
        text = _drawn(bytes(data), phi=phi, raw=True) + _drawn(bytes(data), phi=phi, errors=True)
        assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
