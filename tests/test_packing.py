"""What waits on the disk comes back as it went."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest

import edi837
from edi837.packing import packed, unpacked
from edi837.terms import Terms

FIXTURES = Path(__file__).parent.parent / "fixtures"
FILES = sorted(FIXTURES.glob("837?/*/*.edi"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_claims_and_findings_come_back_as_they_went(path: Path) -> None:
    claims = tuple(edi837.claims(path))
    assert unpacked(packed(claims)) == claims
    found = tuple(edi837.check(path, ["042"]))
    assert unpacked(packed(found)) == found


def test_every_field_of_a_claim_is_in_one_of_them() -> None:
    told = [claim for path in FILES for claim in edi837.claims(path)]
    lines = [line for claim in told for line in claim.lines]
    part = replace(lines[0], noncovered=Decimal("12.50"))  # no fixture has a charge that is not covered
    assert unpacked(packed(part)) == part
    lines.append(part)
    for each in (told, lines):
        filled = {f.name for one in each for f in fields(one) if getattr(one, f.name)}
        assert filled == {f.name for f in fields(each[0])}


def test_what_is_not_on_the_list_is_not_packed() -> None:
    with pytest.raises(AssertionError):
        packed([Terms()])
    with pytest.raises((IndexError, TypeError)):
        unpacked('[99, "os.system"]')
