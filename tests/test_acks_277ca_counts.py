"""The 277CA: every claim answered once, totals that reconcile, statuses that agree."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi837.acks import AckError
from edi837.findings import Finding
from edi837.frames import Verdict
from tests.ack_events import (
    PROVIDER,
    acknowledged,
    answer,
    check_envelope,
    claim,
    complaints,
    edit,
    line,
    segments,
    starting,
    told,
    told_set,
)

# ------------------------------------------------------------------ totals

AMOUNTS = st.decimals(min_value=0, max_value=99999, places=2, allow_nan=False)
CLAIMS = st.lists(
    st.tuples(st.sampled_from("ABC"), AMOUNTS, st.sampled_from(["", "claim", "line"])), min_size=1
)


def verdict_of(number: int, provider: str, charge: Decimal, refused: str) -> Verdict:
    made = claim(
        f"C{number}", str(charge), [line("1", "S9500", "1", "1")], provider=replace(PROVIDER, last=provider)
    )
    found = {"": (), "claim": (edit("A7:254"),), "line": (edit("A8:453", line="1"),)}[refused]
    return Verdict(made, found)


@settings(max_examples=60, deadline=None)
@given(CLAIMS)
def test_totals_reconcile_with_the_claims(told_claims: list[tuple[str, Decimal, str]]) -> None:
    verdicts = [verdict_of(number, *given) for number, given in enumerate(told_claims)]
    written = segments(acknowledged(*verdicts))

    # Recounted from the claims alone: the set, and each run of claims of one provider.
    runs: list[tuple[str, list[tuple[Decimal, bool]]]] = []
    for provider, charge, refused in told_claims:
        if not runs or runs[-1][0] != provider:
            runs.append((provider, []))
        runs[-1][1].append((charge, bool(refused)))
    every = [item for _, items in runs for item in items]
    expected = [totals(every, "90", "AA"), *(totals(items, "QA", "QC") for _, items in runs)]

    found: list[dict[str, Decimal]] = []
    for before, segment in pairwise(written):
        if segment[0] == "STC" and segment[1] == "A1:19:PR":
            assert before[0] == "TRN" and segment[3] == "WQ"
            found.append({"STC": Decimal(segment[4])})
        elif segment[0] in ("QTY", "AMT"):
            found[-1][segment[1]] = Decimal(segment[2])
    assert found == expected
    assert [s[3] for s in written if s[:2] == ["NM1", "85"]] == [provider for provider, _ in runs]
    assert [s[2] for s in written if s[:2] == ["TRN", "2"]][1:] == [v.claim.id for v in verdicts]
    check_hierarchy(written)
    check_envelope(written)


def totals(items: list[tuple[Decimal, bool]], accepted: str, rejected: str) -> dict[str, Decimal]:
    found = {"STC": sum((charge for charge, _ in items), Decimal())}
    for refused, count, total in ((False, accepted, "YU"), (True, rejected, "YY")):
        charges = [charge for charge, was in items if was is refused]
        if charges:
            found |= {count: Decimal(len(charges)), total: sum(charges, Decimal())}
    return found


def check_hierarchy(written: list[list[str]]) -> None:
    levels = [segment for segment in written if segment[0] == "HL"]
    assert [segment[1] for segment in levels] == [str(n + 1) for n in range(len(levels))]
    parent = {"20": "", "21": "1", "19": "2", "PT": ""}
    for segment in levels:
        assert segment[2] == parent[segment[3]]
        assert segment[4:] == ([] if segment[3] == "PT" else ["1"])
        if segment[3] == "19":
            parent["PT"] = segment[1]


@pytest.mark.parametrize("order", ["ABC", "BAC", "BCA"])
def test_charges_are_added_exactly_however_large_and_small(order: str) -> None:
    """Eighteen digits are a charge, before the point or behind it; 28 digits of a sum would not hold these."""
    large, tiny, found = "9" * 18, "0.000000000000000005", (edit("A7:254"),)
    each = {
        "A": Verdict(claim("A", large)),
        "B": Verdict(claim("B", tiny), found),
        "C": Verdict(claim("C", tiny), found),
    }
    data = acknowledged(*[each[one] for one in order])
    assert starting("AMT", data) == [f"AMT*YU*{large}", "AMT*YY*0.00000000000000001"] * 2
    assert starting("STC", data)[0] == f"STC*A1:19:PR*20241123*WQ*{large}.00000000000000001"


def test_a_large_set_waits_on_disk_and_reads_the_same() -> None:
    verdicts = [verdict_of(n, "ABC"[n // 400 % 3], Decimal(n), "claim" if n % 3 else "") for n in range(1600)]
    on_disk = acknowledged(*verdicts, files=tempfile.TemporaryFile)
    assert on_disk == acknowledged(*verdicts) and len(on_disk) > 150_000
    assert complaints(on_disk) == []


# ------------------------------------------------------------------ statuses

LINES = [line("1", "S9500", "1", "1"), line("2", "S9501", "1", "1")]
EDITS = [
    ((), ["STC*A2:20*20241123*WQ*2"], []),
    ((edit("A8:453", action="unknown", line="1"),), ["STC*A2:20*20241123*WQ*2"], []),
    ((edit("A7:254"),), ["STC*A7:254*20241123*U*2"], []),
    ((edit("A7:254"), edit("A7:254")), ["STC*A7:254*20241123*U*2"], []),
    (
        (edit("A7:254"), edit("A6:464", "A6:535")),
        ["STC*A7:254*20241123*U*2", "STC*A6:464*20241123*U*2******A6:535"],
        [],
    ),
    ((edit("A8:453", line="2"),), ["STC*A3:247*20241123*U*2"], ["STC*A8:453**U"]),
    (
        (edit("A8:454", line="2"), edit("A8:476", line="1"), edit("A7:507", line="2"), edit("A7:145:85")),
        ["STC*A7:145:85*20241123*U*2", "STC*A3:247*20241123*U*2"],
        ["STC*A8:476**U", "STC*A8:454**U"],
    ),
    ((edit("A8:453", line="9"),), ["STC*A8:453*20241123*U*2"], []),  # a line the claim does not have
    ((edit(syntax="IK4:7"), edit(syntax="IK3:5")), ["STC*A3:684*20241123*U*2"], []),
    (
        (edit("A8:453", "A8:454", "A8:736", "A8:732", line="1"),),
        ["STC*A3:247*20241123*U*2"],
        ["STC*A8:453**U*******A8:454*A8:736"],
    ),
]


@pytest.mark.parametrize(("found", "of_claim", "of_lines"), EDITS)
def test_statuses(found: tuple[Finding, ...], of_claim: list[str], of_lines: list[str]) -> None:
    data = acknowledged(Verdict(claim("A", "2", LINES), found))
    assert starting("STC", data)[2:] == of_claim + of_lines
    assert len(starting("SVC", data)) == len(of_lines)
    assert complaints(data) == []


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ({"736": ("A8:454", "A8:732")}, "STC*A8:454**U*******A8:732"),
        ({"736": ("A8:454",), "453": ("A8:476",)}, "STC*A8:476**U"),  # the first of the finding's that is refused
        ({"732": ("A8:454",)}, "STC*A8:453**U*******A8:736"),
    ],
    ids=str,
)
def test_another_code_is_sent_for_one_that_the_partner_refuses(instead: dict[str, tuple[str, ...]], said: str) -> None:
    verdict = Verdict(claim("A", "2", LINES), (edit("A8:453", "A8:736", line="1"),))
    assert starting("STC", acknowledged(verdict, instead=instead))[-1] == said


@pytest.mark.parametrize(
    "found",
    [
        replace(edit("A8:453", line="1"), level="claim"),
        replace(edit("A8:453"), level="line"),
        edit("A8:453", line="3"),
    ],
    ids=["of the claim", "of no line", "of a line without a code"],
)
def test_what_no_2220d_can_tell_is_told_of_the_claim(found: Finding) -> None:
    lines = [line("1", "S9500", "1", "1"), line("", "S9501", "1", "1"), line("3", "", "0", "1")]
    assert starting("STC", acknowledged(Verdict(claim("A", "2", lines), (found,))))[2:] == ["STC*A8:453*20241123*U*2"]


@pytest.mark.parametrize(
    "status", [("A2:20",), ("F2:453",), ("A8:732",), ("A6:21", "A6:732"), ("A3:746",), ("A7:145",)]
)
def test_statuses_that_contradict_themselves_are_our_fault(status: tuple[str, ...]) -> None:
    with pytest.raises(AckError):
        acknowledged(Verdict(claim("A", "2", LINES), (edit(*status),)))


def test_a_rejection_without_a_status_is_our_fault() -> None:
    with pytest.raises(AckError, match=r"^042-A01 rejects without a status code$"):
        acknowledged(Verdict(claim("A", "2", LINES), (edit(),)))


def test_a_claim_lost_on_the_way_is_our_fault() -> None:
    frames = told_set(Verdict(claim("A", "2")), Verdict(claim("B", "2"), (edit("A7:254"),)), Verdict(claim("C", "2")))
    frames[1][1].pop()
    with pytest.raises(AckError, match=r"^2 verdicts for 3 claims$"):
        answer(told(frames))
