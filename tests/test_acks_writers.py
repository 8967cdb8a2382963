"""The judge, the segment writer, the TA1, and which acknowledgement answers what and whom."""

from __future__ import annotations

import io
import re
import string
from collections.abc import Callable
from decimal import Decimal
from typing import IO, Any

import pytest

from edi837 import x12
from edi837.acks import Acknowledgements
from edi837.acks.writer import Segments, amount, spool
from edi837.frames import Interchange, Verdict
from edi837.x12 import Delimiters
from tests.ack_events import (
    NOW,
    answer,
    claim,
    complaints,
    edit,
    group,
    interchange,
    starting,
    told,
    told_set,
    transaction_set,
)
from tests.judge import CRASH, judge

# ------------------------------------------------------------------ the judge, and the writer


def test_the_judge_hears_a_fault_and_a_crash() -> None:
    good = answer(told(told_set()))["999"]
    assert judge(good) == []
    assert judge(good.replace(b"SE*6*", b"SE*7*")) == [
        "3:ST:4:SE count of 7 for SE02=0001 is wrong. I count 6"
    ]
    (letter,) = judge(good.replace(b"AK1*HC*1*", b"AK1*HC*X*"))
    assert letter.startswith("4:ELE:6:") and "(AK102)" in letter
    assert judge(b"\xff" + good)[0].startswith(CRASH)
    assert judge(good, timeout=0.001) == [f"{CRASH} no answer in 0.001 s"]


def written(write: Callable[[Segments], object]) -> str:
    stream = io.BytesIO()
    out = Segments(stream, Delimiters())
    write(out)
    out.flush()
    return stream.getvalue().decode("latin-1")


def test_trailing_empty_elements_and_components_are_left_out() -> None:
    assert written(lambda out: out.put("A", "", "1", "", "")) == "A**1~\n"
    assert (
        written(lambda out: out.put("A", out.composite("1", "", "2", ""), out.composite("", "")))
        == "A*1::2~\n"
    )
    assert written(lambda out: out.put("A", "\xe9")) == "A*\xe9~\n"


@pytest.mark.parametrize("value", ["a*", "*", "a*b", "a~b", "~", "a^", ":", "a:b", "\u2019"])
def test_our_own_delimiter_in_a_value_is_our_fault(value: str) -> None:
    with pytest.raises(ValueError):
        written(lambda out: out.put("A", value))
    with pytest.raises(ValueError):
        written(lambda out: out.put("A", out.composite("1", "2"), value, ""))


@pytest.mark.parametrize("value", ["a:", ":", "a:b"])
def test_so_is_one_in_a_component(value: str) -> None:
    with pytest.raises(ValueError):
        written(lambda out: out.composite("1", value))


def test_the_fault_is_told_without_the_value() -> None:
    with pytest.raises(ValueError, match=r"^a value of NM1 holds a delimiter$"):
        written(lambda out: out.put("NM1", "SMITH*"))
    with pytest.raises(ValueError, match=r"^a component holds a delimiter$"):
        written(lambda out: out.composite("SMITH:"))


@pytest.mark.parametrize(
    ("value", "most", "text"),
    [
        ("a*b", 0, "a b"),
        ("a[?]b", 0, "a[?]b"),
        ("~a\n", 0, "a"),
        ("ab  ", 0, "ab"),
        ("abc", 2, "ab"),
        ("a  c", 2, "a"),
        ("\x7f\0", 0, ""),
        ("\xe9", 9, "\xe9"),
    ],
)
def test_echoes_are_safe(value: str, most: int, text: str) -> None:
    assert Segments(io.BytesIO(), Delimiters()).echo(value, most) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("0.00", "0"),
        ("-0", "0"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("12.50", "12.5"),
        ("0.05", "0.05"),
        ("1E-7", "0.0000001"),
    ],
)
def test_amounts(number: str, text: str) -> None:
    assert amount(Decimal(number)) == text


