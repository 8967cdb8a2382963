"""A finding in words, and as data; and counts, money and days in words.

Enters: a finding, or a value. Leaves: text of a few lines, or JSON with the keys that scripts rely on.
A value of the sender's is masked unless asked for, and every text of the file's is made safe.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from edi837 import safe
from edi837.findings import Finding, Place, Proposal

_RESTS = {"explicit": "policy says", "implied": "follows from", "external": "rests on"}


def as_dict(finding: Finding, file: str, phi: bool = False) -> dict[str, Any]:
    """A finding with the keys scripts rely on; `value` is masked unless ``phi``.

    `because` is there only when other elements make it a fault: their names.
    """
    place = finding.place
    return {
        "rule": finding.rule,
        "action": finding.action,
        "level": finding.level,
        "source": finding.source,
        "message": safe.text(finding.message),
        "status": list(finding.status),
        "syntax": finding.syntax,
        "file": safe.text(file),
        "interchange": safe.number("ISA", place.interchange),
        "group": safe.number("GS", place.group),
        "set": safe.number("ST", place.set),
        "claim": safe.number("claim", place.claim),
        "line": safe.number("line", place.line),
        "segment": place.segment or None,
        "tag": safe.text(place.tag),
        "loop": place.loop,
        "element": safe.text(place.refdes),
        "value": safe.text(place.value) if phi else safe.masked(place.value),
        "says": finding.says,
        "proposal": _proposed(finding.proposal),
    } | ({"because": [each.refdes for each in finding.because]} if finding.because else {})


def as_json(finding: Finding, file: str, phi: bool = False) -> str:
    """A finding as one line of JSON."""
    return json.dumps(as_dict(finding, file, phi))


def as_text(finding: Finding, file: str, phi: bool = False) -> str:
    """A finding as three lines: where and what, what it rests on, what to do."""
    place = finding.place
    path = [
        f"{'set' if word == 'ST' else word} {safe.number(word, value)}"
        for word, value in (("ST", place.set), ("claim", place.claim), ("line", place.line))
        if value
    ]
    where = safe.text(place.refdes or place.tag)
    if place.segment and where:
        where += f" (segment {place.segment})"
    answer = " ".join(finding.status) or finding.syntax
    lines = [f"{safe.text(file)}: {finding.action} {finding.rule}  {', '.join([*path, where]).strip(', ')}"]
    lines.append(f"    {safe.text(finding.message)}" + (f"  [{answer}]" if answer else ""))
    if phi and place.value:
        lines.append(f"    sent: {safe.text(place.value)}")
    if words := rests(finding):
        lines.append(f"    {words}")
    if finding.fix:
        lines.append(f"    fix: {safe.text(finding.fix)}")
    if finding.proposal:
        lines.append(f"    write: {safe.text(str(finding.proposal))}")
    return "\n".join(lines)


def _proposed(proposal: Proposal | None) -> dict[str, str] | None:
    if proposal is None:
        return None
    told = {"line": proposal.line, "element": proposal.element, "value": proposal.value, "money": proposal.money}
    return {key: safe.text(value) for key, value in told.items()}


def reply(finding: Finding) -> str:
    """What the answers say of a finding, in their codes; that they say nothing, where it is only a remark."""
    kind, _, code = finding.syntax.partition(":")
    place = finding.place
    if kind == "TA1":
        return f"TA1 {'R' if finding.rejects else 'E'}, TA105 {code}"
    if not finding.rejects:
        return "none: the report alone tells it"
    if kind == "AK9":
        return f"999: AK9 R, AK905 {code}; no set of the group goes on"
    if kind == "IK5":
        return f"999: IK5 R, code {code}; no claim of the set goes on"
    if kind in ("IK3", "IK4"):
        where = f"{safe.text(place.tag)} {place.segment}"
        element = "" if kind == "IK3" else f", IK4 {place.refdes.removeprefix(place.tag).lstrip('0')} code {code}"
        return f"999: IK3 {where} code {code if kind == 'IK3' else 8}{element}; IK5 R: no claim of the set goes on"
    at = f"line {safe.number('line', place.line)}" if finding.level == "line" and place.line else "claim"
    return f"277CA: {at} STC {' '.join(finding.status[:3])}, U"


def path(place: Place) -> list[str]:
    """Where a finding stands, from the interchange down, a step a word; the values of the envelope, no others."""
    steps = (("ISA", place.interchange), ("GS", place.group), ("ST", place.set), ("claim", place.claim),
             ("line", place.line))  # fmt: skip
    return [f"{word} {safe.number(word, value)}" for word, value in steps if value]


def rests(finding: Finding) -> str:
    """What a finding on a claim stands on: a policy's words, what follows from them, the guide, another document.

    Empty for one of syntax: its code says it.
    """
    source, _, document = finding.source.partition(": ")
    if not finding.says:
        if finding.syntax or not finding.status:
            return ""
        return f"rests on {document}" if document else "rests on the implementation guide"
    label = _RESTS.get(source, "")
    if source == "external":
        return f"{label} {document}, beside the policy's “{finding.says}”"
    return f"{label} “{finding.says}”" if label else f"“{finding.says}”"


def many(count: int, what: str) -> str:
    """A count of things: 1 claim, 2 claims."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def dollars(amount: Decimal | None) -> str:
    """An amount of money, to the cent."""
    return "no charge" if amount is None else f"${amount:,.2f}"


def days(first: date | None, last: date | None) -> str:
    """A day, or the first and the last of several."""
    if first is None or last is None:
        return "no dates"
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
