"""``edi837 deid``: nothing of a person is left, and a file is judged as before."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi837 import personal, sample, trial, x12
from edi837.deck import Torn
from edi837.deid import without_persons
from edi837.findings import Finding, NotX12
from edi837.frames import Verdict
from edi837.pseudonyms import Pseudonyms, good_npi
from edi837.rules import Policy, load, shipped
from edi837.terms import Terms
from edi837.x12 import Segment
from tests import snippets
from tests.test_cli import edi837

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
GOOD = [path for path in FILES if path.parent.name == "pass" and path.read_bytes()[103:106] == b"*:~"]
POLICY = load("042")
KEY = b"a key for the tests"
WEEKS = 364  # days
COURTS = [trial.Court(path) for path in shipped()]


def clean(data: bytes, days: int | None = None, key: bytes = KEY) -> bytes:
    return "".join(without_persons(io.BytesIO(data), Pseudonyms(key, days))).encode("latin-1")


def said(data: bytes, policy: Policy = POLICY) -> Counter[tuple[object, ...]]:
    found: Counter[tuple[object, ...]] = Counter()
    for event in Terms([policy]).read(io.BytesIO(data)).tell():
        for each in event.findings if isinstance(event, Verdict) else (event,):
            if isinstance(each, Finding):
                found[each.rule, each.action, each.place.segment, each.place.refdes] += 1
    return found


def segments(data: bytes) -> list[Segment]:
    return [
        x12.split(piece, item.delimiters) for item in x12.read(io.BytesIO(data))
        if isinstance(item, x12.RawInterchange) for piece in item.pieces
    ]  # fmt: skip


@pytest.mark.parametrize("days", [None, 0, WEEKS])
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_fixture_is_judged_as_before(path: Path, days: int | None) -> None:
    data = path.read_bytes()
    try:
        made = clean(data, days)
    except (Torn, NotX12):
        assert path.parent.name == "envelope"
        return
    assert said(made) == said(data)
    assert len(made) == len(data)


def test_every_case_of_every_policy_is_judged_as_before_but_by_the_calendar() -> None:
    """With dates as they are, all; with dates moved, all but rules on months and lines before a policy began."""
    months = {"042-B10", "nd-hit-A03"}
    tried = otherwise = 0
    for court in COURTS:
        for case in court.file.cases:
            kind, policy = case.kinds[0], court.policy(case)
            data = sample.interchange(case.claims, kind).encode("latin-1")
            before = said(data, policy)
            tried += 1
            assert said(clean(data, 0), policy) == before, case.name
            after = said(clean(data, WEEKS), policy)
            if after == before:
                continue
            otherwise += 1
            days = [line.first for claim in case.claims for line in claim.lines if line.first]
            early = court.file.number == "042" and min(days) < date(2024, 10, 7)
            assert early or {str(key[0]) for key in (before - after) + (after - before)} <= months, case.name
    assert tried > 700 and otherwise < 50


# What `personal` calls a person's and stays: codes, and what the module says is kept.
STAYS = {("N4", 2), ("N4", 3), ("N4", 4), ("N4", 5), ("N4", 6), ("N4", 7), ("DMG", 1), ("DMG", 3), ("PAT", 5),
         ("PAT", 7), ("PAT", 8), ("PAT", 9), ("PWK", 5), ("K3", 2), ("K3", 3), ("CR2", 12), ("IK4", 4)}  # fmt: skip


@pytest.mark.parametrize("path", GOOD, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_no_value_of_a_person_is_where_it_was(path: Path) -> None:
    data = path.read_bytes()
    looked = 0
    for old, new in zip(segments(data), segments(clean(data, WEEKS)), strict=True):
        if old[0] == "N4" and len(old) > 3:
            assert not set(new[3][3:]) - {"0", "-"} or not old[3].isdigit()
        hidden = personal.hidden(old)
        for index in range(1, len(old)):
            if index in hidden and old[index] and (old[0], index) not in STAYS and not _formless(old[index]):
                looked += 1
                assert new[index] != old[index], (old[0], index)
    assert looked > 5


def _formless(value: str) -> bool:
    return not re.search("[A-Za-z0-9]{3}", value)


OPEN = {("NM1", 3), ("NM1", 9)}  # of payers, receivers and the submitter; SVD01 is a payer's id
CANARY = "ZQXCANARY"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_name_in_any_element_is_gone(path: Path) -> None:
    text = path.read_bytes().decode("latin-1")
    pieces = text.split("~")
    seen: set[tuple[str, str, int, int]] = set()
    for at, piece in enumerate(pieces):
        seg = piece.strip().split("*")
        if seg[0] in ("ISA", "GS", "IEA", ""):
            continue
        for index in range(1, len(seg)):
            partner = seg[0] == "NM1" and seg[1] in ("PR", "40", "41") and (seg[0], index) in OPEN
            if not seg[index] or partner or (seg[0], index) == ("SVD", 1):
                continue
            for part in range(seg[index].count(":") + 1):
                spot = (seg[0], seg[1] if index > 1 else "", index, part)
                if spot in seen:
                    continue
                seen.add(spot)
                parts = seg[index].split(":")
                parts[part] = CANARY
                changed = "*".join([*seg[:index], ":".join(parts), *seg[index + 1 :]])
                made = clean("~".join([*pieces[:at], changed, *pieces[at + 1 :]]).encode("latin-1"), WEEKS)
                assert CANARY.encode() not in made, spot
    assert len(seen) > 50


def test_text_outside_and_passwords_are_gone() -> None:
    plain = snippets.interchange(snippets.HEAD + snippets.CLAIM_P)
    plain = plain.replace(b"ISA*00*          *00*          ", b"ISA*03*PASSWORD12*01*SECRET7890")
    data = b"JOHN DOE 555-1234\n" + plain
    made = clean(data, 0)
    assert made.startswith(b"XXXX XXX 999-9999\nISA*03*")
    for word in (b"JOHN", b"PASSWORD12", b"SECRET7890", b"ASPEN", b"SYN000001", b"2000000010"):
        assert word not in made
    assert b"*SUBMIT042      *ZZ*PAYER042" in made


@pytest.mark.parametrize("value", ["MARY", "MARY-ANN", "\xc5sa", "19600606X", "1960-06-06"])
def test_what_is_no_date_is_not_left_in_its_place(value: str) -> None:
    for spot in ("DTP*472*D8*20250106", "DTP*472*TM*0915", "DMG*D8*19600606"):
        head = snippets.HEAD.replace("DMG*D8*19600606", "DTP*472*TM*0915\nDMG*D8*19600606")
        body = (head + snippets.CLAIM_P).replace(spot, spot.rpartition("*")[0] + "*" + value)
        assert value.encode("latin-1") not in clean(snippets.interchange(body), 0)


def test_notes_are_blanked_and_dates_move_together() -> None:
    body = snippets.HEAD + snippets.CLAIM_P.replace("HI*", "NTE*ADD*CALL MRS. DOE, 555\nHI*")
    made = clean(snippets.interchange(body), 10)
    assert b"NTE*ADD*XXXX XXX. XXX, 999~" in made
    assert b"DTP*472*D8*20250116~" in made and b"DMG*D8*19600616*F~" in made and b"BHT*0019*00*" in made
    assert b"*20250313*0915*CH~" in made and b"*250313*0915*^" in made
    wrong = clean(snippets.interchange(body.replace("19600606", "19600231")), 10)
    assert b"DMG*D8*99999999*F~" in wrong


PLACES = {  # HI*BE: what is sent, and what is left of it; of none, nothing
    "BE:A0:::49503": "49500", "BE:a0:::495031234": "495000000", "BE:A0:::9503": "", "BE:A0:::495.03": "",
    "BE:85:::26081": "", "BE:61:::24340": "", "BE:G8:::24340": "", "BE:80:::49503": "49503",
}  # fmt: skip


@pytest.mark.parametrize("sent", PLACES)
def test_the_place_that_a_value_code_tells_is_disguised(sent: str) -> None:
    body = snippets.HEAD + snippets.CLAIM_I.replace("HI*", f"HI*{sent}*BE:X:::1\nHI*", 1)
    made = clean(snippets.interchange(body, guide="005010X223A2"), 0).decode("latin-1")
    (said,) = re.findall(r"HI\*(\S+?)\*BE:X:::1~", made)
    head, value = said[:8], said[8:]
    assert head == sent[:8] and [c.isdigit() for c in value] == [c.isdigit() for c in sent[8:]]
    assert value == PLACES[sent] if PLACES[sent] else value != sent[8:]


def test_a_repetition_of_a_day_or_place_is_disguised_as_what_it_repeats() -> None:
    """HI may not be repeated (X222A1): that is the sender's fault, and still somebody's birth or home."""
    body = snippets.HEAD + snippets.CLAIM_I.replace(
        "HI*", "HI*BH:A1:D8:19470301^BH:A1:D8:19470301*BE:A0:::49503^BE:A0:::49503\nHI*", 1
    )
    made = clean(snippets.interchange(body, guide="005010X223A2"), WEEKS).decode("latin-1")
    assert "BH:A1:D8:19480228^BH:A1:D8:19480228*BE:A0:::49500^BE:A0:::49500~" in made


def test_a_day_under_a_time_moves_and_a_time_stays() -> None:
    head = snippets.HEAD.replace("DMG*D8*19600606", "DTP*096*TM*0915\nDTP*096*TM*19600606\nDMG*D8*19600606")
    made = clean(snippets.interchange(head + snippets.CLAIM_P), 10)
    assert b"DTP*096*TM*0915~" in made and b"DTP*096*TM*19600616~" in made


@pytest.mark.parametrize("sent", ["NM1*PR*1*DOE*JANE****PI*A1234567", "NM1*PR*2*DOE*****MI*A1234567"])
def test_a_person_in_the_place_of_a_payer_is_disguised(sent: str) -> None:
    head = snippets.HEAD.replace("DMG*D8*19600606", f"{sent}\nDMG*D8*19600606")
    made = clean(snippets.interchange(head + snippets.CLAIM_P), 0)
    assert b"*DOE" not in made and b"A1234567" not in made


def test_the_state_of_an_accident_stays_and_the_number_of_an_office_does_not() -> None:
    office = "NM1*77*2*OFFICE*****XX*2000000010\nN3*1 ELM\nN4*SAMPLETON*MI*49000\nREF*LU*MI\nLX*1"
    body = snippets.HEAD + snippets.CLAIM_I.replace("HI*", "REF*LU*MI\nREF*G1*MI\nHI*", 1).replace("LX*1", office, 1)
    made = [seg for seg in segments(clean(snippets.interchange(body, guide="005010X223A2"), 0)) if seg[0] == "REF"]
    assert [seg[2] == "MI" for seg in made if seg[1] == "LU"] == [True, False]
    assert ["REF", "G1", "MI"] not in made
    longer = clean(snippets.interchange(body.replace("REF*LU*MI", "REF*LU*MIC"), guide="005010X223A2"), 0)
    assert b"MIC~" not in longer


def test_the_same_patient_is_the_same_under_one_key_and_another_under_another() -> None:
    data = (FIXTURES / "demo.edi").read_bytes()
    assert clean(data) == clean(data) != clean(data, key=b"another key")
    other = clean(data.replace(b"HIT1001", b"HIT9999"))
    names = [seg[3:] for seg in segments(clean(data)) if seg[:2] == ["NM1", "IL"]]
    assert names == [seg[3:] for seg in segments(other) if seg[:2] == ["NM1", "IL"]]
    before = [tuple(seg[3:]) for seg in segments(data) if seg[:2] == ["NM1", "IL"]]
    assert len({*map(tuple, names)}) == len({*before})


NAMES = Pseudonyms(KEY, 0)


@given(st.text(alphabet="AB12 -", min_size=1, max_size=12), st.text(alphabet="AB12 -", min_size=1, max_size=12))
def test_values_that_differ_stay_different(one: str, other: str) -> None:
    made = NAMES.of(one)
    assert [c.isdigit() for c in made] == [c.isdigit() for c in one]
    assert [c.isalpha() for c in made] == [c.isalpha() for c in one]
    assert (NAMES.of(other) == made) == (one == other)


def test_a_short_form_is_a_permutation() -> None:
    assert len({NAMES.of(f"{n:03d}") for n in range(1000)}) == 1000
    assert sum(NAMES.of(f"{n:03d}") == f"{n:03d}" for n in range(1000)) < 10


def test_npis_keep_their_check_digit_and_bad_ones_stay_bad() -> None:
    for n in range(500):
        value = str(1_234_560_000 + n)
        made = NAMES.npi(value)
        assert good_npi(made) == good_npi(value) and made != value
        assert not good_npi(made) or made[0] == "2"
    assert all(map(good_npi, sample.NPIS))


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_letters_beyond_ascii_stay_letters_of_their_encoding_and_length(encoding: str) -> None:
    name, note = "NUÑEZ-ß", "SE ENTREGÓ, ¿SÍ?"
    if encoding == "utf-8":
        name, note = name + "ẽ𝐀", note + " 日本"
    body = (snippets.HEAD + snippets.CLAIM_P).replace("NM1*IL*1*ASPEN", f"NM1*IL*1*{name}")
    body = body.replace("HI*", f"NTE*ADD*{note}\nHI*", 1)
    plain = snippets.interchange(body.encode(encoding).decode("latin-1"))
    password = "ÑÑÑ".encode(encoding).ljust(10)
    data = plain.replace(b"ISA*00*          *", b"ISA*03*" + password + b"*")
    made = clean(data, 0)
    assert name.encode(encoding) in data and note.encode(encoding) in data and password in data
    for before, after in zip(segments(data), segments(made), strict=True):
        for sent, told in zip(before, after, strict=True):
            assert len(told) == len(sent)
            letters, others = (text.encode("latin-1").decode(encoding) for text in (sent, told))
            assert [c.isascii() for c in letters] == [c.isascii() for c in others]
            assert not {c for c in others if not c.isascii()} - set("ÉẼ𝐄")
    assert said(made) == said(data)


def test_dates_are_not_moved_to_where_nothing_speaks_of_them(tmp_path: Path) -> None:
    out = tmp_path / "out.edi"
    for days in ("3651", "-3651", "4000000", "99999999999"):
        done = edi837("deid", FIXTURES / "demo.edi", f"--shift-days={days}", "-o", out)
        assert done.returncode == 2 and not out.exists() and "-3650<=x<=3650" in done.stderr.decode()
        with pytest.raises(ValueError, match=rf"moved by -3650 to 3650 days, not by {days}"):
            Pseudonyms(KEY, int(days))
    assert edi837("deid", FIXTURES / "demo.edi", "--shift-days=-3650", "-o", out).returncode == 0
    assert b"DTP*472*RD8*20150206-20150212~" in out.read_bytes()


def test_the_command(tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "out.edi"
    run: list[str | Path] = ["deid", FIXTURES / "demo.edi", "--key-file", key]
    assert edi837(*run, "-o", out).returncode == 0
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_bytes()) == 32
    assert edi837(*run).stdout == out.read_bytes() != (FIXTURES / "demo.edi").read_bytes()
    assert edi837("deid", FIXTURES / "demo.edi").stdout != edi837("deid", FIXTURES / "demo.edi").stdout
    key.write_bytes(b"short")
    assert edi837(*run).returncode == 2
    assert edi837("deid", FIXTURES / "envelope" / "not-x12.edi").returncode == 3