def test_what_is_cleared_is_forgotten() -> None:
    for flushed in (False, True):
        stream = io.BytesIO()
        out = Segments(stream, Delimiters())
        out.put("A")
        if flushed:
            out.flush()
        out.clear()
        out.put("B")
        out.flush()
        assert stream.getvalue() == b"B~\n" and out.count == 1


def test_a_long_answer_does_not_wait_in_memory() -> None:
    stream = io.BytesIO()
    out = Segments(stream, Delimiters())
    for _ in range(10_000):
        out.put("A")
    assert stream.tell() > 8_000 * len("A~\n")


def test_a_splice_moves_segments_and_their_count() -> None:
    first, second = Segments(spool(), Delimiters()), Segments(spool(), Delimiters())
    for _ in range(3):
        for number in range(1500):
            second.put("B", str(number))
        first.put("A")
        first.splice(second)
        assert second.count == 0
    assert first.count == 3 * 1501


# ------------------------------------------------------------------ TA1


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([], "A*000"),
        ([("E", "021")], "E*021"),
        ([("E", "021"), ("R", "001"), ("R", "024"), ("A", "000")], "R*001"),
        ([("A", "000"), ("E", "004")], "E*004"),
    ],
)
def test_a_ta1_says_the_worst(codes: list[tuple[str, str]], said: str) -> None:
    data = answer(told([interchange(wants_ta1="1", codes=codes)]))["ta1"]
    assert (
        data.decode()
        == f"""\
ISA*00*          *00*          *ZZ*RECEIVERID     *ZZ*SUBMITTERID    *241123*1215*^*00501*000000901*0*T*:~
TA1*000000001*241123*1200*{said}~
IEA*0*000000901~
"""
    )
    assert complaints(data) == []


def test_a_ta1_is_due_when_asked_for_or_refused() -> None:
    assert "ta1" not in answer(told([interchange(codes=[("E", "021")])]))
    assert "ta1" in answer(told([interchange(codes=[("R", "021")])]))


@pytest.mark.parametrize(
    ("at", "value", "repeated"),
    [
        (13, "12", "TA1*000000012*241123*1200*A*000"),
        (13, "A1?2", "TA1*000000012*241123*1200*A*000"),
        (13, "A00012345678901", "TA1*345678901*241123*1200*A*000"),
        (13, "", "TA1*000000000*241123*1200*A*000"),
        (9, "241323", "TA1*000000001*241123*1200*A*000"),
        (9, "20240101", "TA1*000000001*241123*1200*A*000"),
        (9, "2411 1", "TA1*000000001*241123*1200*A*000"),
        (9, "24111", "TA1*000000001*241123*1200*A*000"),
        (9, "240229", "TA1*000000001*240229*1200*A*000"),
        (10, "2460", "TA1*000000001*241123*1215*A*000"),
        (10, "", "TA1*000000001*241123*1215*A*000"),
        (5, "XX", "TA1*000000001*241123*1200*A*000"),
        (6, "", "TA1*000000001*241123*1200*A*000"),
        (6, "A VERY LONG SENDER ID", "TA1*000000001*241123*1200*A*000"),
        (6, "A*~\x01", "TA1*000000001*241123*1200*A*000"),
        (15, "", "TA1*000000001*241123*1200*A*000"),
    ],
)
def test_a_broken_isa_is_answered_by_a_valid_one(at: int, value: str, repeated: str) -> None:
    received = interchange(wants_ta1="1")
    received.header[at] = value
    data = answer(told([received]))["ta1"]
    assert starting("TA1", data) == [repeated]
    assert len(data.decode().split("\n")[0]) == 106
    assert complaints(data) == []


def test_an_isa_that_ends_early_is_answered() -> None:
    received = Interchange(["ISA", "00"] + [""] * 13, codes=[("R", "022")])
    assert complaints(answer(told([received]))["ta1"]) == []


@pytest.mark.parametrize("sent", ["01", "14", "20", "27", "28", "29", "30", "33", "ZZ", "02", ""])
def test_isa_repeats_the_qualifiers_that_x12_knows(sent: str) -> None:
    received = interchange(wants_ta1="1")
    received.header[5] = received.header[7] = sent
    isa = starting("ISA", answer(told([received]))["ta1"])[0].split("*")
    assert isa[5] == isa[7] == (sent if sent not in ("02", "") else "ZZ")


