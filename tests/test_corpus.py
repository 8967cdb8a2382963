"""Every file of a corpus that others wrote: nothing breaks, nothing is lost, everything is answered.

The corpus is no part of the project: public files of many repositories, right, wrong and
broken. It is looked for in the folder that ``EDI837_CORPUS`` names, else in
``../shared/corpus`` beside a checkout; without it these tests are skipped.
"""

from __future__ import annotations

import csv
import functools
import io
import os
import re
import time
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from edi837 import process, x12
from edi837.acks import Acknowledgements
from edi837.findings import Finding, NotX12
from edi837.frames import End, Event, FunctionalGroup, Interchange, TransactionSet, Verdict
from tests.oracle import judge_all

ROOT = Path(__file__).parent.parent
FOLDER = Path(os.environ.get("EDI837_CORPUS") or ROOT.parent / "shared" / "corpus") / "files"
FILES = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason=f"there is no corpus in {FOLDER.parent.name}/; set EDI837_CORPUS")

SLOWEST = 10.0  # seconds for one file
NOW = datetime(2026, 1, 2, 3, 4, 5)

# Found clean by pyx12 4.0.0, once GS08 and ST03 name the guide's last erratum.
CLEAN = (
    "837P__kputnam-stupidedi__COB-claim-from-billing-provider-to-payer-a.edi",
    "837P__kputnam-stupidedi__COB-claim-from-billing-provider-to-payer-b.edi",
    "837P__kputnam-stupidedi__COB-claim-from-payer-a-to-payer-b-in-payer-to-payer.edi",
    "837P__kputnam-stupidedi__ambulance.edi",
    "837P__kputnam-stupidedi__anesthesia.edi",
    "837P__kputnam-stupidedi__chiropractic.edi",
    "837P__kputnam-stupidedi__commercial-health-insurance.edi",
    "837P__kputnam-stupidedi__drug-administered-in-the-physician-office.edi",
    "837P__kputnam-stupidedi__encounter.edi",
    "837P__kputnam-stupidedi__out-of-network-repriced-claim.edi",
    "837P__kputnam-stupidedi__ppo-repriced-claim.edi",
    "837P__andrewallenbruce-hcc__X222-drug-administered-in-the-physician-office.edi",
    "837P__andrewallenbruce-hcc__X222-ppo-repriced-claim.edi",
    "837P__apimeister-x12-types__005010_837.edi",
    "837I__kputnam-stupidedi__ppo-repriced-claim.edi",
    "837I__andrewallenbruce-hcc__X223-ppo-repriced-claim.edi",
)
# What pyx12 refuses and we do not: each pattern with the reason why we are right.
LENIENT = {
    "*__Provi-Engineering-stupidedi__*-good.txt": "a comment before the ISA belongs to no interchange",
    "837P__kputnam-stupidedi__1.edi": "a comment before the ISA belongs to no interchange",
    "837P__*wheelchair.edi": "PWK of a certificate is told from other PWK by PWK02",
    "837P__kputnam-stupidedi__oxygen.edi": "PWK of a certificate is told from other PWK by PWK02",
    "837I__*__*two-claims-for-the-same-provider.edi": "five digits of a ZIP code are a matter of each claim",
    "837I__kputnam-stupidedi__automobile-accident.edi": "five digits of a ZIP code are a matter of each claim",
    "999__bryanbritten-edi-x12-healthcare-demo__example-01.edi": "a CTX of the claim stands behind one of the segment",
}

