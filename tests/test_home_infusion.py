"""The table of home infusion codes: what stands in it, and that policy 042 says the same."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date
from importlib.resources import files

from edi837.codesets import CodeSets, rows_of
from edi837.problems import Problems
from edi837.rules import load

POLICIES = files("edi837.policies")
ROWS = rows_of((POLICIES / "home-infusion.csv").read_text("utf-8"))
TABLE = {row["code"]: row for row in ROWS}
FILE = tomllib.loads((POLICIES / "042.toml").read_text("utf-8"))
PROBLEMS = Problems("042.toml")
SETS = CodeSets(FILE["codes"], {}, PROBLEMS, lambda name: ROWS)
KINDS = {
    "per-diem": 68, "nursing": 17, "drug": 150, "nutrient": 31, "supply": 41, "kit": 4, "equipment": 15,
    "pharmacy": 2, "delivery": 3, "device-service": 2, "specimen": 1, "medicare-visit": 7, "administration": 1,
}  # fmt: skip


def _of(kind: str) -> frozenset[str]:
    return frozenset(code for code, row in TABLE.items() if row["kind"] == kind)


def _excluded(code: str) -> frozenset[str]:
    """What a code's own text shuts out."""
    words = TABLE[code]["excludes"].split()
    return frozenset().union(*(SETS.named(word) if word in SETS else {word} for word in words))


def test_what_stands_in_the_table() -> None:
    assert len(TABLE) == len(ROWS)
    assert Counter(row["kind"] for row in ROWS) == KINDS
    for row in ROWS:
        assert re.fullmatch("[A-Z0-9]{5}", row["code"])
        assert 0 < len(row["title"]) <= 45 and row["group"]
        assert row["unit"] or row["group"] == "noc-drug"
        for column in ("since", "until"):
            assert not row[column] or date.fromisoformat(row[column])


def test_what_a_per_diem_holds_and_leaves_out() -> None:
    for row in ROWS:
        per_diem = row["kind"] == "per-diem"
        assert (row["holds"] == "pharmacy supplies equipment") == per_diem
        assert (row["apart"] == "drugs nursing") == per_diem
        assert not per_diem or row["unit"] == "day"


def test_exclusions_name_codes_or_sets() -> None:
    for code, row in TABLE.items():
        for word in row["excludes"].split():
            assert word in SETS or word in TABLE, word
        for other in _excluded(code) & _of("per-diem") if row["kind"] == "per-diem" else ():
            assert code in _excluded(other) or code in SETS.named("pregnancy")


def test_the_policy_shuts_out_what_the_codes_do() -> None:
    edits = {edit.id: edit for edit in load("042").edits}
    rows = edits["042-B04"].words["rows"]
    general = {code for code, row in TABLE.items() if row["detail"] == "general" and row["excludes"]}
    assert isinstance(rows, tuple) and {code for one, _ in rows for code in one} == general
    for (one,), rest in rows:
        assert rest == _excluded(one)
    assert edits["042-B05"].words["codes"] == {c for c in TABLE if TABLE[c]["excludes"] == "infusions"}
    assert {code for code, row in TABLE.items() if row["excludes"] == "per-diem"} <= SETS.named("pharmacy")
    assert {c for c in TABLE if TABLE[c]["excludes"] == "99601 99602"} == {"S9123"}


def test_volumes_of_a_day() -> None:
    (edit,) = [edit for edit in load("042").edits if edit.id == "042-B06"]
    rows = edit.words["rows"]
    assert isinstance(rows, tuple)
    pairs = {frozenset((one, other)) for (one,), rest in rows for other in rest}
    tiers = [code for code, row in TABLE.items() if row["detail"].startswith("volume")]
    same = {frozenset((a, b)) for a in tiers for b in tiers if a < b and TABLE[a]["group"] == TABLE[b]["group"]}
    assert len(tiers) == 8 and pairs == same


