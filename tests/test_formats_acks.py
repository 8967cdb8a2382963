"""`edi837 report`: every acknowledgement is read and told, ours and others', whatever state it comes in.

Others' are no part of the project. They are looked for in the folder that ``EDI837_ANSWERS`` names, else in
``../shared/spec/ack-examples`` beside a checkout; without them those tests are skipped.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from lxml import html

from edi837 import again, snip
from edi837.findings import NotX12
from edi837.frames import End, Interchange, TransactionSet, Verdict
from edi837.replies import codes
from edi837.replies.items import ClaimReply, GroupReply, Item, Receipt
from edi837.replies.read import read
from edi837.replies.said import Said
from edi837.replies.words import Teller
from edi837.rules import load
from edi837.terms import Terms
from tests.formats import FIXTURES, ROOT, edi837, fixtures, found, holds, name
from tests.test_formats_safe import HOSTILE, UNSEEN

EXAMPLES = Path(os.environ.get("EDI837_ANSWERS") or ROOT.parent / "shared" / "spec" / "ack-examples")
OURS = fixtures("expected/*.edi", "*/*/expected/*.edi", "*/expected/*.edi")

# By hand from the files: claims accepted and rejected one by one, what is neither, and what was refused as a whole.
# Neither are A4 and A7 beside WQ, and the categories of a batch and its providers that were masked as X9.
FOREIGN = {
    "277ca_amerisys_TRUNCATED": (0, 0, 0, 0), "277ca_availity_accepted": (0, 0, 1, 0),
    "277ca_edim_deidentified": (0, 3, 3, 0), "277ca_emedny_accepted": (1, 0, 0, 0),
    "277ca_emedny_rejected": (0, 0, 1, 0), "277ca_latitude81uk_scrambled": (1, 0, 0, 0),
    "277ca_navicure_4040X167_a": (0, 1, 0, 0), "277ca_navicure_4040X167_b": (0, 1, 0, 0),
    "277ca_payer_to_availity_ISArepaired": (1, 0, 0, 0), "277ca_payer_to_availity_RAW": (1, 0, 0, 0),
    "277ca_tr3_example1": (1, 2, 0, 0), "277ca_tr3_example2": (0, 0, 0, 1), "277ca_tr3_example3": (3, 2, 0, 0),
    "277ca_tr3_example4": (3, 2, 0, 1), "999_dhs_wisconsin": (0, 0, 0, 2), "999_emedny_rejected": (0, 0, 0, 1),
    "999_imsweb_accepted": (0, 0, 0, 0), "999_pyx12_834_ls_le": (0, 0, 0, 0), "999_pyx12_834_lui_id": (0, 0, 0, 0),
    "999_staedi_invalid": (0, 0, 0, 2), "999_staedi_simple": (0, 0, 0, 2), "999_tr3_three_837s": (0, 0, 0, 2),
    "ta1_staedi_wiki": (0, 0, 0, 0), "ta1_x12parser_jeffn825": (0, 0, 0, 1), "ta1_x12parser_sample1": (0, 0, 0, 0),
    "worked_277ca": (1, 2, 0, 0), "worked_277ca_institutional": (0, 1, 0, 0), "worked_277ca_tr3strict": (1, 2, 0, 0),
    "worked_277ca_whole_transaction_rejected": (0, 0, 0, 1), "worked_999": (0, 0, 0, 2),
    "worked_999_accepted": (0, 0, 0, 0), "worked_ta1": (0, 0, 0, 1), "worked_ta1_in_999": (0, 0, 0, 0),
}  # fmt: skip


def items(data: bytes) -> list[Item]:
    return list(read(io.BytesIO(data)))


def told(data: bytes) -> tuple[list[Said], Teller]:
    teller = Teller()
    return [said for item in read(io.BytesIO(data)) for said in teller.say(item)], teller


@pytest.mark.parametrize("stem", FOREIGN)
def test_others_answers(stem: str) -> None:
    path = EXAMPLES / f"{stem}.edi"
    if not path.exists():
        pytest.skip("the collection of acknowledgements is not here")
    said, teller = told(path.read_bytes())
    assert (teller.accepted, teller.rejected, teller.unclear, teller.refused) == FOREIGN[stem]
    assert teller.kinds >= {{"277ca": "277CA", "999": "999", "ta1": "TA1"}[stem.replace("worked_", "").split("_")[0]]}
    for each in said:
        labels = [label for label, _ in each.rows]
        if each.tone == "bad":
            assert "do" in labels or each.about == "group", each.head
        assert ("why" in labels or "fault" in labels) or each.tone != "bad" or each.about == "group", each.head
    assert teller.cut == ("TRUNCATED" in stem)
    if teller.rejected:
        assert "A3" in str(said) or "A7" in str(said) or "A8" in str(said) or "X9" in str(said)


def test_none_of_the_collection_is_left_out() -> None:
    if not EXAMPLES.exists():
        pytest.skip("the collection of acknowledgements is not here")
    there = {path.stem for path in EXAMPLES.glob("*.edi")}
    assert there - {"worked_837p"} == set(FOREIGN)


# ------------------------------------------------------------------ our own


def source_of(answer: Path) -> Path:
    """The file that was answered."""
    stem = re.sub(r"\.(ta1|999|277ca)\.edi$", "", answer.name)
    return answer.parent.parent / f"{stem}.edi"


@pytest.mark.parametrize("path", OURS, ids=name)
def test_our_answers_say_what_was_found(path: Path) -> None:
    data = path.read_bytes()
    events = list(Terms([load("042")]).read(source := io.BytesIO(source_of(path).read_bytes())).tell())
    assert source.tell()
    said, teller = told(data)
    assert teller.kinds == {{"ta1": "TA1", "999": "999", "277ca": "277CA"}[path.name.split(".")[-2]]}
    if path.name.endswith(".277ca.edi"):
        verdicts: dict[str, list[bool]] = {}
        for verdict in answered(events):
            verdicts.setdefault(verdict.claim.id, []).append(verdict.rejected)
        heard: dict[str, list[bool]] = {}
        for item in items(data):
            if isinstance(item, ClaimReply):
                bad = any(status.action == "U" for status in item.statuses)
                heard.setdefault(item.id, []).append(bad)
        assert heard == verdicts
        rejected = sum(sum(each) for each in verdicts.values())
        assert (teller.rejected, teller.accepted) == (rejected, sum(map(len, verdicts.values())) - rejected)
        assert not [each for each in said if each.about == "end"], "totals agree"
    elif path.name.endswith(".ta1.edi"):
        receipts = [item for item in items(data) if isinstance(item, Receipt)]
        ends = [e.of for e in events if isinstance(e, End) and isinstance(e.of, Interchange)]
        due = [frame for frame in ends if frame.refused or frame.wants_ta1]
        assert [item.status == "R" for item in receipts] == [frame.refused for frame in due]
        assert "R" not in [item.status for item in receipts] or any(each.tone == "bad" for each in said)
    else:
        groups = [item for item in items(data) if isinstance(item, GroupReply)]
        assert groups and all(group.status in "AEPR" and group.sets is not None for group in groups)
        for group in groups:
            refused = [each for each in group.sets if each.status == "R"]
            if group.status == "P":
                assert refused
    for each in said:
        for label, words in each.rows:
            if label in ("why", "fault"):
                assert "which X12 list 508" not in words and "is none of a claim" not in words
                assert "not in use for claims" not in words


def answered(events: Sequence[object]) -> Iterator[Verdict]:
    """The verdicts on the claims of sets that go on."""
    held: list[Verdict] = []
    group: list[Verdict] = []
    whole: list[Verdict] = []
    for event in events:
        if isinstance(event, Verdict):
            held.append(event)
        elif isinstance(event, End):
            if isinstance(event.of, TransactionSet):
                group += [] if event.of.refused else held
                held = []
            elif isinstance(event.of, Interchange):
                yield from [] if event.of.refused else whole
                whole = []
            else:
                whole += [] if event.of.refused else group
                group = []


@pytest.mark.parametrize(
    ("guide", "tag", "loop", "at", "name"),
    [
        ("005010X223A2", "DTP", "2400", "3", "Service Date"),  # the one DTP of a line
        ("005010X222A1", "DTP", "2400", "3", ""),  # one of ten, each with a name of its own
        ("005010X222A1", "DTP", "2400", "1", "Date Time Qualifier"),  # they have it alike
        ("005010X222A1", "DTP", "2430", "3", "Adjudication or Payment Date"),
        ("005010X222A1", "NM1", "1000", "3", ""),  # 1000A or 1000B
        ("005010X222A1", "NM1", "2010", "3", ""),
        ("005010X222A1", "NM1", "2010BA", "3", "Subscriber Last Name"),
        ("005010X222A1", "N4", "2010", "1", ""),
        ("005010X222A1", "CLM", "2300", "5-1", "Place of Service Code"),
        ("005010X222A1", "CLM", "", "2", "Total Claim Charge Amount"),
        ("005010X222A1", "CLM", "9999", "2", "Total Claim Charge Amount"),
        ("005010X222A1", "HI", "2300", "1-2", ""),
        ("", "CLM", "2300", "2", ""),
    ],
)
def test_a_999_names_an_element_only_where_all_it_may_be_agree(
    guide: str, tag: str, loop: str, at: str, name: str
) -> None:
    """IK301, IK303 and IK401 are all that is told: no qualifier, and of a loop no more than its number."""
    fault = f"IK3*{tag}*9*{loop}*8~IK4*{at.replace('-', ':')}**7~"
    data = (
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *250101*1200*^*00501*000000001*0*T*:~"
        "GS*FA*A*B*20250101*1200*1*X*005010X231A1~ST*999*0001*005010X231A1~"
        f"AK1*HC*1*{guide}~AK2*837*0001*{guide}~{fault}IK5*R*5~AK9*R*1*1*0~SE*8*0001~GE*1*1~IEA*1*000000001~"
    )
    faults = [words for each in told(data.encode())[0] for label, words in each.rows if label == "fault"]
    refdes = f"{tag}{at.partition('-')[0].zfill(2)}" + (f"-{at.partition('-')[2]}" if "-" in at else "")
    assert len(faults) == 1 and f": {refdes}{f' ({name})' if name else ''}: " in faults[0]


# ------------------------------------------------------------------ whatever state it comes in

DEMO = FIXTURES / "expected" / "demo.277ca.edi"
RICH = [
    DEMO, FIXTURES / "837P/fail/expected/missing-element.999.edi", FIXTURES / "envelope/expected/wrong-iea01.ta1.edi",
    FIXTURES / "envelope/expected/three-sets-one-bad.999.edi",
]  # fmt: skip
STATES: dict[str, Callable[[bytes], bytes]] = {
    "mark": lambda data: b"\xef\xbb\xbf" + data,
    "one line": lambda data: data.replace(b"\n", b""),
    "carriage returns": lambda data: data.replace(b"\n", b"\r\n"),
    "indented": lambda data: data.replace(b"\n", b"\n      "),
    "bars": lambda data: data.replace(b":", b"|"),
    "ISA without blanks": lambda data: re.sub(rb"^ISA[^~]*", lambda m: re.sub(rb" +\*", b" *", m[0]), data),
    "another terminator": lambda data: data.replace(b"~\n", b"'"),
    "blank lines": lambda data: data.replace(b"\n", b"\n\n"),
    "no last terminator": lambda data: data.rstrip().rstrip(b"~"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", RICH, ids=name)
def test_states(path: Path, state: str) -> None:
    data = path.read_bytes()
    assert [str(s) for s in told(STATES[state](data))[0]] == [str(s) for s in told(data)[0]]


@pytest.mark.parametrize("without", [b"HL", b"DTP", b"REF", b"AMT", b"SE", b"GE", b"GS"])
def test_what_is_left_out_is_not_missed(without: bytes) -> None:
    data = DEMO.read_bytes()
    fewer = re.sub(rb"(?m)^" + without + rb"\*[^~]*~\n", b"", data)
    assert fewer != data
    whole, less = told(data)[1], told(fewer)[1]
    assert (less.accepted, less.rejected) == (whole.accepted, whole.rejected)
    assert [i.id for i in items(fewer) if isinstance(i, ClaimReply)] == [
        i.id for i in items(data) if isinstance(i, ClaimReply)
    ]


@pytest.mark.parametrize("path", RICH, ids=name)
def test_cut_anywhere(path: Path) -> None:
    data = path.read_bytes()
    for at in range(0, len(data), 11):
        try:
            told(data[:at])
        except NotX12:
            assert at < 120
    if path is DEMO:
        assert "ends before its SE" in str(told(data[: len(data) // 2])[0])


@pytest.mark.parametrize("path", RICH, ids=name)
def test_what_is_cut_off_is_never_all_that_was_answered(path: Path, tmp_path: Path) -> None:
    """Wherever the file ends before its IEA: status 3, no word that all is well, and no claim better off for it."""
    data, file = path.read_bytes(), tmp_path / "cut.edi"
    whole = outcomes(told(data)[0])
    assert edi837("report", "ack", path).status == 1
    end = data.rindex(b"IEA")
    for at in [*range(110, end, 37), *range(max(110, end - 60), end + 3, 3)]:
        file.write_bytes(data[:at])
        said, teller = told(data[:at])
        done = edi837("report", "ack", file)
        assert done.status == 3, data[:at][-40:]
        assert "nothing was refused" not in done.err
        if teller.kinds:
            assert done.err.endswith("cut off: there may be more\n"), done.err
            assert [label for each in said for label, _ in each.rows].count("cut off") == 1
        assert outcomes(said).items() <= whole.items()


def outcomes(said: list[Said]) -> dict[str, str]:
    """What became of each claim, as far as it is said."""
    claims = [each for each in said if each.about == "claim" and each.tone != "note"]
    return {each.head.split()[1]: each.tone for each in claims}


def test_a_claim_is_not_accepted_before_its_status_is_read() -> None:
    data = DEMO.read_bytes()
    at = data.index(b"*U*", data.index(b"STC*A3:247"))
    said, teller = told(data[:at])
    assert (teller.accepted, teller.rejected) == (1, 0)
    assert [each.head for each in said if each.about == "claim"][-1].endswith("is cut off before its outcome")


def test_cut_off_are_each_of_several_interchanges() -> None:
    nine, receipt = (path.read_bytes() for path in (RICH[1], RICH[2]))
    open_ended = nine[: nine.rindex(b"IEA")]
    for data, cut in ((nine + receipt, 0), (open_ended + receipt, 1), (open_ended + receipt[:130], 2)):
        said, teller = told(data)
        assert teller.cut is bool(cut)
        assert [label for each in said for label, _ in each.rows].count("cut off") == cut


def test_spoilt_anywhere() -> None:
    drawn = random.Random(3)
    for path in RICH * 60:
        segments = path.read_bytes().decode("latin-1").split("~\n")
        for _ in range(4):
            at = drawn.randrange(1, len(segments))
            elements = segments[at].split("*")
            which = drawn.randrange(len(elements))
            elements[which] = drawn.choice(["", "*" * 9, ":" * 9, "9" * 400, "1e999", "x", drawn.choice(HOSTILE[:6])])
            segments[at] = "*".join(elements)
        data = "~\n".join(segments).encode("latin-1", "replace")
        for phi in (False, True):
            teller = Teller(phi)
            for item in read(io.BytesIO(data)):
                for said in teller.say(item):
                    assert not UNSEEN.search(str([said.head, *(w for row in said.rows for w in row)]))


# ------------------------------------------------------------------ the command


@pytest.mark.parametrize("form", ["text", "json", "html"])
@pytest.mark.parametrize("path", RICH, ids=name)
def test_snapshots(path: Path, form: str, update: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = edi837("report", "ack", path.relative_to(ROOT), "--format", form)
    text = re.sub(r"<style>.*</style>", "<style/>", done.out, flags=re.DOTALL)
    holds(ROOT / "tests" / "snapshots" / "report" / f"{path.name}.{form}", text, update)
    if form == "json":
        assert json.loads(done.out)["says"]
    elif form == "text":
        assert all(len(line) <= 100 for line in done.out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["277ca", DEMO], 1, "3 claims accepted, 6 rejected"),
        (["ack", DEMO], 1, "3 claims accepted, 6 rejected"),
        (["999", DEMO], 3, "there is no 999 in it; it holds 277CA"),
        (["ta1", FIXTURES / "envelope/expected/wrong-iea01.ta1.edi"], 1, "1 refused whole"),
        (["999", FIXTURES / "envelope/expected/three-sets-one-bad.999.edi"], 1, "1 refused whole"),
        (["ack", FIXTURES / "demo.edi"], 3, "there is no acknowledgement in it"),
        (["ack", FIXTURES / "envelope/not-x12.edi"], 3, "not X12"),
        (["ack", FIXTURES / "no-such.edi"], 3, "cannot be read"),
    ],
)
def test_status_and_last_word(arguments: list[str | Path], status: int, said: str) -> None:
    done = edi837("report", *arguments)
    assert done.status == status and said in done.err


NINES = FIXTURES / "envelope/expected/three-sets-one-bad.999.edi"
SEVERAL = [DEMO, FIXTURES / "envelope/not-x12.edi", NINES, FIXTURES / "no-such.edi"]


def test_several_files_are_one_array_of_json_that_names_them(tmp_path: Path) -> None:
    out = tmp_path / "m.json"
    done = edi837("report", "ack", *SEVERAL, "--format", "json", "-o", out)
    told = json.loads(out.read_text())
    assert done.status == 3 and [each["file"] for each in told] == list(map(str, SEVERAL))
    assert told[0] == json.loads(edi837("report", "ack", DEMO, "--format", "json").out)
    assert told[2] == json.loads(edi837("report", "ack", NINES, "--format", "json").out)
    assert told[2]["summary"] == "1 refused whole" and len(told[2]["says"]) > 3
    assert [(each["says"], each["summary"]) for each in (told[1], told[3])] == [([], UNREAD)] * 2
    alone = json.loads(edi837("report", "ack", SEVERAL[1], "--format", "json").out)
    assert alone == {"file": str(SEVERAL[1]), "says": [], "summary": UNREAD}


UNREAD = "This could not be read to its end."


def test_several_files_are_one_page_with_a_head_for_each() -> None:
    text = edi837("report", "ack", *SEVERAL, "--format", "html").out
    document = html.fromstring(text)
    assert text.count("<!DOCTYPE") == text.count("<html") == text.count("<h1") == 1
    assert found(document, "//h1/text()") == ["What 4 files say"] == found(document, "//title/text()")
    assert found(document, "//h2/text()") == list(map(str, SEVERAL))
    verdicts = found(document, "//h2/following-sibling::*[1][@class='verdict']/text()")
    assert verdicts == ["3 claims accepted, 6 rejected", UNREAD, "1 refused whole", UNREAD]
    sections = [len(found(document, f"//section[count(preceding-sibling::h2) = {n}]")) for n in range(5)]
    alone = [len(found(html.fromstring(edi837("report", "ack", file, "--format", "html").out), "//section"))
             for file in (DEMO, NINES)]  # fmt: skip
    assert sections == [0, alone[0], 0, alone[1], 0]


def test_patients_and_the_payer_s_words_are_masked_unless_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "x.edi"
    data = DEMO.read_bytes().replace(b"STC*A3:247*", b"STC*A7:21*", 1)
    data = re.sub(rb"(STC\*A7:21\*\d+\*U\*[\d.]+)~", rb"\1********CANARY IS ILL~", data)
    data = re.sub(rb"NM1\*QC\*1\*[^*]*\*[^*]*", b"NM1*QC*1*CANARYLAST*CANARYFIRST", data)
    data = re.sub(rb"(NM1\*QC[^~]*\*MI\*)[^~*]*", rb"\1CANARYID", data)
    file.write_bytes(data)
    for form in ("text", "json", "html"):
        assert "CANARY" not in edi837("report", "ack", file, "--format", form).out
        shown = edi837("report", "ack", file, "--format", form, "--phi", "show").out
        assert all(word in shown for word in ("CANARY IS ILL", "CANARYLAST", "CANARYFIRST", "CANARYID"))
    refused = tmp_path / "y.edi"
    answer = (FIXTURES / "837P/fail/expected/bad-number.999.edi").read_bytes()
    refused.write_bytes(re.sub(rb"(IK4\*[^~*]*\*[^~*]*\*[^~*]*)[^~]*", rb"\1*CANARYVALUE", answer))
    assert "CANARY" not in edi837("report", "999", refused).out
    assert "CANARYVALUE" in edi837("report", "999", refused, "--phi", "show").out


def test_a_page_of_html_holds_all_of_it() -> None:
    document = html.fromstring(edi837("report", "ack", DEMO, "--format", "html").out)
    policy = found(document, "//meta[@http-equiv='Content-Security-Policy']/@content")
    assert len(policy) == 1 and policy[0].startswith("default-src 'none'")
    assert len(found(document, "//section[contains(@class, 'bad')]")) == 6
    assert not found(document, "//script|//@src|//@href|//@*[starts-with(name(), 'on')]")


def test_every_status_that_our_rules_give_has_a_place_or_says_enough() -> None:
    """A biller is told where to look for what our own policy sends back."""
    without = {"732", "481"}  # said beside another code; the whole claim
    given = [code for edit in load("042").edits for code in edit.status]
    given += [code for rule in snip.RULES for code in rule.status]
    for code in given:
        about = code.split(":")[1]
        assert codes.place(code) or about in again.INSTEAD or about in without, code
