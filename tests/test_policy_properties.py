"""What must not matter to policy 042: the order of lines, how they are spread over claims, and other patients."""

from __future__ import annotations

import io
from collections.abc import Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edi837 import sample, shorthand
from edi837.findings import Action
from edi837.frames import Verdict
from edi837.rules import load
from edi837.terms import Terms
from tests import shorthand as mapped

POLICY = load("042-strict")  # SH and SJ looked for in the file
CODES = [
    "S9500", "S9501", "S9364", "S9365", "S9494", "S9326", "S9500:SH", "S9364:SH", "S9373:SJ", "S9338:SH:SJ", "S5498",
    "S5502", "S9208", "A4222", "A4221", "E0781:RR", "S9430", "A9901", "99601", "99602", "S9123", "S5522", "B4220",
]  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Lines of one patient in November."""
    told = []
    for code in draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=6)):
        first = draw(st.integers(1, 20))
        days = draw(st.integers(1, 9))
        units = draw(st.sampled_from([days, days, 1, max(1, days - 2), days + 1]))
        span = f"11/{first:02d}" + (f"-11/{first + days - 1:02d}" if days > 1 else "")
        told.append(f"{code} {units} {span} ${draw(st.integers(1, 3))}00")
    return told


def rules(verdicts: Sequence[Sequence[tuple[str, Action]]]) -> set[str]:
    """The rules that reject, whichever line they name."""
    return {rule for each in verdicts for rule, action in each if action == "reject"}


def judged(told: Sequence[str]) -> set[str]:
    found = POLICY.judge(mapped.claims(told))
    return rules([[(f.rule, f.action) for f in each] for each in found])


@settings(deadline=None, max_examples=500)
@given(lines(), st.randoms(use_true_random=False))
def test_the_order_of_lines_names_another_line_and_changes_no_verdict(told: list[str], draw: object) -> None:
    other = list(told)
    draw.shuffle(other)  # type: ignore[attr-defined]
    assert judged(other) == judged(told)


@settings(deadline=None, max_examples=100)
@given(lines(), st.integers(0, 6), st.booleans())
def test_lines_on_two_claims_are_judged_as_on_one(told: list[str], at: int, apart: bool) -> None:
    at = min(at, len(told))
    split = [*told[:at], *(["claim apart" if apart else "claim"] if 0 < at < len(told) else []), *told[at:]]
    one, other = ({line[:5] for line in part} for part in (told[:at], told[at:]))
    assume(not (one <= other or other <= one) or not (one and other))  # else one may be the other corrected
    one_way, other_way = sent(split), sent(told)
    silent = {"042-A05", "042-A06"} if "042-B01" in other_way else set[str]()  # explained by it on one claim alone
    assert one_way - silent == other_way - silent


@settings(deadline=None, max_examples=100)
@given(lines(), lines())
def test_another_patient_changes_nothing(told: list[str], others: list[str]) -> None:
    beside = sent([*told, "claim patient 2", *others, "claim patient 1 apart", "99601 1 12/24"], first=True)
    alone = sent([*told, "claim apart", "99601 1 12/24"], first=True)
    assert beside == alone


def sent(told: Sequence[str], first: bool = False) -> set[str]:
    """The rules that reject a claim of an interchange, or its first one."""
    text = sample.interchange(shorthand.told(tuple(told)), "P")
    events = Terms([POLICY]).read(io.BytesIO(text.encode("latin-1"))).tell()
    found = [[(f.rule, f.action) for f in e.findings if f.says] for e in events if isinstance(e, Verdict)]
    return rules(found[:1] if first else found)


def test_the_lines_drawn_break_most_of_what_they_can() -> None:
    """Else the properties would say little."""
    seen: set[str] = set()

    @settings(deadline=None, max_examples=400, database=None, derandomize=True)
    @given(lines())
    def look(told: list[str]) -> None:
        seen.update(judged(told))

    look()
    assert {"042-A03", "042-A04", "042-A05", "042-B01", "042-B04", "042-B05", "042-C01", "042-D01"} <= seen
