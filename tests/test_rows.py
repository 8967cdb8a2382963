"""One row a service line: typed, masked, and safe to open."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import edi837
from edi837 import claimrows, rows, rowtext, rules, table
from edi837.columns import LINES
from edi837.findings import NotX12
from tests.snippets import CLAIM_P, HEAD, interchange

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
DEMO = (FIXTURES / "demo.edi").read_bytes()
POLICY = rules.load("042")


def _rows(data: bytes, policies: Any = (), **words: Any) -> list[dict[str, Any]]:
    return list(rows.rows(io.BytesIO(data), policies, **words))


def _csv_text(told: Any, header: bool = True) -> str:
    return "".join(rowtext.as_csv(told, LINES.values, header=header))


def _jsonl_text(told: Any) -> str:
    return "".join(rowtext.as_jsonl(told, LINES.values))


def _table_text(told: Any, **words: Any) -> str:
    return "".join(table.as_table(told, table.LINES, **words))


def _csv(data: bytes, policies: Any = (), **words: Any) -> list[dict[str, str]]:
    text = _csv_text(rows.rows(io.BytesIO(data), policies, **words))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_of_an_837p() -> None:
    row = _rows(DEMO, phi=True)[1]
    assert row == {
        "interchange": "000000042", "group": "411", "set": "0001", "claim": "HIT1001", "line": 2, "kind": "P",
        "revenue": "", "qualifier": "HC", "code": "J0696", "modifiers": (), "units": Decimal(28), "unit": "UN",
        "charge": Decimal(84), "first": date(2025, 2, 3), "last": date(2025, 2, 9), "date_source": "line",
        "place": "12", "control": "HIT1001-2", "pointers": (1,), "diagnoses": ("L03115", "Z452"),
        "ndc": "99999010101", "ndc_quantity": Decimal(7), "ndc_unit": "UN", "authorization": ("PA250001",),
        "notes": (), "taxonomy": "251F00000X", "provider_npi": "2000000010", "payer_id": "EXHP042",
        "payer": "EXAMPLE HEALTH PLAN", "subscriber_id": "SYN420001", "patient": "HOLLISTER, MARIAN",
        "status": "not judged", "findings": (), "claim_findings": (),
    }  # fmt: skip
    assert tuple(row) == LINES.names()


def test_a_row_of_an_837i() -> None:
    data = (FIXTURES / "837I" / "pass" / "home-infusion.edi").read_bytes()
    told = _rows(data, phi=True)
    lines = [line for claim in edi837.claims(data) for line in claim.lines]
    assert len(told) == len(lines)
    assert {row["kind"] for row in told} == {"I"}
    assert all(row["revenue"] and len(str(row["place"])) == 3 for row in told)
    assert [row["date_source"] for row in told] == [line.date_source for line in lines]
    assert [row["place"] for row in told] == [c.bill_type for c in edi837.claims(data) for _ in c.lines]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_there_is_a_row_for_each_line(path: Path) -> None:
    data = path.read_bytes()
    try:
        lines = [(claim.id, line.procedure) for claim in edi837.claims(data) for line in claim.lines]
    except NotX12:
        with pytest.raises(NotX12):
            _rows(data)
        return
    told = _rows(data, [POLICY])
    shown = [("•••" if len(claim) > 38 else claim, code) for claim, code in lines]
    assert [(row["claim"], row["code"]) for row in told] == shown
    assert len(_csv(data, [POLICY])) == len(lines)
    written = _jsonl_text(rows.rows(io.BytesIO(data), [POLICY]))
    assert len([json.loads(line) for line in written.splitlines()]) == len(lines)
    table = _table_text(rows.rows(io.BytesIO(data), [POLICY]))
    assert all(len(line) <= 100 for line in table.splitlines())


def test_what_the_policy_says() -> None:
    told = _rows(DEMO, [POLICY])
    by_claim = {str(row["claim"]): row["status"] for row in told}
    assert by_claim["HIT1001"] == "accepted" and by_claim["HIT1002"] == "rejected"
    expected = [(f.place.claim, f.place.line, f.rule) for f in edi837.check(DEMO) if f.place.line]
    found = [(row["claim"], str(row["line"]), rule) for row in told for rule in row["findings"]]
    assert sorted(found) == sorted(expected) and expected


def test_a_claim_that_breaks_the_guide_is_not_judged() -> None:
    data = (FIXTURES / "837P" / "fail" / "bad-qualifier-procedure.edi").read_bytes()
    told = _rows(data, [POLICY])
    assert {(row["claim"], row["status"]) for row in told} == {("BAD", "not judged"), ("GOOD", "accepted")}
    bad = [row for row in told if row["claim"] == "BAD"]
    assert any("X12-IK4-7" in (*row["findings"], *row["claim_findings"]) for row in bad)
    good = [row for row in told if row["claim"] == "GOOD"]
    assert not any(row["findings"] or row["claim_findings"] for row in good)


def test_a_claim_that_a_277ca_sends_back_is_rejected_with_or_without_a_policy() -> None:
    """For a rule of the guide (S4-LX) no policy is needed; what breaks its syntax is not judged by either."""
    plain = interchange(HEAD + CLAIM_P)
    wrong = plain.replace(b"LX*1", b"LX*2")
    for data, without, by in ((plain, "not judged", "accepted"), (wrong, "rejected", "rejected")):
        for told in (_rows(data), list(claimrows.rows(io.BytesIO(data)))):
            assert [row["status"] for row in told] == [without]
        assert [row["status"] for row in _rows(data, [POLICY])] == [by]
    broken = wrong.replace(b"SV1*HC:", b"SV1*QQ:")
    assert {row["status"] for row in (*_rows(broken), *_rows(broken, [POLICY]))} == {"not judged"}


class NotAtHome:
    """A list of places of service without a patient's home."""

    def says(self, kind: str, code: str, day: date) -> bool | None:
        return (kind, code) != ("pos", "12")

    def doubts(self, kind: str, code: str, day: date) -> bool:
        return False