@pytest.mark.parametrize(("sent", "said"), [("T", "T"), ("P", "P"), ("I", "P"), ("", "P")])
def test_an_answer_to_a_test_is_a_test(sent: str, said: str) -> None:
    received = interchange(wants_ta1="1")
    received.header[15] = sent
    assert starting("ISA", answer(told([received]))["ta1"])[0].split("*")[15] == said


@pytest.mark.parametrize(
    ("gs", "isa", "said"),
    [
        ("AB", "CD", "AB"),
        ("A", "CD", "CD"),  # GS02 and GS03 have two characters at least
        ("A", "C", "UNKNOWN"),
        ("A" * 16, "CD", "A" * 15),
        ("A" * 14 + " B", "CD", "A" * 14),
    ],
)
def test_gs_names_both_as_the_gs_that_came_or_else_its_isa(gs: str, isa: str, said: str) -> None:
    frames = told_set()
    received, (agroup, _) = frames
    for at in (2, 3):
        agroup.header[at] = gs
    received.header[6] = received.header[8] = f"{isa:15}"
    assert starting("GS", answer(told(frames))["999"])[0].split("*")[2:4] == [said, said]


def test_a_gs_that_names_nobody_is_answered_to_and_by_those_of_its_isa() -> None:
    frames = told_set()
    frames[1][0].header[2:4] = "", ""
    assert starting("GS", answer(told(frames))["999"])[0].split("*")[2:4] == ["RECEIVERID", "SUBMITTERID"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [("", "UNKNOWN"), (" " * 15, "UNKNOWN"), ("A VERY LONG SENDER ID", "A VERY LONG SEN"), ("*A~", "A")],
)
def test_isa_names_the_sender_or_nobody(sent: str, said: str) -> None:
    received = interchange(wants_ta1="1")
    received.header[6] = sent
    assert starting("ISA", answer(told([received]))["ta1"])[0].split("*")[8] == f"{said:15}"


def test_any_mark_but_ours_may_be_a_delimiter() -> None:
    """A dash, a dot and a blank stand in what we write ourselves; letters and digits in what anyone does."""
    for mark in string.printable:
        received = interchange(wants_ta1="1", element=mark)
        written = answer(told([received]))["ta1"].decode("latin-1")
        serves = not mark.isalnum() and mark not in "-. :~"
        assert written[3] == (mark if serves else "*"), mark


# ------------------------------------------------------------------ which, to whom, in what order


def test_each_sender_gets_his_own_and_numbers_follow_the_events() -> None:
    both = [
        told_set(Verdict(claim("A", "1")), received=interchange("FIRST", wants_ta1="1")),
        told_set(
            Verdict(claim("B", "2")), received=interchange("SECOND", "000000002", element="|", segment="\n")
        ),
    ]
    files = answer(told(*both))
    assert list(files) == ["999", "277ca", "ta1"]
    receivers = {}
    for kind, data in files.items():
        for one in re.split(b"(?=ISA)", data)[1:]:  # a file may be cut before any ISA
            assert complaints(one) == []
        for raw in x12.read(io.BytesIO(data)):  # our own reader reads what we write
            if isinstance(raw, x12.RawInterchange):
                isa, *_ = [x12.split(piece, raw.delimiters) for piece in raw.pieces]
                receivers[isa[13]] = (kind, isa[8].strip())
    assert receivers == {
        "000000901": ("999", "FIRST"),
        "000000902": ("277ca", "FIRST"),
        "000000903": ("ta1", "FIRST"),
        "000000904": ("999", "SECOND"),
        "000000905": ("277ca", "SECOND"),
    }