# Files that pyx12 calls clean, or whose own repository calls valid, with all that is found in them: rule and segments.
# Each was looked at; why it is no false alarm stands in WHY, and `test_what_is_found_is_so` proves it.
REVIEWED = {
    "837I__Provi-Engineering-stupidedi__5-good.txt": "X12-STRAY 0",
    "837I__andrewallenbruce-hcc__X223-ppo-repriced-claim.edi": "S5-NPI 7 32",
    "837I__kputnam-stupidedi__automobile-accident.edi": "S5-TAXONOMY 7; S5-NPI 8 30; S5-ZIP-9 10; S5-DISCHARGE 25",
    "837I__kputnam-stupidedi__ppo-repriced-claim.edi": "S5-NPI 7 35",
    "837I__kputnam-stupidedi__two-claims-for-the-same-provider.edi": "S5-NPI 8 8 43; S5-ZIP-9 10 10; S5-TAXONOMY 44",
    "837P__Provi-Engineering-stupidedi__10a-good.txt": "X12-STRAY 0",
    "837P__Provi-Engineering-stupidedi__5-good.txt": "X12-STRAY 0",
    "837P__Provi-Engineering-stupidedi__6-good.txt": "X12-STRAY 0",
    "837P__Provi-Engineering-stupidedi__7-good.txt": "X12-STRAY 0",
    "837P__Provi-Engineering-stupidedi__8-good.txt": "X12-STRAY 0",
    "837P__Provi-Engineering-stupidedi__9-good.txt": "X12-STRAY 0",
    "837P__andrewallenbruce-hcc__X222-drug-administered-in-the-physician-office.edi": "S5-ZIP-9 9",
    "837P__andrewallenbruce-hcc__X222-ppo-repriced-claim.edi": "S5-NPI 7 25; S5-BOX 8",
    "837P__apimeister-x12-types__005010_837.edi": "S5-TAXONOMY 7; S5-NPI 8; S5-ZIP-9 10",
    "837P__kputnam-stupidedi__COB-claim-from-billing-provider-to-payer-a.edi": "S5-NPI 7 31 34; S5-ZIP-9 9",
    "837P__kputnam-stupidedi__COB-claim-from-billing-provider-to-payer-b.edi": "S5-NPI 7 31 34; S5-ZIP-9 9; S5-ZIP 14",
    "837P__kputnam-stupidedi__COB-claim-from-payer-a-to-payer-b-in-payer-to-payer.edi": "S5-NPI 7 31 34; S5-ZIP-9 9",
    "837P__kputnam-stupidedi__ambulance.edi": "S5-NPI 8",
    "837P__kputnam-stupidedi__anesthesia.edi": "S5-NPI 7 20 23; S5-ZIP-9 9",
    "837P__kputnam-stupidedi__chiropractic.edi": "S5-NPI 7; S5-ZIP-9 9",
    "837P__kputnam-stupidedi__commercial-health-insurance.edi": "S5-TAXONOMY 7; S5-NPI 8; S5-ZIP-9 10",
    "837P__kputnam-stupidedi__drug-administered-in-the-physician-office.edi": "S5-ZIP-9 9",
    "837P__kputnam-stupidedi__encounter.edi": "S5-TAXONOMY 7; S5-NPI 8 26; S5-ZIP-9 10",
    "837P__kputnam-stupidedi__out-of-network-repriced-claim.edi": "S5-NPI 29",
    "837P__kputnam-stupidedi__oxygen.edi": "S5-NPI 7 28 51; S5-ZIP-9 9",
    "837P__kputnam-stupidedi__ppo-repriced-claim.edi": "S5-NPI 7 24; S5-BOX 8",
    "837P__kputnam-stupidedi__wheelchair.edi": "S5-NPI 7 30; S5-ZIP-9 9",
}
WHY = {
    "S5-NPI": "numbers made up for an example: their check digits do not agree",
    "S5-ZIP": "a digit was lost in the address of the other payer's subscriber",
    "S5-ZIP-9": "X12's own examples have five digits, so it only warns",
    "S5-TAXONOMY": "a code of an old edition of the list, which only warns",
    "S5-DISCHARGE": "a patient status of one digit, where the UB-04 has two; it only warns",
    "S5-BOX": "an example of a provider whose address is a P.O. box, which only warns",
    "X12-STRAY": "a comment before the ISA, which only warns",
}

each_file = pytest.mark.parametrize("path", FILES or [Path("none")], ids=lambda path: path.name)


def _tell(data: bytes) -> list[Event]:
    try:
        return list(process.tell(io.BytesIO(data)))
    except NotX12:
        return []


@each_file
def test_is_told_to_its_end(path: Path) -> None:
    data = path.read_bytes()
    started = time.monotonic()
    events = _tell(data)
    assert time.monotonic() - started < SLOWEST
    opened: list[Interchange | FunctionalGroup | TransactionSet] = []
    rejected = False  # in the set at hand
    for event in events:
        if isinstance(event, End):
            assert opened.pop() is event.of
            if isinstance(event.of, TransactionSet):
                assert event.of.refused or not rejected
        elif isinstance(event, Finding):
            rejected = rejected or event.rejects
        elif not isinstance(event, Verdict):
            opened.append(event)
            rejected = False
    assert not opened
    if not events:
        with pytest.raises(NotX12):
            list(process.tell(io.BytesIO(data)))