@pytest.mark.parametrize("told", [rows.rows, claimrows.rows])
def test_a_claim_with_a_code_that_is_not_in_force_is_rejected(told: Any) -> None:
    listed = list(told(io.BytesIO(DEMO), [POLICY], codes=NotAtHome()))
    first = next(row for row in listed if row["claim"] == "HIT1001")
    assert first["status"] == "rejected"
    assert "S5-PLACE-LIST" in first.get("claim_findings", ()) + first["findings"]
    rejected = {f.place.claim for f in edi837.check(DEMO, codes=NotAtHome()) if f.rejects}
    assert {row["claim"] for row in listed if row["status"] == "rejected"} == rejected


@pytest.mark.parametrize("told", [rows.rows, claimrows.rows])
def test_a_claim_that_a_companion_guide_refuses_is_not_judged(told: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.xml"
    path.write_text(
        '<companion guide="005010X222A1">'
        '<change loop="2310B" fact="usage" value="R" reason="the rendering provider"/></companion>'
    )
    guides = edi837.Guides.read(path)
    lacking = {f.place.claim for f in edi837.check(DEMO, [POLICY], guides=guides) if f.syntax and f.place.claim}
    found = list(told(io.BytesIO(DEMO), [POLICY], guides=guides))
    assert lacking and {row["claim"] for row in found if row["status"] == "not judged"} == lacking


def test_findings_stand_on_their_own_line_when_two_have_one_number() -> None:
    """LX01 comes twice: the segment of a finding tells which of the two it is on."""
    second = "LX*1\nSV1*HC:S9500*200*UN*7***1\nDTP*472*D8*20250107\n"
    third = "LX*3\nSV1*HC:S9500*50*UN*1***1\nDTP*472*D8*20250108\n"
    data = interchange((HEAD + CLAIM_P + second + third).replace("C1*100", "C1*350").replace("PAYER042", "EXHP042"))
    assert [row["findings"] for row in _rows(data, [POLICY])] == [(), ("S4-LX", "042-B01"), ()]
    assert {row["claim_findings"] for row in _rows(data, [POLICY])} == {()}
    (claim,) = claimrows.rows(io.BytesIO(data), [POLICY])
    assert (claim["findings"], claim["line_findings"]) == ((), ("S4-LX", "042-B01"))


def test_findings_stay_with_their_claim_when_two_have_one_name() -> None:
    data = DEMO.replace(b"HIT1003", b"HIT1002")
    told = _rows(data, [POLICY])
    assert [row["findings"] for row in told[3:10]] == [(), ("042-A03",), (), (), (), (), ()]


def test_frames_of_each_row() -> None:
    data = (FIXTURES / "837P" / "pass" / "two-sets-two-groups.edi").read_bytes()
    frames = {(row["group"], row["set"]) for row in _rows(data)}
    assert len(frames) == 3 or len(frames) == 2
    text = data.decode().split("~")
    sent, group = set(), ""
    for seg in (piece.strip().split("*") for piece in text):
        if seg[0] == "GS":
            group = seg[6]
        elif seg[0] == "ST":
            sent.add((group, seg[2]))
    assert frames == sent


# ---------------------------------------------------------------- CSV


def _with(old: bytes, new: bytes) -> bytes:
    assert old in DEMO
    return DEMO.replace(old, new)


@pytest.mark.parametrize("evil", [b"=1+1", b"+1", b"-2+3", b"@SUM(A1)", b"=HYPERLINK(\"x\")"])
def test_csv_holds_no_formula(evil: bytes) -> None:
    data = _with(b"CLM*HIT1001*", b"CLM*" + evil + b"*").replace(b"PR*2*EXAMPLE HEALTH", b"PR*2*" + evil)
    for row in _csv(data):
        for name, value in row.items():
            assert not value.startswith(("=", "+", "-", "@")), name
    assert _csv(data)[0]["claim"] == "'" + evil.decode()


def test_csv_numbers_stay_numbers() -> None:
    row = _csv(_with(b"S9500:SH*437.5*", b"S9500:SH*-437.50*"))[7]
    assert row["charge"] == "-437.50"
    assert Decimal(row["charge"]) == Decimal("-437.50")
    assert (row["first"], row["last"], row["units"], row["modifiers"]) == ("2025-02-03", "2025-02-09", "7", "SH")


def test_csv_cells() -> None:
    row = _csv(_with(b"HI*ABK:L03115*ABF:Z452~", b"HI*ABK:L03115*ABF:Z452~\nNTE*ADD*FIRST~"), phi=True)[0]
    assert row["pointers"] == "1 2" and row["diagnoses"] == "L03115 Z452"
    data = _with(b"SV1*HC:S9500*875", b"SV1*HC:S9500*9" + b"9" * 17)
    assert _csv(data)[0]["charge"] == "9" * 18


def test_notes_are_kept_apart() -> None:
    data = (FIXTURES / "837P" / "pass" / "many-segments.edi").read_bytes()
    assert any(row["notes"] for row in _csv(data))
    for row in _csv(data):
        assert set(row["notes"]) <= set("• |")
    with_phi = [row["notes"] for row in _csv(data, phi=True)]
    sent = [seg[2] for seg in edi837.segments(data) if seg[0] == "NTE"]
    assert any(sent[0] in notes for notes in with_phi)


def test_no_header_when_not_asked_for() -> None:
    told = _csv_text(rows.rows(io.BytesIO(DEMO)), header=False)
    assert told.startswith("000000042,411,") and told.count("\r\n") == 27
    table = _table_text(rows.rows(io.BytesIO(DEMO)), header=False)
    assert table.startswith("HIT1001")
    assert _csv_text([]).strip() == ",".join(LINES.names())
    assert _csv_text([], header=False) == _table_text([]) == ""


# ---------------------------------------------------------------- JSON Lines


@pytest.mark.parametrize("amount", ["437.5", "0.1", "123456789012345678.12", "-0.07", "875.00"])
def test_json_amounts_keep_their_digits(amount: str) -> None:
    data = _with(b"SV1*HC:S9500*875*", b"SV1*HC:S9500*" + amount.encode() + b"*")
    line = _jsonl_text(rows.rows(io.BytesIO(data))).splitlines()[0]
    assert f'"charge": {amount},' in line
    assert json.loads(line, parse_float=Decimal, parse_int=Decimal)["charge"] == Decimal(amount)


def test_json_types() -> None:
    told = json.loads(_jsonl_text(rows.rows(io.BytesIO(DEMO))).splitlines()[0])
    assert told["line"] == 1 and told["modifiers"] == [] and told["pointers"] == [1, 2]
    assert told["ndc_quantity"] is None and told["first"] == "2025-02-03"
    assert tuple(told) == LINES.names()


# ---------------------------------------------------------------- table


def test_table() -> None:
    lines = _table_text(rows.rows(io.BytesIO(DEMO), [POLICY])).splitlines()
    assert lines[0].split() == [
        "claim", "line", "code", "mods", "units", "charge", "from", "to", "ndc", "auth", "status", "findings",
    ]  # fmt: skip
    assert lines[5] == "HIT1002    2 S9365         7 UN 1505.00 2025-02-03 02-09                  rejected 042-A03"
    assert len({line.index("2025-02-") for line in lines[1:]}) == 1


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_table_width(width: int) -> None:
    data = DEMO.replace(b"HIT1002", b"HIT1002-WITH-A-VERY-LONG-PATIENTNUMBER")
    told = _table_text(rows.rows(io.BytesIO(data), [POLICY]), width=width).splitlines()
    assert max(map(len, told)) <= width
    assert len(told) == 28
    assert any("~" in line for line in told) == (width < 140)


def test_a_column_that_fills_late_gets_a_new_head() -> None:
    row = _rows(DEMO)[0]
    told = _table_text([dict(row, modifiers=()) for _ in range(300)] + [dict(row, modifiers=("SH",))])
    heads = [line for line in told.splitlines() if line.startswith("claim")]
    assert len(heads) == 2 and "mods" not in heads[0] and "mods" in heads[1]
    assert " SH " in told.splitlines()[-1]
