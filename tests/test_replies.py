"""What became of a claim is never told better than its answer says: outcomes, totals, advice, and what is no answer."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from edi837 import again
from edi837.replies import codes
from edi837.replies.read import read
from edi837.replies.said import Said
from edi837.replies.words import Teller
from tests.formats import edi837

ISA = "ISA*00*          *00*          *ZZ*PAYER042       *ZZ*SUBMIT042      *260115*0930*^*00501*000000001*0*T*:~"
CA, STATUS, MORE, PENDING = "005010X214", "005010X212", "005010X213", "005010X228"
PATIENT = "HL*4*3*PT~NM1*QC*1*ASPEN*IRIS****MI*SYN000001~"
TAKEN = "STC*A2:20*20260115*WQ*100~"


def answer(*body: str, kind: str = "277", code: str = "HN", guide: str = CA, gs08: str = CA) -> bytes:
    """An interchange of one set; ``guide`` goes into ST03, nothing where it is empty."""
    told = "".join(body)
    st03 = f"*{guide}" if guide else ""
    return (f"{ISA}GS*{code}*PAYER042*SUBMIT042*20260115*0930*1*X*{gs08}~ST*{kind}*0001{st03}~{told}"
            f"SE*{told.count('~') + 2}*0001~GE*1*1~IEA*1*000000001~").encode()  # fmt: skip


def head(totals: str = "", status: str = "STC*A1:19:PR*20260115*WQ*100~", trace: str = "TRN*2*BATCH1~") -> str:
    """2000A and 2000B."""
    return ("BHT*0085*08*1*20260115*0930*TH~HL*1**20*1~NM1*PR*2*SAMPLE HEALTH PLAN*****PI*PAYER042~"
            f"HL*2*1*21*1~NM1*41*2*EXAMPLE BILLING*****46*SUBMIT042~{trace}{status}{totals}")  # fmt: skip


def provider(stc: str = "", totals: str = "") -> str:
    """2000C."""
    return f"HL*3*2*19*1~NM1*85*2*EXAMPLE INFUSION*****XX*2000000010~TRN*1*0~{stc}{totals}"


def claim(number: str, *statuses: str) -> str:
    """2000D with one claim."""
    return f"{PATIENT}TRN*2*{number}~{''.join(statuses)}DTP*472*D8*20260105~"


def line(*statuses: str) -> str:
    """2220D, behind a claim."""
    return f"SVC*HC:S9500*100*****1~{''.join(statuses)}REF*FJ*1~DTP*472*D8*20260105~"


def told(data: bytes) -> tuple[list[Said], Teller]:
    teller = Teller()
    return [said for item in read(io.BytesIO(data)) for said in teller.say(item)], teller


def rows(said: Said, label: str) -> list[str]:
    return [words for each, words in said.rows if each == label]


def claims(said: list[Said]) -> dict[str, Said]:
    return {each.head.split()[1]: each for each in said if each.about == "claim"}


# ------------------------------------------------------------------ what became of a claim


@pytest.mark.parametrize(
    ("own", "below", "outcome"),
    [
        ("A2:20*20260115*WQ*100", "", "accepted"),
        ("A0:16:PR*20260115*WQ*100", "", "accepted"),
        ("A5:20*20260115*WQ*100", "", "accepted"),
        ("A3:21*20260115*U*100", "", "rejected"),
        ("A1:19*20260115*U*100", "", "rejected"),
        ("F2:88*20260115*U*100", "", "rejected"),
        ("A8:249*20260115**100", "", "rejected"),  # no action, but a category that rejects
        ("A1:20*20260115*WQ*100", "A8:453", "rejected"),  # so a line, which is listed only where it rejects
        ("A1:20*20260115*WQ*100", "A8:453**U", "rejected"),
        ("F2:88*20260115*WQ*100", "", "unclear"),
        ("A4:35*20260115*WQ*100", "", "unclear"),
        ("A7:562:85*20260115*WQ*100", "", "unclear"),
        ("A1:20*20260115*WQ*100******A7:562", "", "unclear"),
        ("A2:20*20260115**100", "", "unclear"),
        ("A2:20*20260115*XX*100", "", "unclear"),
        ("*20260115*WQ*100", "", "unclear"),
        ("A1:20*20260115*WQ*100", "A7:453**WQ", "unclear"),
        ("", "", "unclear"),
    ],
)
def test_a_claim_is_accepted_only_where_the_answer_says_so(own: str, below: str, outcome: str, tmp_path: Path) -> None:
    """STC03 and the category together: WQ with A0, A1, A2 or A5 (X12 code source 507; guide 005010X214)."""
    lines = line(f"STC*{below}~") if below else ""
    data = answer(head(), provider(), claim("C1", f"STC*{own}~" if own else ""), lines)
    said, teller = told(data)
    assert (teller.accepted, teller.rejected, teller.unclear) == tuple(
        outcome == each for each in ("accepted", "rejected", "unclear")
    )
    found = claims(said)["C1"]
    assert found.tone == {"accepted": "good", "rejected": "bad", "unclear": "note"}[outcome]
    for code in (own.partition("*")[0], below.partition("*")[0]):
        if code and outcome != "accepted":
            assert any(words.startswith(f"{code}: ") for words in rows(found, "why")), code
    file = tmp_path / "a.277"
    file.write_bytes(data)
    done = edi837("report", "ack", file)
    assert done.status == {"accepted": 0, "rejected": 1, "unclear": 3}[outcome]
    assert ("1 not clear" in done.err) == (outcome == "unclear")
    if outcome == "unclear":
        assert rows(found, "do") == [codes.ASK] and rows(found, "why")
        assert "accepted" not in found.head and "outcome is not clear" in done.out
        assert json.loads(edi837("report", "277ca", file, "--format", "json").out)["says"][-1]["outcome"] == ""


def test_a_batch_or_provider_is_not_received_with_a_code_that_rejects() -> None:
    said, teller = told(answer(head(status="STC*A7:21:41*20260115*WQ*100~"), provider(), claim("C1", TAKEN)))
    assert (teller.accepted, teller.unclear, teller.refused) == (1, 1, 0)
    assert [each.head for each in said if each.about == "batch"] == [
        "Batch BATCH1 was answered, but its outcome is not clear, says SAMPLE HEALTH PLAN"
    ]
    said, teller = told(answer(head(), provider("STC*F2:88:85**WQ*100~"), claim("C1", TAKEN)))
    assert (teller.accepted, teller.unclear, teller.refused) == (1, 1, 0)
    assert [each.tone for each in said if each.about == "provider"] == ["note"]
    said, teller = told(answer(head(), provider("STC*A3:24:85***100~")))
    assert (teller.unclear, teller.refused) == (0, 1)


def test_the_totals_may_count_what_is_not_clear_either_way() -> None:
    body = provider(), claim("C1", TAKEN), claim("C2", "STC*F2:88*20260115*WQ*100~")
    for totals in ("QTY*90*1~QTY*AA*1~", "QTY*90*2~"):
        assert not [each for each in told(answer(head(totals), *body))[0] if each.about == "end"]
    ends = [each.rows for each in told(answer(head("QTY*90*3~"), *body))[0] if each.about == "end"]
    assert ends == [[("accepted", "3 by the totals, 1 by the claims")]]


# ------------------------------------------------------------------ what is no acknowledgement


@pytest.mark.parametrize(
    ("guide", "gs08", "code", "words"),
    [
        (STATUS, STATUS, "F2:27", "decided: denied"),
        (STATUS, STATUS, "D0:35", "not found"),
        (STATUS, STATUS, "E0:24", "could not be answered"),
        ("", STATUS, "F2:27", "decided: denied"),
        (STATUS, CA, "F2:27", "decided: denied"),  # ST03 is nearer than GS08
        (MORE, MORE, "R4:297", "asks for more information"),
        (PENDING, PENDING, "P1:20", "not yet decided"),
        ("", PENDING, "P3:123:1P", "not yet decided"),
    ],
)
def test_a_277_of_another_guide_accepts_nothing(guide: str, gs08: str, code: str, words: str, tmp_path: Path) -> None:
    """ST01 is 277 for four guides: X214 acknowledges; X212 answers, X213 asks for more, X228 names pending claims."""
    body = (
        "BHT*0010*08*1*20260115*0930*DG~HL*1**20*1~NM1*PR*2*SAMPLE HEALTH PLAN*****PI*PAYER042~HL*2*1*21*1~"
        "NM1*41*2*EXAMPLE BILLING*****46*SUBMIT042~HL*3*2*19*1~NM1*1P*2*EXAMPLE INFUSION*****XX*2000000010~"
        f"HL*4*3*22*0~NM1*IL*1*ASPEN*IRIS****MI*SYN000001~TRN*2*ASKED1~STC*{code}*20260115**100*0~"
        "REF*1K*ICN042~REF*EJ*C1~DTP*472*D8*20260105~"
        f"SVC*HC:S9500*100*0~STC*{code}*20260115~"
    )
    data = answer(body, guide=guide, gs08=gs08)
    _, teller = told(data)
    assert (teller.accepted, teller.rejected, teller.unclear, teller.inquired) == (0, 0, 0, 1)
    file = tmp_path / "a.277"
    file.write_bytes(data)
    for command in ("ack", "277ca"):
        done = edi837("report", command, file)
        assert done.status == 3
        assert "accepted" not in done.out + done.err and "rejected" not in done.out + done.err
        assert f"This is no acknowledgement ({guide or gs08})" in done.out
        assert f"{code}: " in done.out and words in done.out and "Of claim C1" in done.out
        assert "it holds a 277 that is none" in done.err
        assert "ASPEN" not in done.out and "SYN000001" not in done.out
    assert edi837("report", "999", file).out.count("\n") <= 2


def test_beside_an_acknowledgement_it_is_counted_apart() -> None:
    one = answer(head(), provider(), claim("C1", TAKEN))
    other = answer(head(), provider(), claim("C2", "STC*F2:27*20260115**100~"), guide=STATUS, gs08=STATUS)
    for data in (one + other, other + one):
        _, teller = told(data)
        assert teller.kinds == {"277CA", "277"} and (teller.accepted, teller.rejected) == (1, 0)
        assert teller.summary() == "1 claim accepted, 0 rejected; 1 claim in a 277 that is no acknowledgement"


def test_a_predecessor_of_the_277ca_is_one() -> None:
    _, teller = told(answer(head(), provider(), claim("C1", TAKEN), guide="", gs08="004040X167"))
    assert teller.kinds == {"277CA"} and teller.accepted == 1


# ------------------------------------------------------------------ reasons, totals, advice


def test_a_rejected_claim_without_lines_has_a_reason() -> None:
    """A3:247 points to the lines; where none is told it is all there is."""
    pointer = "STC*A3:247*20260115*U*100~"
    found = claims(told(answer(head(), provider(), claim("C1", pointer)))[0])["C1"]
    assert [words[:6] for words in rows(found, "why")] == ["A3:247"]
    found = claims(told(answer(head(), provider(), claim("C1", pointer), line()))[0])["C1"]
    assert [words[:6] for words in rows(found, "why")] == ["A3:247"]
    found = claims(told(answer(head(), provider(), claim("C1", pointer), line("STC*A8:453**U~")))[0])["C1"]
    assert [words[:6] for words in rows(found, "why")] == ["A8:453"]


BACK = "STC*A3:24:85*20260115*U*100~"
REFUSED = "STC*A3:24:85**U*200~"


@pytest.mark.parametrize(
    ("batch", "status", "first", "listed", "differs"),
    [
        ("QTY*AA*2~", "", "QTY*QC*2~", 0, ""),  # the short form: no claim is listed
        ("QTY*AA*2~", "", "QTY*QC*2~", 2, ""),  # or each is
        ("QTY*AA*2~", "", "QTY*QC*2~", 1, ""),
        ("QTY*AA*2~", "", "", 2, ""),
        ("QTY*AA*5~", "", "QTY*QC*2~", 2, "5 by the totals, 2 by the claims"),
        ("QTY*AA*2~", "STC*A3:24:41*20260115*U*200~", "QTY*QC*2~", 2, ""),
        ("QTY*AA*4~", "STC*A3:24:41*20260115*U*200~", "QTY*QC*2~", 2, ""),
        ("QTY*AA*1~", "STC*A3:24:41*20260115*U*200~", "QTY*QC*2~", 2, "1 by the totals, 2 by the claims"),
    ],
)
def test_claims_of_a_refused_provider_count_once(
    batch: str, status: str, first: str, listed: int, differs: str
) -> None:
    body = [provider(REFUSED, first), *(claim(f"C{n}", BACK) for n in range(listed))]
    said = told(answer(head(batch, status or "STC*A1:19:PR*20260115*WQ*200~"), *body))[0]
    assert [rows(each, "rejected") for each in said if each.about == "end"] == ([[differs]] if differs else [])


def test_claims_of_two_providers_do_not_stand_in_for_each_other() -> None:
    """Two are sent back unlisted with the first; the one that is rejected with the second is a third."""
    body = provider(REFUSED, "QTY*QC*2~"), provider(), claim("C1", BACK)
    for count, alarms in ((3, 0), (2, 1)):
        said = told(answer(head(f"QTY*AA*{count}~"), *body))[0]
        assert len([each for each in said if each.about == "end"]) == alarms


@pytest.mark.parametrize("code", ["54", "78"])
def test_a_line_that_came_before_does_not_say_that_the_claim_did(code: str) -> None:
    own = claims(told(answer(head(), provider(), claim("C1", f"STC*A3:{code}*20260115*U*100~")))[0])["C1"]
    assert rows(own, "do") == [again.INSTEAD[code]]
    pointer = claim("C1", "STC*A3:247*20260115*U*100~")
    below = claims(told(answer(head(), provider(), pointer, line(f"STC*A3:{code}**U~")))[0])["C1"]
    assert rows(below, "do") == [codes.AGAIN["claim"]]
    said = told(answer(head(), provider(f"STC*A3:{code}**U*100~")))[0]
    assert [rows(each, "do") for each in said if each.about == "provider"] == [[codes.AGAIN["provider"]]]


@pytest.mark.parametrize("code", ["F2:88", "R3:297", "E1:0", "A2:20:PR", "A4:35", "P1:20", "A1:19", "A1:16:PR"])
def test_what_may_be_in_adjudication_is_asked_for_before_it_is_sent_again(code: str) -> None:
    """U rejects (STC03), but only A3, A6, A7 and A8 say that the claim never entered adjudication."""
    own = f"STC*{code}*20260115*U*100~"
    said, teller = told(answer(head(), provider(), claim("C1", own)))
    assert "was rejected" in claims(said)["C1"].head and "neither yes nor no" not in codes.ASK_FIRST
    assert (teller.rejected, rows(claims(said)["C1"], "do")) == (1, [codes.ASK_FIRST])
    said = told(answer(head(status=own)))[0]
    assert [rows(each, "do") for each in said if each.about == "batch"] == [[codes.ASK_FIRST]]
    said = told(answer(head(), provider(f"STC*{code}**U*100~")))[0]
    assert [rows(each, "do") for each in said if each.about == "provider"] == [[codes.ASK_FIRST]]
    beside = told(answer(head(), provider(), claim("C1", own, "STC*A7:507*20260115*U*100~")))[0]
    assert rows(claims(beside)["C1"], "do") == [codes.AGAIN["claim"]]


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("771", "status 771, which X12 list 508 explains"), ("448", "status 448, no longer in use"),
        ("99999", "status 99999, which X12 list 508 did not have when it went up to 799"),
    ],
)  # fmt: skip
def test_a_status_without_words_is_said_to_be_in_the_list_only_if_it_is(about: str, said: str) -> None:
    assert codes.status(f"A3:{about}").endswith(f": {said}")


def test_a_claim_of_a_batch_that_came_before_is_not_sent_again() -> None:
    before = "STC*A3:746*20260115*U*200~"
    body = provider(), claim("C1", "STC*A3:21*20260115*U*100~"), claim("C2", "STC*A3:54*20260115*U*100~")
    found = claims(told(answer(head(status=before), *body))[0])
    assert [rows(found[each], "do") for each in ("C1", "C2")] == [[again.INSTEAD["746"]], [again.INSTEAD["54"]]]
    data = answer(head(status=before), *body) + answer(head(), *body)  # and of the next batch it is
    assert rows(claims(told(data)[0])["C1"], "do") == [codes.AGAIN["claim"]]


# ------------------------------------------------------------------ a head that claims below it contradict

KEPT, TOOK_BACK = "What was accepted below is not sent again.", "STC*A7:507*20260115*U*200~"


@pytest.mark.parametrize(
    ("batch", "first"),
    [("STC*A3:21:40*20260115*U*300~", ""), ("", "STC*A3:21:85**U*300~"),
     ("STC*A3:21:40*20260115*U*300~", "STC*A3:21:85**U*300~"), ("STC*A3:24:41*20260115*U*300~", "")],
)  # fmt: skip
def test_a_batch_with_accepted_claims_is_not_sent_again_whole(batch: str, first: str, tmp_path: Path) -> None:
    """Some payers send U at 2200B or 2200C as soon as one claim is rejected (X12 RFI 2145)."""
    status = {"status": batch} if batch else {}
    data = answer(head(**status), provider(first), claim("C1", TAKEN), claim("C2", TOOK_BACK))
    said, teller = told(data)
    assert (teller.accepted, teller.rejected, teller.refused, teller.unclear) == (1, 1, 0, 0)
    backs = [each for each in said if each.tone == "bad" and each.about in ("batch", "provider")]
    assert len(backs) == bool(batch) + bool(first)
    for each in backs:
        assert "whole" not in each.head and [KEPT in words for words in rows(each, "do")] == [True]
    assert codes.AGAIN["batch"] not in str(said) and codes.AGAIN["provider"] not in str(said)
    ends = [each for each in said if each.about == "end"]
    assert len(ends) == len(backs) and all(each.head.endswith("but 1 claim below was accepted") for each in ends)
    assert rows(claims(said)["C2"], "do") == [codes.AGAIN["claim"]]
    file = tmp_path / "a.277"
    file.write_bytes(data)
    assert edi837("report", "ack", file).status == 1
    file.write_bytes(answer(head(**status), provider(first), claim("C1", TAKEN)))  # nothing below it is rejected
    assert edi837("report", "ack", file).status == 3


def test_a_head_speaks_for_claims_that_are_not_told() -> None:
    whole = "STC*A3:21:40*20260115*U*300~"
    said, teller = told(answer(head(status=whole)))
    assert [rows(each, "do") for each in said if each.about == "batch"] == [[codes.AGAIN["batch"]]]
    assert teller.refused == 1
    said, teller = told(answer(head(status=whole), provider()))  # a provider, and no claim of his
    assert [rows(each, "do") for each in said if each.about == "end"] == [[codes.AGAIN["batch"]]]
    assert teller.refused == 1
    said, teller = told(answer(head(status=whole), provider(REFUSED), provider(), claim("C1", TAKEN)))
    assert teller.refused == 1 and [each.head.split(":")[0] for each in said if each.about == "end"] == ["Batch BATCH1"]
    assert [rows(each, "do") for each in said if each.about == "provider"] == [[again.INSTEAD["24"]]]


def test_a_rejected_replacement_is_not_sent_as_an_original() -> None:
    """The answer does not tell CLM05-3: it stays as it was, and a replacement or void has REF*F8."""
    assert "an original" not in again.INSTEAD["33"]
    said = claims(told(answer(head(), provider(), claim("C1", "STC*A3:21*20260115*U*100~")))[0])["C1"]
    assert rows(said, "do") == [
        "Correct it and send it again: an original as an original (CLM05-3 = 1), a replacement as 7 and a void as 8, "
        "both with REF*F8. It never entered adjudication."
    ]


def test_a_batch_without_a_number_is_said_to_have_none() -> None:
    said = told(answer(head(trace=""), provider(), claim("C1", TAKEN)))[0]
    assert [each.head for each in said if each.about == "batch"] == [
        "Batch without a number was received, says SAMPLE HEALTH PLAN"
    ]


# ------------------------------------------------------------------ a group that goes back with its sets


def nines(*sets: str, ak9: str) -> bytes:
    told_ = "".join(f"AK2*837*{n:04d}*005010X222A1~IK5*{each}~" for n, each in enumerate(sets, 1))
    body = f"AK1*HC*1*005010X222A1~{told_}AK9*{ak9}~"
    guide = "005010X231A1"
    return answer(body, kind="999", code="FA", guide=guide, gs08=guide)


def nine(*sets: str, ak9: str) -> list[Said]:
    return told(nines(*sets, ak9=ak9))[0]


def test_a_set_does_not_go_on_where_its_group_does_not() -> None:
    """IK5 is written before GE is seen: A in a group whose AK904 is 0 says that nothing was found in the set."""
    said = nine("A", "A", ak9="R*5*2*0*5")
    sets = [each for each in said if each.about == "set"]
    assert [(each.tone, each.head) for each in sets] == [
        ("note", f"Nothing was found in set {n}; it went back with its group") for n in ("0001", "0002")
    ]
    assert "accepted" not in "".join(each.head for each in sets)
    assert [each.tone for each in nine("A", "A", ak9="A*2*2*2") if each.about == "set"] == ["good"] * 2
    assert [each.tone for each in nine("A", "R*5", ak9="P*2*2*1") if each.about == "set"] == ["good", "bad"]


@pytest.mark.parametrize(
    ("sets", "ak9", "kept"),
    [
        (("A", "R*5"), "P*2*2*1", True),
        (("R*5", "R*5"), "R*2*2*0", False),
        (("A", "R*5"), "R*5*2*0*5", False),
    ],
)
def test_sets_that_were_accepted_are_spoken_of_only_where_there_are_some(
    sets: tuple[str, ...], ak9: str, kept: bool
) -> None:
    advice = [words for each in nine(*sets, ak9=ak9) if each.tone == "bad" for words in rows(each, "do")]
    assert any("the accepted sets are not sent again" in words for words in advice) is kept
    assert advice


@pytest.mark.parametrize(
    ("sets", "ak9", "refused", "unclear"),
    [
        ((), "P*5*5*3", 2, 0),
        (("A",), "A*2*2*1", 1, 0),
        (("A",), "E*3*3*1", 2, 0),
        (("A", "R*5"), "P*3*3*1", 2, 0),
        (("E*5", "A"), "P*2*2*1", 0, 0),  # E counted out of AK904
        (("A", "A"), "P*2*2*1", 0, 1),  # each is named, and none refused
        (("", "A"), "P*2*2*1", 0, 2),  # the set without a status, and P
        (("A", "E*5"), "P*3*3*1", 1, 0),  # only one is not named
        (("A", "R*5"), "P*2*2*1", 1, 0),
        (("A", "A"), "R*5*2*0*5", 1, 0),
        (("A",), "A*1*1*1", 0, 0),
        ((), "A*5*5*5", 0, 0),
        (("",), "A*1*1*1", 0, 1),
        (("",), "R*1*1*0", 1, 0),  # the group says it of the set
        (("Q",), "A*1*1*1", 0, 1),
        (("A",), "*1*1*1", 0, 1),
        (("A",), "Z*1*1*1", 0, 1),
        ((), "P*2*2*2", 0, 1),  # partly, and none refused
        ((), "P", 0, 1),
        (("X",), "X*1*1*0", 1, 0),
    ],
)
def test_a_999_accepts_no_more_sets_than_it_counts(
    sets: tuple[str, ...], ak9: str, refused: int, unclear: int, tmp_path: Path
) -> None:
    """AK904 counts the sets accepted of AK903, named or not; a status that is none says nothing."""
    data = nines(*sets, ak9=ak9)
    said, teller = told(data)
    assert (teller.refused, teller.unclear) == (refused, unclear)
    file = tmp_path / "a.999"
    file.write_bytes(data)
    done = edi837("report", "ack", file)
    assert done.status == (3 if unclear else 1 if refused else 0)
    assert ("nothing was refused" in done.err) == (not refused and not unclear)
    assert any(each.tone == "bad" for each in said) == bool(refused)
    assert any(rows(each, "do") == [codes.ASK] for each in said) == bool(unclear)


@pytest.mark.parametrize(
    ("sets", "ak9", "disagree"),
    [
        (("E*5", "A"), "P*2*2*1", True),
        (("A", "A"), "A*2*2*1", True),
        (("A", "R*5"), "P*2*2*2", True),
        (("A",), "P*1*1*2", True),
        (("A", "R*5"), "P*2*2*1", False),
        (("A", ""), "P*2*2*1", False),
        (("R*5",), "P*3*3*1", False),
        ((), "P*5*5*3", False),
        (("A", "A"), "R*5*2*0*5", False),  # they went back with their group
        (("A", "A"), "A", False),
    ],
)
def test_ak904_and_ik5_that_do_not_agree_are_said_to(sets: tuple[str, ...], ak9: str, disagree: bool) -> None:
    (group,) = [each for each in nine(*sets, ak9=ak9) if each.about == "group"]
    assert bool(rows(group, "counts")) is disagree
    if disagree:
        assert not any("again" in words and words != codes.ASK for words in rows(group, "do"))
        assert not rows(group, "refused")


def test_a_999_without_ik5_says_nothing_of_the_set(tmp_path: Path) -> None:
    data = nines("A", ak9="A*1*1*1").replace(b"IK5*A~", b"")
    assert told(data)[1].unclear == 1


@pytest.mark.parametrize(
    ("status", "tone", "counts"),
    [("A", "good", (0, 0)), ("E", "note", (0, 0)), ("R", "bad", (1, 0)), ("X", "bad", (1, 0)), ("M", "bad", (1, 0)),
     ("", "note", (0, 1)), ("Z", "note", (0, 1)), ("P", "note", (0, 1))],
)  # fmt: skip
def test_one_truth_of_a_ta1(status: str, tone: str, counts: tuple[int, int], tmp_path: Path) -> None:
    file = tmp_path / "a.ta1"
    file.write_bytes(f"{ISA}TA1*000000905*250303*0915*{status}*000~IEA*0*000000001~".encode())
    said, teller = told(file.read_bytes())
    (receipt,) = [each for each in said if each.about == "interchange"]
    assert (receipt.tone, (teller.refused, teller.unclear)) == (tone, counts)
    assert bool(rows(receipt, "do")) == any(counts)
    assert edi837("report", "ack", file).status == (3 if counts[1] else counts[0])


@pytest.mark.parametrize(
    ("data", "about"),
    [
        (f"{ISA}TA1*000000905*250303*0915*R*025~IEA*0*000000001~".encode(), "interchange"),
        (f"{ISA}TA1*000000905*250303*0915*R*25~IEA*0*000000001~".encode(), "interchange"),
        ("19", "group"),
        ("23", "set"),
    ],
)
def test_what_came_before_is_not_sent_again_whole(data: bytes | str, about: str) -> None:
    """Under a new number nothing would stop it, and every claim would be taken twice."""
    if isinstance(data, str):
        data = nines("A", "R*23", ak9="P*2*2*1") if data == "23" else nines("A", ak9=f"R*1*1*0*{data}")
    (words,) = [words for each in told(data)[0] if each.about == about for words in rows(each, "do")]
    assert words.startswith("Its number came before: send nothing again that was taken under it.")
