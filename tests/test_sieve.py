"""The sieve loses nothing: what is found with it is what is found when every edit is asked of every line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi837 import policyfile, sieve
from edi837.claim import Claim, ServiceLine
from edi837.edit import Edit
from edi837.rules import Policy
from tests import shorthand

FILE = policyfile.read(Path(str(files("edi837.policies"))) / "042.toml")
EDITS = FILE.written  # those that are off as well
WHOLE = replace(FILE, edits=EDITS)
SIFTED = Policy(WHOLE)
ASKED = Policy(WHOLE)


class Open:
    """A sieve that lets everything through."""

    def sift(self, claims: Sequence[Claim]) -> tuple[list[list[ServiceLine]], tuple[Edit, ...]]:
        kinds = {"", *(f"837{claim.kind}" for claim in claims)}
        lines = [[] if claim.frequency == "8" else list(claim.lines) for claim in claims]
        return lines, tuple(edit for edit in EDITS if edit.only in kinds)


ASKED._sieve = Open()  # type: ignore[assignment]

codes = st.sampled_from([
    "S9500", "S9494", "S9364", "S9365", "S9366", "S9208", "S9342", "S9353", "S5498", "S5502", "S9379", "S9542", "S9562",
    "A4222", "A4221", "A4230", "E0781", "E0784", "S9430", "A9901", "S5035", "B4035", "B4189", "A4216",
    "J0696", "J1745", "J7050", "J3490", "S0073", "99601", "99602", "S9123", "S5522", "G0068", "G0088",
    "99213", "0261", "0250", "WC001",
])  # fmt: skip
modifiers = st.lists(st.sampled_from(["SH", "SJ", "SS", "SD", "JW", "JZ", "RR", "TT"]), max_size=3)
dates = st.sampled_from(["11/01-11/07", "11/03", "11/08-11/14", "11/28-12/04", "10/01", "none",
                         "statement 11/01-11/30"])  # fmt: skip
texts = st.lists(st.sampled_from([
    "@49", "@22", "@31", "@12", "MJ", "DA", "by=164W00000X", "by=163W00000X", "ndc=00409379601:10ML", "ndc=0409:0UN",
    "as=IV", "as=ER", "as=HP", "desc=X", 'note="CEFIDEROCOL 1 G"', "auth=1", "rev=0250",
]), max_size=3)  # fmt: skip
heads = st.lists(st.sampled_from([
    "@49", "@22", "frequency 8", "frequency 7", "filing MB", "filing CI", "sex M", "born 2024-01-01", "bill 111",
    "taxonomy 207Q00000X", "taxonomy none", "auth 2", 'note "X"',
]), max_size=3)  # fmt: skip


@st.composite
def claims(draw: st.DrawFn) -> list[str]:
    told = []
    for _ in range(draw(st.integers(1, 2))):
        told.append(" ".join(["claim", *draw(heads)]))
        for _ in range(draw(st.integers(1, 4))):
            code = ":".join([draw(codes), *draw(modifiers)])
            told.append(" ".join([code, str(draw(st.integers(0, 9))), draw(dates), *draw(texts)]))
    return told


@settings(max_examples=300, deadline=None)
@given(claims(), st.sampled_from("PI"))
def test_the_sieve_loses_nothing(told: list[str], kind: str) -> None:
    seen = shorthand.claims(told, kind)
    assert SIFTED.judge(seen) == ASKED.judge(seen)


ONLY = {edit.id: edit.only for edit in EDITS if edit.only}


@settings(max_examples=100, deadline=None)
@given(claims(), claims(), st.booleans())
def test_an_edit_of_one_guide_judges_no_claim_of_the_other(told: list[str], more: list[str], swapped: bool) -> None:
    """A patient with claims of both: neither the first of them nor a line of the other guide decides."""
    seen = [*shorthand.claims(told, "P"), *shorthand.claims(more, "I")][:: -1 if swapped else 1]
    found = SIFTED.judge(seen)
    assert found == ASKED.judge(seen)
    for claim, mine in zip(seen, found, strict=True):
        assert {ONLY.get(each.rule, "") for each in mine} <= {"", f"837{claim.kind}"}


@pytest.mark.parametrize("kinds", ["PI", "IP"])
def test_an_edit_of_one_guide_is_asked_though_the_first_claim_is_of_the_other(kinds: str) -> None:
    texts = {"P": ["claim @22", "S9500 7 11/01-11/07"], "I": ["claim bill 111", "S9500 7 11/08-11/14"]}
    found = SIFTED.judge([claim for kind in kinds for claim in shorthand.claims(texts[kind], kind)])
    rules = dict(zip(kinds, ([each.rule for each in mine if each.rule in ONLY] for mine in found), strict=True))
    assert rules == {"P": ["042-E01"], "I": ["042-E03", "042-G07"]}


def test_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieve, "_MOST", 3)
    small = sieve.Sieve(FILE.edits)
    for number in range(10):
        small.sift(shorthand.claims([f"claim filing {number}", f"S9500:U{number} 1 11/03", "99601 1 11/03"]))
        assert len(small._lines) <= 3 and len(small._claims) <= 3 and len(small._awake) <= 3


def test_claims_alike_are_looked_up() -> None:
    policy = Policy(FILE)
    lines = ["S9500 7 11/01-11/07", "99601 1 11/03"]
    policy.judge(shorthand.claims(lines))
    before = dict(policy._sieve._lines)
    policy.judge(shorthand.claims(lines * 20))
    assert policy._sieve._lines == before and len(before) == 2