def test_what_holds_an_interchange_is_read() -> None:
    """Only files without a readable ISA are refused unread."""
    refused = {path.name for path in FILES if not _tell(path.read_bytes())}
    headless = {path.name for path in FILES if not path.read_bytes().lstrip().startswith(b"ISA")}
    broken = {name for name in refused if name not in headless}
    assert broken == {
        "835__kputnam-stupidedi__1.edi",  # ISA08 is 15 and ISA16 "^~" behind an ISA06 of 30 characters
        "835__ryanco-x12-parser__example835nonasciielemsep.txt",  # two bytes between elements
        "UNPARSED__shoppe1234-PyEDI-Core__malformed_x12.dat",  # an ISA cut short
    }


@each_file
@pytest.mark.parametrize("block", [1 << 20, 7])
def test_is_written_as_it_was_read(path: Path, block: int) -> None:
    data, written = path.read_bytes(), io.BytesIO()
    try:
        x12.write(x12.read(io.BytesIO(data), block=block), written)
    except NotX12:
        assert not _tell(data)
    assert written.getvalue() == data


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_in_a_clean_file(name: str) -> None:
    found = [e for e in _tell((FOLDER / name).read_bytes()) if isinstance(e, Finding) and e.rejects]
    assert found == []


def _all_found(name: str) -> list[Finding]:
    events = _tell((FOLDER / name).read_bytes())
    claims = [finding for event in events if isinstance(event, Verdict) for finding in event.findings]
    return [event for event in events if isinstance(event, Finding)] + claims


def _called_valid() -> set[str]:
    with (FOLDER.parent / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["version"].startswith(("005010X222", "005010X223"))]
    return {row["file"] for row in rows if row["expected"].startswith("valid") or row["valid_per_pyx12"] == "OK"}


def test_every_file_that_others_call_valid_is_reviewed() -> None:
    assert set(REVIEWED) == _called_valid() | set(CLEAN)


@pytest.mark.parametrize("name", REVIEWED)
def test_what_is_found_in_a_valid_file_was_reviewed(name: str) -> None:
    found: dict[str, list[str]] = {}
    for finding in _all_found(name):
        assert finding.rule in WHY
        found.setdefault(finding.rule, []).append(str(finding.place.segment))
    assert "; ".join(f"{rule} {' '.join(segments)}" for rule, segments in found.items()) == REVIEWED[name]


@pytest.mark.parametrize("name", [name for name, found in REVIEWED.items() if found])
def test_what_is_found_is_so(name: str) -> None:
    """No false alarm, by other means than the rule's own."""
    for finding in _all_found(name):
        value = finding.place.value
        if finding.rule == "S5-NPI":
            doubled = [int(d) * 2 if at % 2 else int(d) for at, d in enumerate(reversed(f"80840{value}"))]
            assert len(value) != 10 or value[0] not in "12" or sum(d - 9 * (d > 9) for d in doubled) % 10
        elif finding.rule in ("S5-ZIP", "S5-ZIP-9"):
            assert finding.place.tag == "N4" and len(value) == (4 if finding.rule == "S5-ZIP" else 5)
        elif finding.rule == "S5-TAXONOMY":
            assert value[-1] != "X" and not finding.rejects
        elif finding.rule == "S5-DISCHARGE":
            assert len(value) == 1 and not finding.rejects
        elif finding.rule == "S5-BOX":
            assert finding.place.tag == "N3" and value == "P O BOX 123" and not finding.rejects
        else:
            assert finding.rule == "X12-STRAY" and not finding.rejects


# ------------------------------------------------------------------ against pyx12

_GUIDES = ((rb"005010X222(A\d)?(?![0-9A-Z])", b"005010X222A1"), (rb"005010X223(A\d)?(?![0-9A-Z])", b"005010X223A2"))


def _named_by_the_last_erratum(data: bytes) -> bytes:
    """GS08 and ST03 as pyx12 knows them."""
    for pattern, name in _GUIDES:
        data = re.sub(pattern, name, data)
    return data


@functools.cache
def _verdicts() -> dict[str, tuple[bool, bool | None]]:
    """Whether we refuse a file, and whether pyx12 does; None when it raises an exception."""
    files = [p for p in FILES if any(re.search(pattern, p.read_bytes()) for pattern, _ in _GUIDES)]
    opinions = judge_all(_named_by_the_last_erratum(p.read_bytes()) for p in files)
    told = {}
    for path, opinion in zip(files, opinions, strict=True):
        events = _tell(path.read_bytes())
        ours = not events or any(isinstance(e, Finding) and e.rejects for e in events)
        told[path.name] = (ours, None if opinion.crashed else not opinion.ok)
    return told


