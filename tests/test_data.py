"""Service lines and claims as data: each value where its position says, each claim once, the schema as documented."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import edi837
from edi837 import claimrows, columns, rows, rowtext, rules, sample, synth, x12
from edi837.chart import Loop
from edi837.columns import CLAIMS, LINES, Column, Schema
from edi837.findings import NotX12
from edi837.judged import judged
from edi837.mapper import as_amount
from tests.formats import edi837 as command

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
FILES = sorted(path for path in FIXTURES.rglob("*.edi") if path.parent.name != "expected")
DEMO = (FIXTURES / "demo.edi").read_bytes()
POLICY = rules.load("042")
TABLES: dict[str, tuple[Callable[..., Iterator[dict[str, Any]]], Schema]] = {
    "lines": (rows.rows, LINES), "claims": (claimrows.rows, CLAIMS),
}  # fmt: skip
_TAGS = re.compile(r"\b([A-Z][A-Z0-9]{1,2})(?:\*(\w+))?")


def _told(name: str, data: bytes, **words: Any) -> list[dict[str, Any]]:
    return list(TABLES[name][0](io.BytesIO(data), **words))


def _sets(data: bytes) -> dict[str, dict[int, list[str]]]:
    """The segments of each set by their number, read apart from the code that is tested: tag, elements, components."""
    sets: dict[str, dict[int, list[str]]] = {}
    count = 0
    for item in x12.read(io.BytesIO(data)):
        if isinstance(item, x12.Stray):
            continue
        count += 1
        groups = within = number = 0
        for piece in item.pieces:
            seg = x12.split(piece, item.delimiters)
            if seg == [""]:
                continue
            number = 1 if seg[0] == "ST" else number + 1
            if seg[0] == "GS":
                groups, within = groups + 1, 0
            within += seg[0] == "ST"
            parts = [part for each in seg[1:] for part in each.split(item.delimiters.component)]
            sets.setdefault(f"{count}.{groups}.{within}", {})[number] = [*seg, *parts]
    return sets


def _holds(parts: list[str], value: object) -> bool:
    """Whether a segment holds a value."""
    if isinstance(value, Decimal):
        return any(as_amount(part) == value for part in parts)
    if isinstance(value, date):
        return any(f"{value:%Y%m%d}" in part for part in parts)
    if isinstance(value, int):
        return any(part.isdecimal() and int(part) == value for part in parts)
    return str(value).upper() in (part.upper() for part in parts)


def _pieces(column: Column, value: object) -> list[object]:
    """What must stand in the segments of a value."""
    if column.name in ("patient", "provider", "subscriber"):
        return list(str(value).split(", "))
    if column.name == "bill_type" or (column.name == "place" and len(str(value)) == 3):
        return [str(value)[:2], str(value)[2:]]
    return [value]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_each_value_stands_where_its_position_says(name: str, path: Path) -> None:
    schema, data = TABLES[name][1], path.read_bytes()
    try:
        told = _told(name, data, phi=True, positions=True)
    except NotX12:
        return
    good = path.parent.name == "pass"  # else a qualifier may be what is wrong
    sets, says = _sets(data), {column.name: column.says for column in schema.positions}
    for row in told:
        segments = sets[str(row["frames"])]
        for column in schema.values:
            value, at = row[column.name], row[column.at] if column.at else None
            if not column.at or value in (None, "", ()):
                continue
            named = set(_TAGS.findall(says[column.at]))
            tags = named if good else {(tag, "") for tag, _ in named}
            several = column.at.endswith("_segments")
            assert isinstance(at, tuple if several else int), (column.name, at)
            values: tuple[Any, ...] = value if several else (value,)
            numbers: Any = at if several else (at,)
            if column.name in ("modifiers", "pointers"):
                values, numbers = value, (at,) * len(value)
            for each, number in zip(values, numbers, strict=True):
                parts = segments[number]
                assert {(parts[0], ""), (parts[0], parts[1] if good else "")} & tags, (column.name, parts)
                for piece in _pieces(column, each):
                    assert _holds(parts, piece), (column.name, piece, parts)


@pytest.mark.parametrize("name", TABLES)
def test_rows_have_the_columns_of_their_schema(name: str) -> None:
    schema = TABLES[name][1]
    kinds = {"text": str, "whole": int, "decimal": Decimal, "date": date}
    for path in FILES:
        try:
            told = _told(name, path.read_bytes(), policies=[POLICY], phi=True, positions=True, file="x.edi")
        except NotX12:
            continue
        assert [tuple(row) for row in told] == [schema.names(positions=True)] * len(told)
        for row in told:
            for column in schema.columns(True):
                value = row[column.name]
                missing = value is None and column.kind in ("whole", "decimal", "date")
                assert missing or type(value) is kinds.get(column.kind, tuple), column.name
            assert row["file"] == "x.edi"
    assert tuple(_told(name, DEMO)[0]) == schema.names()


def test_every_value_of_a_claim_has_a_position_but_what_is_no_segment_s() -> None:
    without = {
        "lines": {"interchange", "group", "set", "kind", "date_source", "status", "findings", "claim_findings"},
        "claims": {"interchange", "group", "set", "kind", "lines", "status", "findings", "line_findings"},
    }
    for name, (_, schema) in TABLES.items():
        assert {column.name for column in schema.values if not column.at} == without[name]
        assert {column.at for column in schema.values} - {""} == {c.name for c in schema.positions} - {"frames", "file"}


def test_claims_are_let_go_one_by_one() -> None:
    """Loops that are alive while a file is read, by counting alone: those of a patient's claims, not of the file."""
    text = "".join(sample.stream(synth.claims(300, 7), "P", synth.FILED))
    gc.collect()
    before = {id(each) for each in gc.get_objects() if isinstance(each, Loop)}
    gc.disable()
    try:
        alive = []
        for number, _ in enumerate(judged(io.BytesIO(text.encode()))):
            if number % 60 == 59:
                alive.append(sum(isinstance(each, Loop) and id(each) not in before for each in gc.get_objects()))
    finally:
        gc.enable()
    assert len(alive) == 5 and max(alive) < 60