def test_a_refused_interchange_gets_a_ta1_and_takes_its_other_answers_back() -> None:
    kept = told_set(Verdict(claim("KEPT", "1")), received=interchange("FIRST"))
    lost = told_set(Verdict(claim("LOST", "2")), received=interchange("SECOND", codes=[("R", "001")]))
    alone, both = answer(told(kept)), answer(told(kept, lost, kept))
    assert set(answer(told(lost))) == {"ta1"}
    assert {kind: answer(told(kept, lost))[kind] for kind in alone} == alone
    for kind in ("999", "277ca"):
        assert both[kind].startswith(alone[kind]) and both[kind].count(b"ISA*") == 2
        assert b"SECOND" not in both[kind] and b"LOST" not in both[kind]
    assert starting("IEA", both["ta1"]) == ["IEA*0*000000903"]
    assert starting("IEA", both["999"])[-1] == "IEA*1*000000904"


def test_a_refused_group_gets_a_999_and_takes_its_277cas_back() -> None:
    def one(number: str, id: str, *codes: str) -> list[Any]:
        aset = [transaction_set(claims=1), Verdict(claim(id, "1"))]
        return [group(number=number, sets=1, accepted=1, declared="1", codes=list(codes)), aset]

    files = answer(
        told([interchange(wants_ta1="1"), one("1", "KEPT"), one("2", "LOST", "4"), one("3", "LAST")])
    )
    assert [text[:5] for text in starting("AK9", files["999"])] == ["AK9*A", "AK9*R", "AK9*A"]
    assert starting("TRN", files["277ca"])[3::4] == ["TRN*2*KEPT", "TRN*2*LAST"]
    assert starting("IEA", files["277ca"]) == ["IEA*1*000000902", "IEA*1*000000905"]
    assert starting("IEA", files["999"]) == ["IEA*1*000000901", "IEA*1*000000903", "IEA*1*000000904"]
    assert starting("IEA", files["ta1"]) == ["IEA*0*000000906"]


def test_other_sets_than_claims_have_no_277ca() -> None:
    status = told_set(guide="005010X214", kind="277")
    assert set(answer(told(status))) == {"999"}
    assert set(answer(told(told_set(kind="I")))) == {"999", "277ca"}


def test_a_set_is_refused_or_acknowledged_but_not_both() -> None:
    found = edit("A7:254")
    assert set(answer(told(told_set(Verdict(claim("A", "1"), (found,)))))) == {"999", "277ca"}
    assert set(answer(told(told_set(Verdict(claim("A", "1"), (found,)), refused=True)))) == {"999"}
    assert set(answer(told(told_set(guide="", refused=True)))) == {"999"}
    assert set(answer(told(told_set(guide="", kind="", refused=True)))) == {"999"}


def test_a_policys_findings_are_not_in_the_999() -> None:
    data = answer(told(told_set(Verdict(claim("A", "1"), (edit("A7:254"),)))))["999"]
    assert starting("AK9", data) == ["AK9*A*1*1*1"]


def test_the_same_events_give_the_same_bytes_and_numbers_go_round() -> None:
    frames = told_set(Verdict(claim("A", "1")), received=interchange(wants_ta1="1"))
    assert answer(told(frames)) == answer(told(frames))
    files = answer(told(frames), control=999_999_999)
    assert starting("IEA", files["999"]) == ["IEA*1*999999999"]
    assert starting("IEA", files["277ca"]) == ["IEA*1*000000001"]


def test_nothing_to_say() -> None:
    assert answer([]) == {}
    assert Acknowledgements(NOW, 1).finish() == {}
    assert answer(told([interchange()])) == {}


def test_without_a_profile_we_are_the_payer_and_what_waited_is_closed() -> None:
    files: list[IO[bytes]] = []

    def make() -> IO[bytes]:
        files.append(io.BytesIO())
        return files[-1]

    acks = Acknowledgements(NOW, 901, files=make)
    for event in told(told_set(Verdict(claim("A", "1")))):
        acks.take(event)
    kept = acks.finish()
    assert {kind: file.read() for kind, file in kept.items()} == answer(told(told_set(Verdict(claim("A", "1")))))
    assert [file for file in files if not file.closed] == list(kept.values())
