"""What a sender may write, and how it comes back to him: delimiters, bytes and blanks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edi837.claim import Party
from edi837.frames import Verdict
from tests.ack_events import (
    acknowledged,
    answer,
    check_envelope,
    claim,
    complaints,
    edit,
    interchange,
    line,
    person,
    segments,
    starting,
    told,
    told_set,
)


def test_what_the_sender_wrote_cannot_break_our_segments() -> None:
    """His delimiters are ours, and what he may write with them is no delimiter of ours."""
    marks = {"element": "|", "component": ">", "repetition": "!", "segment": "\n"}
    his = interchange(**marks)
    odd = Verdict(
        claim("A*B:C~D^E", "2", [line("1", "S9500", "2", "1", control="*:~^")]), (edit("A8:453", line="1"),)
    )
    data = answer(told(told_set(odd, received=his)))["277ca"]
    written = segments(data, "|", "\n")
    assert ["TRN", "2", "A*B:C~D^E"] in written and ["REF", "FJ", "*:~^"] in written
    assert ["STC", "A8>453", "", "U"] in written and written[0][11] == "!" and written[0][16] == ">"
    check_envelope(written)
    assert complaints(data) == []


def test_delimiters_that_cannot_serve_are_replaced_and_the_senders_data_cleaned() -> None:
    his = interchange(element=".", component="-", segment="~")
    data = answer(told(told_set(Verdict(claim("A*B~\x00\nC", "2.50")), received=his)))["277ca"]
    assert "TRN*2*A B   C" in starting("TRN", data) and "AMT*YU*2.5" in starting("AMT", data)
    check_envelope(segments(data))
    assert complaints(data) == []


def test_bytes_beyond_ascii_go_back_as_they_came() -> None:
    name = "JOS\u00c9".encode().decode("latin-1")  # UTF-8, seen as x12 sees it
    data = acknowledged(Verdict(claim("A", "2", subscriber=person(name, "ANA", "W1"))))
    assert "NM1*QC*1*JOS\u00c9*ANA****MI*W1~".encode() in data


def test_an_interchange_without_repetitions_gets_a_separator_all_the_same() -> None:
    his = interchange(repetition="", component="^")
    data = answer(told(told_set(Verdict(claim("A", "2")), received=his)))["277ca"]
    assert segments(data)[0][11] == "|" and segments(data)[0][16] == "^"
    assert complaints(data) == []
    his = interchange(repetition="", element="^", component="|", segment="`")
    data = answer(told(told_set(Verdict(claim("A", "2")), received=his)))["277ca"]
    assert segments(data, "^", "`")[0][11] == "}" and segments(data, "^", "`")[0][16] == "|"


TEXT = st.text(st.characters(max_codepoint=255), max_size=12)
MARKS = st.text(st.characters(max_codepoint=255), min_size=4, max_size=4)


@settings(max_examples=80, deadline=None)
@given(TEXT, TEXT, TEXT, MARKS)
def test_no_text_of_the_senders_bends_our_segments(one: str, two: str, three: str, marks: str) -> None:
    his = interchange(element=marks[0], component=marks[1], repetition=marks[2], segment=marks[3])
    his.header[6], his.header[8] = one, two
    who = Party("IL", "1", one, two, three, one, "MI", two)
    odd = claim(one, "2", [line("1", one, "1", "1", two, control=three)], subscriber=who, transmission_id=two)
    bill = claim(three, "2", [line("1", "", "1", "1", revenue=one)], kind="I", place=two, frequency=three)
    verdicts = [Verdict(odd, (edit("A8:453", line="1"),)), Verdict(bill, (edit("A8:453", line="1"),))]
    files = answer(
        told(told_set(*verdicts, received=his, submitter=["NM1", "41", one, two, three], reference=one))
    )
    for data in files.values():
        end = data[105:106].decode("latin-1")
        plain = segments(data, data[3:4].decode("latin-1"), end)
        check_envelope(plain)
        assert len(plain[0]) == 17 and len(data.decode("latin-1").split(end)[0]) == 105
        shapes = {
            "HL": (4, 5),
            "NM1": (3, 10),
            "TRN": (3, 3),
            "REF": (3, 3),
            "SVC": (3, 8),
            "DTP": (4, 4),
            "QTY": (3, 3),
        }
        for segment in plain:
            least, most = shapes.get(segment[0], (2, 17))
            assert least <= len(segment) <= most