# ---------------------------------------------------------------- claims


def test_a_row_of_a_claim_837p() -> None:
    assert _told("claims", DEMO, phi=True)[0] == {
        "interchange": "000000042", "group": "411", "set": "0001", "claim": "HIT1001", "kind": "P",
        "charge": Decimal(1124), "place": "12", "bill_type": "", "frequency": "1", "original": "", "lines": 3,
        "first": date(2025, 2, 3), "last": date(2025, 2, 9), "statement_first": None, "statement_last": None,
        "admission": None, "diagnoses": ("L03115", "Z452"), "authorization": ("PA250001",), "notes": (),
        "provider_npi": "2000000010", "provider": "LAKESIDE EXAMPLE HOME INFUSION", "taxonomy": "251F00000X",
        "payer_id": "EXHP042", "payer": "EXAMPLE HEALTH PLAN", "sequence": "P", "filing": "CI", "relationship": "18",
        "subscriber_id": "SYN420001", "subscriber": "HOLLISTER, MARIAN", "patient": "HOLLISTER, MARIAN",
        "birth": date(1958, 2, 14), "sex": "F", "status": "not judged", "findings": (), "line_findings": (),
    }  # fmt: skip


def test_a_row_of_a_claim_837i() -> None:
    data = (FIXTURES / "837I" / "pass" / "home-infusion.edi").read_bytes()
    data = data.replace(b"DTP*434*RD8*20250106-20250112~", b"DTP*434*RD8*20250106-20250112~DTP*435*DT*202501060930~", 1)
    row = _told("claims", data)[0]
    assert (row["bill_type"], row["place"], row["frequency"]) == ("341", "", "1")
    assert (row["statement_first"], row["statement_last"]) == (date(2025, 1, 6), date(2025, 1, 12))
    assert row["admission"] == date(2025, 1, 6)


def test_a_dependant_is_the_patient_and_not_the_subscriber() -> None:
    found = []
    for path in FILES:
        try:
            told = _told("claims", path.read_bytes(), phi=True)
        except NotX12:
            continue
        found += [row for row in told if row["patient"] != row["subscriber"]]
    assert found and all(row["relationship"] != "18" for row in found)


