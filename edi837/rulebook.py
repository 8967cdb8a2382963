"""Every rule in one table: what it speaks of, which answer tells it, what it rests on.

Enters: the policies at hand. Leaves: entries, and the table as text, Markdown or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from edi837 import snip
from edi837.explain import NEVER, SYNTAX
from edi837.grammar import Guide
from edi837.rules import Policy

_ANSWERS = {"TA1": "TA1", "AK9": "999", "IK5": "999", "IK3": "999", "IK4": "999"}
_SNIP = {"TA1": 1, "AK9": 1, "IK5": 1, "IK3": 2, "IK4": 2}
# Situational segments and loops whose condition a rule does judge, by guide.
_BOTH = {"2300 the loop", "2000C the loop", "2010BA N3", "2010BA N4", "2010BA DMG*D8", "2300 REF*F8", "2300 DTP*435",
         "2330B DTP*573"}  # fmt: skip
_JUDGED = {
    "P": _BOTH | {"2300 DTP*439", "2300 CR1*LB", "2400 CR1*LB", "2310E the loop", "2310F the loop", "2420G the loop",
                  "2420H the loop", "2420B the loop", "2400 DTP*463", "2400 DTP*607"},
    "I": _BOTH | {"2300 HI*ABJ", "2310A the loop", "2310B the loop", "2400 DTP*472"},
}  # fmt: skip
_HEADS = ("rule", "SNIP", "at", "answer", "source", "what must hold, or what is wrong")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    rule: str
    snip: int  # WEDI's type: 1 syntax, 2 guide, 3 balance, 4 relations, 5 code sets, 7 payer
    at: str  # element, or the element of the answer that carries the code
    answer: str  # TA1, 999 or 277CA with its code; report for what is only told there
    source: str
    title: str


def entries(policies: Sequence[Policy]) -> Iterator[Entry]:
    """All rules, from the envelope to the policies."""
    for kind, words in SYNTAX.items():
        for code, title in words.items():
            if (kind, code) != ("TA1", "000") and code not in NEVER.get(kind, ()):
                yield Entry(f"X12-{kind}-{code}", _SNIP[kind], kind, f"{_ANSWERS[kind]} {kind}:{code}", "X12", title)
    for rule in sorted(snip.RULES, key=lambda each: each.snip):
        told = f"277CA {' '.join(rule.status).replace('{entity}', 'party')}" if rule.action == "reject" else "report"
        yield Entry(rule.id, rule.snip, rule.at, told, rule.source, rule.title)
    for policy in policies:
        for edit in policy.edits:
            told = f"277CA {' '.join(edit.status)}" if edit.action == "reject" else "report"
            yield Entry(edit.id, 7, "SV1, SV2", told, edit.basis, edit.title)


def as_text(table: Iterable[Entry]) -> str:
    """Columns, the title last."""
    rows = [_HEADS, *_cells(table)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    widths[4] = min(widths[4], 24)
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:4], widths, strict=False)]
        cells.append((row[4] if len(row[4]) <= 24 else f"{row[4][:21]}...").ljust(24))
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return "\n".join(lines)


def as_markdown(table: Iterable[Entry]) -> str:
    """A table of Markdown."""
    rows = [_HEADS, ("---",) * 6, *_cells(table)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def as_json(table: Iterable[Entry]) -> str:
    """A list of objects."""
    return json.dumps([asdict(entry) for entry in table], indent=1, ensure_ascii=False)


def unjudged(guide: Guide) -> Iterator[tuple[str, list[str]]]:
    """Situational segments and loops whose condition no rule judges: loop id, and what stands in it."""
    found: dict[str, dict[str, None]] = {}
    for use in guide.root.segments():
        entry = use.loop.entry is use
        usage = use.loop.usage if entry else use.usage
        codes = sorted(use.elements[0].codes or (use.elements[0].components or use.elements)[0].codes)
        name = "the loop" if entry else f"{use.tag}*{codes[0]}" if 0 < len(codes) < 4 else use.tag
        if usage == "S" and f"{use.loop.id} {name}" not in _JUDGED[guide.kind]:
            found.setdefault(use.loop.id, {})[name] = None
    return ((loop, list(names)) for loop, names in found.items())


def _cells(table: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    for entry in table:
        yield entry.rule, str(entry.snip), entry.at, entry.answer, entry.source, entry.title


FORMATS: dict[str, Callable[[Iterable[Entry]], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}