def test_we_refuse_nothing_that_pyx12_accepts() -> None:
    assert [name for name, (ours, theirs) in _verdicts().items() if ours and theirs is False] == []
    assert sum(ours is theirs is False for ours, theirs in _verdicts().values()) >= len(CLEAN)


def test_what_only_pyx12_refuses_is_listed() -> None:
    lenient = [name for name, (ours, theirs) in _verdicts().items() if not ours and theirs]
    assert [name for name in lenient if not any(fnmatchcase(name, p) for p in LENIENT)] == []
    assert [p for p in LENIENT if not any(fnmatchcase(name, p) for name in lenient)] == []


# ------------------------------------------------------------------ the answers


@each_file
def test_is_answered_in_full(path: Path) -> None:
    acks = Acknowledgements(NOW, 1)
    events = []
    try:
        for event in process.tell(io.BytesIO(path.read_bytes())):
            acks.take(event)  # at once: a frame fills up as its events come
            events.append(event)
    except NotX12:
        assert not events
    files = {kind: file.read() for kind, file in acks.finish().items()}
    expected = _expected(events)
    assert [s[4:6] for s in _segments(files.get("ta1", b"")) if s[0] == "TA1"] == expected["ta1"]
    assert _sets_of_999(files.get("999", b"")) == expected["999"]
    assert _claims_of_277ca(files.get("277ca", b"")) == expected["277ca"]
    for written in files.values():
        found = [e for e in process.tell(io.BytesIO(written)) if isinstance(e, Finding) and e.rejects]
        # A group of another trade (810, 850) is refused in its own words, which the 999's guide does not list.
        assert [f for f in found if f.place.refdes != "AK101"] == []


def _expected(events: list[Event]) -> dict[str, list[object]]:
    """TA104 and TA105 of each TA1; AK905 R and the IK501 of each group; the CLM01 of each set, from the events."""
    answers: dict[str, list[object]] = {"ta1": [], "999": [], "277ca": []}
    groups: list[object] = []
    claims: list[object] = []
    for event in events:
        if isinstance(event, Interchange):
            groups, claims = [], []
        elif isinstance(event, FunctionalGroup):
            marks: list[bool] = []
            held: list[list[str]] = []
        elif isinstance(event, TransactionSet):
            ids: list[str] = []
        elif isinstance(event, Verdict):
            ids.append(event.claim.id)
        elif isinstance(event, End) and isinstance(event.of, TransactionSet):
            marks.append(event.of.refused)
            if not event.of.refused and event.of.kind in ("P", "I"):
                held.append(ids)
        elif isinstance(event, End) and isinstance(event.of, FunctionalGroup):
            if event.of.header[1:2] != ["FA"]:
                groups.append((event.of.refused or not event.of.accepted, marks))
                claims += [] if event.of.refused else held
        elif isinstance(event, End) and isinstance(event.of, Interchange):
            if event.of.refused or event.of.wants_ta1:
                worst = [c for c in event.of.codes if c[0] == "R"] or event.of.codes or [("A", "000")]
                answers["ta1"].append(list(worst[0]))
            if not event.of.refused:
                answers["999"] += groups
                answers["277ca"] += claims
    return answers


def _segments(data: bytes) -> Iterator[x12.Segment]:
    for item in x12.read(io.BytesIO(data)) if data else ():
        if isinstance(item, x12.Stray):
            assert item.blank
            continue
        for piece in item.pieces:
            yield x12.split(piece, item.delimiters)


def _sets_of_999(data: bytes) -> list[object]:
    """Of each group answered: whether it is refused whole, and which of its sets are."""
    groups: list[object] = []
    marks: list[bool] = []
    for seg in _segments(data):
        if seg[0] == "AK1":
            marks = []
        elif seg[0] == "IK5":
            marks.append(seg[1] == "R")
        elif seg[0] == "AK9":
            groups.append((seg[1] == "R", marks))
    return groups


def _claims_of_277ca(data: bytes) -> list[object]:
    """Of each set answered: TRN02 of each claim."""
    sets: list[object] = []
    claims: list[str] = []
    level = ""
    for seg in _segments(data):
        if seg[0] == "ST":
            claims = []
            sets.append(claims)
        elif seg[0] == "HL":
            level = seg[3]
        elif seg[0] == "TRN" and level == "PT":
            claims.append(seg[2])
    return sets
