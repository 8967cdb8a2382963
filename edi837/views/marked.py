"""A finding as HTML: the segments that show it with the fault marked, why, and what to do.

Enters: a spot and its rows. Leaves: HTML; the words are those of `full`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from edi837.views import shown
from edi837.views.cards import Card
from edi837.views.excerpt import Row
from edi837.views.full import WORDS, notes
from edi837.views.html import listed, tag
from edi837.views.spot import Spot

_GAP = "▯"  # stands where something is missing


def as_html(spot: Spot, rows: Sequence[Row], card: Card, phi: bool, *, where: str = "", class_: str = "") -> str:
    """A finding; ``where`` is HTML that says where it stands, ``class_`` a class beside its own."""
    word = WORDS[spot.finding.action]
    head = tag("code", spot.finding.rule) + " " + tag("span", card.title, class_="head")
    head += tag("span", word, class_=f"badge {word}")
    inner = tag("h3", head, raw=True) + where + _excerpt(spot, rows, phi) + listed(notes(spot.finding, card))
    return tag("div", inner, raw=True, class_=f"finding {word} {class_}".rstrip())


def _excerpt(spot: Spot, rows: Sequence[Row], phi: bool) -> str:
    lines: list[str] = []
    last = None
    for row in rows:
        if last is not None and row.segment.number > last + 1:
            lines.append("     …")
        last = row.segment.number
        lines += _segment(row, spot, phi)
    return tag("pre", "\n".join(lines), raw=True) if lines else ""


def _segment(row: Row, spot: Spot, phi: bool) -> Iterable[str]:
    line = shown.line(row.segment, spot.guide, loop=row.loop, phi=phi)
    number = row.segment.row if spot.has_lines else row.segment.number
    if row.before:
        yield "    + " + tag("mark", f"{row.before} is missing here")
    told, at = "", 0
    spans = sorted((*line.span(point.place), sign, label) for point, sign, label in row.marks)
    for start, length, sign, _ in spans:
        if start < at:
            continue
        told += escape(line.text[at:start])
        at = start + length
        told += tag("mark", line.text[start:at] or _GAP, class_="" if sign == "^" else "other")
    labels = "".join(f"   ← {label}" for *_, label in spans if label)
    yield f"{number:>5} {told}{escape(line.text[at:])}{tag('i', labels) if labels else ''}"
