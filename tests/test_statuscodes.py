"""Claim status composites in plain words."""

from __future__ import annotations

import pytest

from edi837 import maps, statuscodes


def test_describe() -> None:
    assert statuscodes.describe("A8:453") == (
        "A8: rejected: two values disagree with each other. 453: procedure modifiers."
    )
    assert statuscodes.describe("A7:145:82").endswith("82: the party is the rendering provider.")
    assert statuscodes.describe("A7:145").endswith("145 needs a code for the party.")
    assert statuscodes.describe("A8:732").endswith("732 never stands alone.")
    assert statuscodes.describe("A3:448") == (
        "A3: sent back: it cannot be processed and was not taken in. 448: no longer in use."
    )
    assert statuscodes.describe("453") == "453: procedure modifiers."
    assert statuscodes.describe("122") == "122: no longer in use."
    assert statuscodes.describe("PR") == "PR: payer."
    assert statuscodes.describe("71") == "71: attending provider. 71: as a status, no longer in use."


def test_a_status_of_the_list_is_known_without_words_of_ours() -> None:
    """So that a policy may use what its payer's own 277CA says."""
    assert "27" not in statuscodes.STATUSES and statuscodes.listed("27")
    assert not list(statuscodes.faults(["A3:27"])) and not list(statuscodes.faults(["A6:771", "A8:187"]))
    assert statuscodes.describe("A3:27").endswith("27: see X12's list 508.")
    assert not list(statuscodes.faults(["A7:784"]))
    assert statuscodes.describe("771") == "771: see X12's list 508."
    assert not statuscodes.listed("448") and "no longer in use" in "".join(statuscodes.faults(["A3:448"]))
    for unknown in ("43", "797", "800", "4530", "", "A3"):
        assert not statuscodes.listed(unknown)


@pytest.mark.parametrize("text", ["A3:5", "A3:9", "A7:22", "A6:570"])
def test_a_stopped_status_is_not_taken_whoever_has_no_words_for_it(text: str) -> None:
    """Stopped by X12 in 2008 (5, 9) and later; pyx12's list still has them."""
    status = text.split(":")[1]
    assert status in maps.code_lists()["claim_status"].codes and not statuscodes.listed(status)
    assert list(statuscodes.faults([text])) == [f"{text}: status {status} is no longer in use"]


@pytest.mark.parametrize("text", ["A6:157", "A3:129", "A3:25", "A7:562"])
def test_a_status_of_a_party_names_it(text: str) -> None:
    """The status speaks of an entity, so the composite has a code for it (X12 RFI 904)."""
    (fault,) = statuscodes.faults([text])
    assert fault.endswith(f"needs an entity code, such as {text}:82") and not list(statuscodes.faults([f"{text}:82"]))
    assert statuscodes.describe(text).endswith("needs a code for the party.")


def test_the_uses_are_those_of_every_status() -> None:
    """None is in use and stopped, and none that is in use escapes the tables."""
    used = statuscodes.NEEDS_ENTITY | statuscodes.NEVER_ALONE | statuscodes.WHOLE_FILE | statuscodes.LATER
    assert all(map(statuscodes.listed, used)) and not used & statuscodes.STOPPED
    assert maps.code_lists()["claim_status"].codes >= statuscodes.STOPPED
    assert (len(statuscodes.STOPPED), len(statuscodes.NEEDS_ENTITY), len(statuscodes.LATER)) == (104, 110, 27)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A9:453", "unknown category 'A9'"),
        ("A8:4530", "unknown status '4530'; did you mean '453'"),
        ("A8:453:99", "unknown entity '99'"),
        ("A8:", "is not category:status"),
        ("A8:453:85:1", "is not category:status"),
        ("4530", "unknown status code '4530'; did you mean '453'"),
    ],
)
def test_describe_refuses_what_it_does_not_know(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        statuscodes.describe(text)


def test_the_codes_that_need_a_companion() -> None:
    """As X12's notes on the codes and its interpretations have it."""
    companions = {"732", "21", "402", "510", "511", "512", "693", "694", "697", "745", "748"}
    assert statuscodes.NEVER_ALONE.issuperset(companions)
    assert not statuscodes.STOPPED & set(statuscodes.STATUSES)
    for code in statuscodes.NEVER_ALONE:
        assert any("must not stand alone" in fault for fault in statuscodes.faults([f"A8:{code}"]))
        assert not list(statuscodes.faults(["A8:453", f"A8:{code}"]))
    for code in statuscodes.NEEDS_ENTITY:
        assert list(statuscodes.faults([f"A7:{code}"]))
        if code not in statuscodes.NEVER_ALONE:
            assert not list(statuscodes.faults([f"A7:{code}:82"]))
