"""The report beside the answers says what to do with a claim that goes back, and counts in plain words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edi837 import again
from tests.formats import FIXTURES, edi837
from tests.snippets import CLAIM_I, CLAIM_P, HEAD, I, P, interchange

ORIGINAL = "as an original (CLM05-3 = 1)"


@pytest.mark.parametrize(
    ("kind", "frequency", "as_what"),
    [
        ("P", "1", ORIGINAL),
        ("P", "7", "as a replacement (CLM05-3 = 7), with the payer's number of the earlier claim in REF*F8"),
        ("P", "8", "as a void (CLM05-3 = 8), with the payer's number of the earlier claim in REF*F8"),
        ("I", "1", ORIGINAL),
        ("I", "7", "as a replacement (CLM05-3 = 7), with the payer's number of the earlier claim in REF*F8"),
        *(("I", part, f"with the same frequency (CLM05-3 = {part})") for part in "0234569A"),
        ("P", "2", ORIGINAL),
        ("I", "z", ORIGINAL),
    ],
)
def test_a_claim_is_sent_again_as_what_it_was(kind: str, frequency: str, as_what: str, tmp_path: Path) -> None:
    """CLM05-3: a replacement that was rejected has replaced nothing, and as an original it would be paid twice."""
    body, mark = (CLAIM_P, ":B:1") if kind == "P" else (CLAIM_I, ":A:1")
    body = body.replace("CLM*C1*100*", "CLM*C1*101*").replace(mark, f"{mark[:-1]}{frequency}")
    body = body.replace("HI*ABK", "REF*F8*ICN042\nHI*ABK", 1)
    file = tmp_path / "a.edi"
    file.write_bytes(interchange(HEAD + body, guide=P if kind == "P" else I))
    edi837("ack", file, "-o", tmp_path)
    wanted = f"Correct it and send it again {as_what}: it never entered adjudication."
    text = (tmp_path / "a.edi.report.txt").read_text()
    assert [row.split("resend  ")[1] for row in text.splitlines() if "resend  " in row] == [wanted]
    entries = json.loads((tmp_path / "a.edi.report.json").read_text())["entries"]
    assert [each["claim"]["resend"] for each in entries if "claim" in each] == [wanted]


def test_one_is_not_several(tmp_path: Path) -> None:
    """Counts of one claim, one line and one finding: in the finding, the last line and the report."""
    file = tmp_path / "a.edi"
    file.write_bytes(interchange(HEAD + CLAIM_P.replace("CLM*C1*100*", "CLM*C1*101*")))
    done = edi837("ack", file, "-o", tmp_path)
    assert done.err == "a.edi: 1 claim, 1 rejected\n"
    report = (tmp_path / "a.edi.report.txt").read_text()
    assert "101 is not 100, the sum of 1 line\n" in report and "  1 claim  $101.00\n" in report
    concise = edi837("check", file, "--format", "concise")
    assert concise.err.endswith("a.edi: 1 claim, 1 rejected, 1 finding\n")


def test_one_line_paid_is_not_several(tmp_path: Path) -> None:
    """AMT*D against one SVD (S3-AMT-D)."""
    other = (
        "SBR*S*18*******CI\nAMT*D*60\nOI***Y***Y\nNM1*IL*1*ASPEN*IRIS****MI*SYN000001\n"
        "NM1*PR*2*OTHER PLAN*****PI*OTHER1\nLX*1"
    )
    paid = "DTP*472*D8*20250106\nSVD*OTHER1*50*HC:S9500**1\nCAS*CO*45*50\nDTP*573*D8*20250120"
    body = CLAIM_P.replace("LX*1", other).replace("DTP*472*D8*20250106", paid)
    file = tmp_path / "a.edi"
    file.write_bytes(interchange(HEAD + body))
    told = edi837("check", file, "--format", "concise").out
    assert "60 is not 50: 1 line paid less 0 adjusted" in told


def resends(folder: Path, name: str) -> list[str]:
    """What to do with each claim of a report, which its text and its JSON say alike."""
    entries = json.loads((folder / f"{name}.report.json").read_text())["entries"]
    told = [each["claim"]["resend"] for each in entries if "claim" in each and each["claim"]["resend"]]
    text = (folder / f"{name}.report.txt").read_text()
    assert [row.split("resend  ")[1] for row in text.splitlines() if "resend  " in row] == told
    return told


def test_a_claim_that_is_with_the_payer_is_not_sent_again(tmp_path: Path) -> None:
    """A3:78, a copy in the file; A3:54, a claim that a history has. Of a line (042-A08) they do not say it."""
    twice, once = tmp_path / "twice.edi", tmp_path / "once.edi"
    twice.write_bytes(interchange(HEAD + CLAIM_P + CLAIM_P))
    once.write_bytes(interchange(HEAD + CLAIM_P))
    edi837("ack", twice, "-o", tmp_path)
    assert resends(tmp_path, "twice.edi") == [again.INSTEAD["78"]]
    history = tmp_path / "history"
    other = interchange(HEAD + CLAIM_P).replace(b"000000001", b"000000002")
    for data in (once.read_bytes(), other):
        once.write_bytes(data)
        edi837("ack", once, "-o", tmp_path, "--history", history)
    assert resends(tmp_path, "once.edi") == [again.INSTEAD["54"]]


def test_an_interchange_group_or_set_that_came_before_is_not_sent_again_whole(tmp_path: Path) -> None:
    for name, number in (("isa13", "ISA13"), ("gs06", "GS06"), ("st02", "ST02 and BHT03")):
        edi837("ack", FIXTURES / f"envelope/duplicate-{name}.edi", "-o", tmp_path)
        text = (tmp_path / f"duplicate-{name}.edi.report.txt").read_text()
        assert f"What was not, or is changed, goes under a new {number}.\n" in text
        assert not any(words in text for words in again.REFUSED.values())


@pytest.mark.parametrize(
    ("name", "kind", "what"),
    [
        ("837P/fail/missing-segment.edi", "999", "set alone"), ("envelope/missing-ge.edi", "999", "group"),
        ("envelope/wrong-iea01.edi", "ta1", "interchange"),
    ],
    ids=["set", "group", "interchange"],
)  # fmt: skip
def test_what_is_refused_is_sent_again_as_the_answer_read_back_says(
    name: str, kind: str, what: str, tmp_path: Path
) -> None:
    file = Path(name).name
    edi837("ack", FIXTURES / name, "-o", tmp_path)
    assert f"\n    {again.REFUSED[what]}\n" in (tmp_path / f"{file}.report.txt").read_text()
    told = json.loads(edi837("report", kind, tmp_path / f"{file}.{kind}.edi", "--format", "json").out)
    assert again.REFUSED[what] in json.dumps(told)