def test_persons_are_masked() -> None:
    for name, (_, schema) in TABLES.items():
        persons = [column for column in schema.values if column.name in columns.PERSONS]
        assert len(persons) == (3 if name == "lines" else 6)
        for row in _told(name, DEMO.replace(b"HI*ABK", b"NTE*ADD*HER WORDS~HI*ABK")):
            for column in persons:
                shown = row[column.name]
                assert shown in ("•••", None, ()) or set(shown) == {"•••"}, column.name
    person = DEMO.replace(b"NM1*85*2*LAKESIDE EXAMPLE HOME INFUSION*", b"NM1*85*1*OAKES*CLIFF")
    assert _told("claims", person)[0]["provider"] == "•••"
    assert _told("claims", person, phi=True)[0]["provider"] == "OAKES, CLIFF"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_there_is_a_row_for_each_claim(path: Path) -> None:
    data = path.read_bytes()
    try:
        told = [(claim.id, len(claim.lines)) for claim in edi837.claims(data)]
    except NotX12:
        return
    found = _told("claims", data, policies=[POLICY])
    assert [(row["claim"], row["lines"]) for row in found] == [
        (claim if len(claim) <= 38 else "•••", lines) for claim, lines in told
    ]
    told_of = {(row["claim"], rule) for row in _told("lines", data, policies=[POLICY])
               for rule in (*row["findings"], *row["claim_findings"])}
    assert told_of <= {(row["claim"], rule) for row in found for rule in (*row["findings"], *row["line_findings"])}
    assert told_of == {(row["claim"], rule) for row in found if row["lines"]
                       for rule in (*row["findings"], *row["line_findings"])}


def test_a_claim_and_its_lines_say_the_same() -> None:
    of_lines = _told("lines", DEMO, policies=[POLICY])
    for row in _told("claims", DEMO, policies=[POLICY]):
        mine = [line for line in of_lines if line["claim"] == row["claim"]]
        assert {line["status"] for line in mine} == {row["status"]}
        assert {line["claim_findings"] for line in mine} == {row["findings"]}
        assert set(row["line_findings"]) == {rule for line in mine for rule in line["findings"]}
        assert sum(line["charge"] for line in mine) == row["charge"]
        assert row["first"] == min(line["first"] for line in mine)


# ---------------------------------------------------------------- the commands


def test_csv_and_json_of_claims() -> None:
    evil = DEMO.replace(b"PR*2*EXAMPLE HEALTH PLAN", b"PR*2*=1+1").replace(b"CLM*HIT1001*1124*", b"CLM*@A*-1124.50*")
    text = "".join(rowtext.as_csv(_told("claims", evil), CLAIMS.values))
    told = list(csv.DictReader(io.StringIO(text, newline="")))
    assert told[0]["claim"] == "'@A" and told[0]["payer"] == "'=1+1" and told[0]["charge"] == "-1124.50"
    assert told[0]["diagnoses"] == "L03115 Z452" and told[0]["first"] == "2025-02-03"
    lines = "".join(rowtext.as_jsonl(_told("claims", evil), CLAIMS.values)).splitlines()
    assert '"charge": -1124.50,' in lines[0]
    first = json.loads(lines[0])
    assert tuple(first) == CLAIMS.names() and first["birth"] is None and first["authorization"] == ["PA250001"]


@pytest.mark.parametrize("name", TABLES)
def test_positions_are_written_when_asked_for(name: str) -> None:
    demo = FIXTURES / "demo.edi"
    schema = TABLES[name][1]
    head = command(name, demo, "--format", "csv").out.splitlines()[0]
    assert head == ",".join(schema.names())
    text = command(name, demo, demo, "--format", "csv", "--positions").out
    told = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(told[0]) == schema.names(positions=True)
    assert told[0]["claim_segment"] == "20" and told[0]["diagnosis_segments"] == "23 23"
    assert {row["file"] for row in told} == {str(demo)}
    lines = command(name, demo, "--format", "jsonl", "--positions").out.splitlines()
    assert json.loads(lines[0])["diagnosis_segments"] == [23, 23]


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    for name in ("b.edi", "a.edi", ".hidden"):
        (tmp_path / name).write_bytes(DEMO)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "c.edi").write_bytes(DEMO)
    done = command("claims", tmp_path, FIXTURES / "demo.edi", "--format", "csv", "--positions")
    told = [row["file"] for row in csv.DictReader(io.StringIO(done.out, newline=""))]
    files = (tmp_path / "a.edi", tmp_path / "b.edi", FIXTURES / "demo.edi")
    assert told == [str(path) for path in files for _ in range(9)]
    (tmp_path / "c.txt").write_bytes(b"no X12")
    done = command("claims", tmp_path, "--format", "csv")
    assert done.status == 3 and "c.txt: not X12" in done.err and len(done.out.splitlines()) == 19