def test_sets_are_of_their_kind() -> None:
    kinds = {
        "per-diem": ["per-diem"], "catheter-care": ["per-diem"], "therapies": ["per-diem"],
        "infusion-therapies": ["per-diem"], "other-supplies": ["supply"],
        "infusions": ["per-diem"], "therapies-by-vein": ["per-diem"], "pregnancy": ["per-diem"],
        "not-by-vein": ["per-diem"], "perhaps-by-vein": ["per-diem"],
        "tube-feeding": ["per-diem"], "vein-feeding": ["per-diem"], "nursing": ["nursing"],
        "other-nursing": ["nursing"], "supplies": ["supply"], "insulin-supplies": ["supply"],
        "pumps": ["equipment"], "insulin-pumps": ["equipment"], "implanted-pumps": ["equipment"],
        "tube-feeding-kits": ["supply"], "tube-feeding-formula": ["nutrient"], "vein-feeding-kits": ["supply"],
        "tube-feeding-supplies": ["supply", "equipment"], "vein-feeding-supplies": ["supply", "equipment"],
        "vein-feeding-formula": ["nutrient"], "nutrients": ["nutrient"], "flushes": ["supply", "drug"],
        "drugs": ["drug"], "solutions": ["drug"], "unnamed-drugs": ["drug"], "pharmacy": ["pharmacy"],
        "delivery": ["delivery"], "device-service": ["device-service"], "medicare-visits": ["medicare-visit"],
    }  # fmt: skip
    assert set(FILE["codes"]) == {*kinds, "home-infusion", "no-therapies", "home-equipment", "ambulance", "revenue"}
    for name, allowed in kinds.items():
        assert SETS.named(name), name
        assert {TABLE[code]["kind"] for code in SETS.named(name)} == set(allowed), name
    assert SETS.named("home-infusion") == set(TABLE)
    assert SETS.named("no-therapies") == set(TABLE) - SETS.named("therapies")
    apart = SETS.named("home-equipment")  # what is delivered, and is no part of an infusion's per diem
    part = SETS.named("supplies") - SETS.named("other-supplies") | SETS.named("pumps") | {"E0776"}
    assert apart.isdisjoint(part | SETS.named("per-diem") | SETS.named("delivery"))
    assert SETS.named("insulin-pumps") | SETS.named("implanted-pumps") | SETS.named("other-supplies") < apart
    assert {"A4351", "A6550", "A7037", "B4035", "B4150", "L0650"} < apart
    assert SETS.named("infusion-therapies") == SETS.named("infusions") & SETS.named("therapies")
    assert {"E0431", "E1390", "E2402", "E8000", "K0738", "K0823", "K1007"} < SETS.named("home-equipment")
    assert SETS.named("ambulance").isdisjoint(TABLE)
    ways = ("therapies-by-vein", "perhaps-by-vein", "not-by-vein", "catheter-care")
    assert len(frozenset().union(*map(SETS.named, ways))) == sum(len(SETS.named(each)) for each in ways)
    assert SETS.named("perhaps-by-vein") < SETS.named("infusions")
    assert not PROBLEMS.found


def test_sets_are_whole() -> None:
    whole = {
        "nursing": {c for c in TABLE if TABLE[c]["group"] == "infusion-nursing-visit"},
        "pharmacy": _of("pharmacy"), "delivery": _of("delivery"), "device-service": _of("device-service"),
        "tube-feeding": {c for c in _of("per-diem") if TABLE[c]["group"] == "enteral"},
        "vein-feeding": {c for c in _of("per-diem") if TABLE[c]["group"] == "tpn"},
        "pumps": {c for c in TABLE if TABLE[c]["group"] == "infusion-pump"},
        "tube-feeding-kits": {c for c in TABLE if TABLE[c]["group"] == "enteral-supply-kit"},
        "vein-feeding-kits": {c for c in TABLE if TABLE[c]["group"] == "parenteral-supply-kit"},
        "insulin-pumps": {c for c in TABLE if TABLE[c]["group"] == "insulin-pump"},
        "implanted-pumps": {c for c in TABLE if TABLE[c]["group"] == "implantable-pump"},
        "insulin-supplies": {c for c in TABLE if TABLE[c]["group"] == "insulin-pump-supplies"},
    }  # fmt: skip
    for name, codes in whole.items():
        assert SETS.named(name) == codes, name


def test_a_code_that_ended_needs_no_ndc_any_more() -> None:
    ended = {code for code, row in TABLE.items() if row["until"]}
    assert ended == {"S0020", "S0030", "S0073", "S0077"}
    assert not ended & SETS.named("drugs") and ended < _of("drug")
    assert SETS.named("solutions") < SETS.named("drugs")
    assert {"J0696", "J3370", "Q5103", "S0093"} < SETS.named("drugs")


def test_intervals_of_anti_infectives() -> None:
    hours = {code: row["hours"] for code, row in TABLE.items() if row["hours"]}
    assert hours == {"S9497": "3", "S9500": "24", "S9501": "12", "S9502": "8", "S9503": "6", "S9504": "4"}


def test_kits_are_counted_by_the_day() -> None:
    kits = SETS.named("tube-feeding-kits") | SETS.named("vein-feeding-kits")
    assert {TABLE[code]["unit"] for code in kits} == {"day"} and kits < SETS.daily()
    assert {TABLE[code]["unit"] for code in SETS.daily()} == {"day"}
