"""Real interchanges judged by two policies: which claims change their verdict, and what money is on them.

Enters: files, each as two streams, and two policies. Leaves: a `Comparison`: counts, charges
(CLM02) and the claims that change, by CLM01. What the guide finds is the same under both, and a
claim it rejects changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from edi837 import safe
from edi837.findings import Finding
from edi837.frames import Verdict
from edi837.rules import Policy
from edi837.snip import Codes
from edi837.terms import Terms
from edi837.wording import many

_SHOWN = 50  # claims listed in text
FATES = {
    "rejected": "accepted by the old, rejected by the new",
    "released": "rejected by the old, accepted by the new",
    "other": "rejected by both, for other reasons",
    "warned": "accepted by both, with other warnings",
    "begun": "not for the old, judged by the new alone",
    "left": "judged by the old alone, not for the new",
    "aside": "for neither of the two",
    "same": "as before",
}


@dataclass(slots=True)
class Count:
    """Claims and their charges."""

    claims: int = 0
    charges: Decimal = field(default_factory=Decimal)

    def add(self, charge: Decimal | None) -> None:
        """Count a claim."""
        self.claims += 1
        self.charges += charge or 0


@dataclass(slots=True)
class Changed:
    """A claim that fares otherwise under the new policy."""

    file: str
    claim: str  # CLM01
    charge: Decimal
    fate: str  # a key of FATES
    old: tuple[str, ...]  # the findings of the old policy alone: 042-A03 reject
    new: tuple[str, ...]


@dataclass(slots=True)
class Comparison:
    """Two policies over the same files."""

    fates: dict[str, Count] = field(default_factory=lambda: {fate: Count() for fate in FATES})
    edits: dict[str, tuple[Count, Count]] = field(default_factory=dict)  # edit and action: old, new
    changed: list[Changed] = field(default_factory=list)

    def take(self, file: str, old: Verdict, new: Verdict, judged: tuple[bool, bool] = (True, True)) -> None:
        """Compare what the two say of one claim; ``judged``: whether the old is for it, and the new."""
        charge = old.claim.charge
        before, after = _said(old.findings), _said(new.findings)
        for at, said in ((0, before), (1, after)):
            for label in said:
                self.edits.setdefault(label, (Count(), Count()))[at].add(charge)
        if judged != (True, True):
            fate = {(False, True): "begun", (True, False): "left"}.get(judged, "aside")
        elif old.rejected != new.rejected:
            fate = "rejected" if new.rejected else "released"
        elif before == after:
            fate = "same"
        else:
            fate = "other" if old.rejected else "warned"
        self.fates[fate].add(charge)
        if fate != "same" and before != after:
            gone, come = tuple(sorted(before - after)), tuple(sorted(after - before))
            self.changed.append(Changed(file, old.claim.id, charge or Decimal(), fate, gone, come))


def _said(findings: Sequence[Finding]) -> set[str]:
    """Policy findings as edit and action."""
    return {f"{finding.rule} {finding.action}" for finding in findings if finding.says}


def compare(
    streams: tuple[BinaryIO, BinaryIO], file: str, old: Policy, new: Policy, into: Comparison,
    codes: Codes | None = None, watch: Callable[[object], None] | None = None,
) -> None:  # fmt: skip
    """Judge a file, opened twice, by both; ``watch`` is shown its events.

    Raises NotX12 when it holds no interchange.
    """
    first, second = streams
    olds = _verdicts(first, old, codes, watch)
    for before, after in zip(olds, _verdicts(second, new, codes, None), strict=True):
        into.take(file, before, after, (old.covers(before.claim), new.covers(before.claim)))


def _verdicts(
    stream: BinaryIO, policy: Policy, codes: Codes | None, watch: Callable[[object], None] | None
) -> Iterator[Verdict]:
    for event in Terms([policy], codes=codes).read(stream).tell():
        if watch:
            watch(event)
        if isinstance(event, Verdict):
            yield event


def as_text(found: Comparison, old: str, new: str) -> str:
    """The comparison in words."""
    whole = Count()
    for count in found.fates.values():
        whole.claims += count.claims
        whole.charges += count.charges
    lines = [f"{old} -> {new}: {many(whole.claims, 'claim')}, ${whole.charges:,.2f}"]
    for fate, words in FATES.items():
        count = found.fates[fate]
        if count.claims:
            lines.append(f"  {count.claims:7} claims  ${count.charges:>14,.2f}  {words}")
    rows = {label: pair for label, pair in sorted(found.edits.items()) if pair[0] != pair[1]}
    if rows:
        lines += ["", "BY EDIT" + " " * 19 + "claims, old -> new" + " " * 12 + "charges, old -> new"]
        for label, (before, after) in rows.items():
            counts = f"{before.claims:8} -> {after.claims}"
            lines.append(f"  {label:22}{counts:24}${before.charges:>14,.2f} -> ${after.charges:,.2f}")
    if found.changed:
        lines += ["", "CLAIMS THAT CHANGE"]
        for each in found.changed[:_SHOWN]:
            what = [*(f"-{label}" for label in each.old), *(f"+{label}" for label in each.new)]
            place = f"{safe.text(each.file)} {safe.text(each.claim)}"
            lines.append(f"  {each.fate:9} {place}  ${each.charge:,.2f}  {', '.join(what)}")
        if len(found.changed) > _SHOWN:
            lines.append(f"  and {len(found.changed) - _SHOWN} more; --format json lists all")
    return "\n".join(lines)


def as_data(found: Comparison, old: str, new: str) -> dict[str, Any]:
    """The comparison for programs; charges are text, for they are exact."""
    return {
        "old": old,
        "new": new,
        "fates": {fate: _count(count) for fate, count in found.fates.items()},
        "edits": {
            label: {"old": _count(before), "new": _count(after)}
            for label, (before, after) in sorted(found.edits.items())
        },
        "changed": [
            {
                "file": safe.text(each.file), "claim": safe.text(each.claim), "charge": f"{each.charge:.2f}",
                "fate": each.fate, "old": list(each.old), "new": list(each.new),
            }
            for each in found.changed
        ],
    }  # fmt: skip


def _count(count: Count) -> dict[str, Any]:
    return {"claims": count.claims, "charges": f"{count.charges:.2f}"}