@pytest.mark.parametrize("name", TABLES)
def test_a_folder_without_files_gives_a_table_without_rows_and_a_note(name: str, tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_bytes(DEMO)
    done = command(name, tmp_path, "--format", "csv")
    assert (done.status, done.out) == (0, ",".join(TABLES[name][1].names()) + "\r\n")
    assert done.err == f"note: no file in {tmp_path}\n"
    done = command(name, tmp_path, FIXTURES / "demo.edi", "--format", "csv")
    assert done.out == command(name, FIXTURES / "demo.edi", "--format", "csv").out and "no file in" in done.err
    assert command(name, tmp_path / "none.edi", "--format", "csv").out == ""


def test_a_table_of_claims() -> None:
    told = command("claims", FIXTURES / "demo.edi", "--policy", "042").out.splitlines()
    assert told[0].split() == [
        "claim", "kind", "place", "freq", "lines", "charge", "from", "to", "payer", "npi", "auth", "status", "findings",
    ]  # fmt: skip
    second = "HIT1002 P 12 1 3 2681.00 2025-02-03 02-09 EXHP042 2000000010 rejected 042-A03"
    assert told[2].split() == second.split()
    assert max(map(len, told)) <= 100 and len(told) == 10


@pytest.mark.parametrize("name", TABLES)
def test_a_row_says_of_a_claim_what_check_says_on_the_same_terms(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables of codes, companions, settings and a history are heeded alike."""
    demo = FIXTURES / "demo.edi"

    def statuses(*options: str | Path) -> Counter[str]:
        done = command(name, demo, "--format", "jsonl", *options)
        return Counter({row["claim"]: row["status"] for row in map(json.loads, done.out.splitlines())}.values())

    assert statuses() == {"not judged": 9} and statuses("--policy", "042") == {"accepted": 3, "rejected": 6}
    places, folder = tmp_path / "pos.csv", tmp_path / "codes"
    places.write_text("Place of Service Code(s),Place of Service Name\n11,ours\n22,ours\n")
    days = ["--valid-from", "2024-08-01", "--valid-until", "2025-12-31", "--any-size", "--now", "2026-01-05"]
    assert command("codes", "update", "--from", places, "--kind", "pos", *days, "--dir", folder).status == 0
    monkeypatch.setenv("EDI837_CODES", str(folder))
    assert statuses() == {"not judged": 1, "rejected": 8}
    monkeypatch.setenv("EDI837_CODES", os.devnull)
    companion, settings, history = tmp_path / "own.xml", tmp_path / "edi837.toml", tmp_path / "history"
    companion.write_text(
        '<companion guide="005010X222A1">'
        '<change loop="2310B" fact="usage" value="R" reason="the rendering provider"/></companion>'
    )
    assert statuses("--policy", "042", "--guide-overlay", companion)["not judged"] == 8
    settings.write_text('[policies]\ndefault = ["042"]\n[[route]]\npayers = ["EXHP042"]\npolicies = []\n')
    assert statuses("--config", settings) == {"not judged": 9}
    settings.write_text('[policies]\ndefault = ["042"]\n')
    assert statuses("--config", settings) == {"accepted": 3, "rejected": 6}
    assert command("ack", demo, "-o", tmp_path / "answers", "--history", history).status == 1
    again = DEMO.replace(b"000000042", b"000000043")
    (tmp_path / "again.edi").write_bytes(again)
    demo = tmp_path / "again.edi"
    assert statuses("--history", history)["rejected"] == 3


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("part", ["values", "positions"])
def test_the_page_is_the_schema(name: str, part: str, update: bool) -> None:
    page = ROOT / "docs" / "data.md"
    text = columns.as_markdown(getattr(TABLES[name][1], part))
    said = page.read_text("utf-8")
    head, mark, rest = said.partition(f"<!-- {name} {part} -->\n")
    held, end, tail = rest.partition("<!-- end -->")
    assert mark and end, f"docs/data.md has no part called {name} {part}"
    if update:
        page.write_text(f"{head}{mark}{text}\n{end}{tail}", "utf-8")
    else:
        assert held == text + "\n"
