"""A finding as people read it: the segment it stands in, the fault underlined, why, and what to do.

Enters: spots. Leaves: lines of 100 columns at most. Only the segments a finding points at are shown, with
the LX, SV, DTP and REF beside them; what is a person's is masked unless asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import wrap

from edi837 import marks, safe, wording
from edi837.findings import Finding
from edi837.views import shown
from edi837.views.cards import Card, Cards
from edi837.views.excerpt import Row, excerpt
from edi837.views.spot import Spot, Trail

WIDTH = 100
WORDS = {"reject": "error", "warn": "warning", "unknown": "unknown"}

Paint = Callable[[str, str], str]  # what it is, and the text


def plain(what: str, text: str) -> str:
    """No colour."""
    return text


class Full:
    """Writes findings for people."""

    def __init__(self, cards: Cards, *, phi: bool = False, ascii: bool = False, paint: Paint = plain) -> None:
        self._cards, self._phi, self._ascii, self._paint = cards, phi, ascii, paint
        self._marks = marks.Once()

    def put(self, spot: Spot, trail: Trail) -> Iterator[str]:
        """The lines of a finding, a blank one behind them."""
        return (line.rstrip() + "\n" for line in self._lines(spot, trail))

    def close(self) -> Iterator[str]:
        """Nothing: each finding stands for itself."""
        return iter(())

    def _lines(self, spot: Spot, trail: Trail) -> Iterator[str]:
        finding = spot.finding
        rows = excerpt(spot, trail)
        numbers = [str(self._number(row, spot)) for row in rows]
        gutter = max(map(len, numbers), default=1) + 1
        card = self._cards.of(finding.rule)
        yield from self._head(finding, card)
        for arrow, told in zip(("--> ", "    "), _where(spot, WIDTH - gutter - 4), strict=False):
            yield self._dim(" " * gutter + arrow) + self._said(told)
        steps = wording.path(finding.place)
        if (loop := finding.place.loop) and not (steps and loop in ("2300", "2400")):
            steps.append(f"loop {loop} {shown.loop_name(spot.guide, loop)}".rstrip())
        if steps:
            yield self._dim(" " * gutter + " in ") + self._fit(" › ".join(steps), gutter + 4)
        bar = self._dim(" " * gutter + " |")
        if rows:
            yield bar
        last = None
        for row, number in zip(rows, numbers, strict=True):
            if last is not None and row.segment.number > last + 1:
                yield self._dim("…".rjust(gutter))
            last = row.segment.number
            yield from self._row(row, number, gutter, spot)
        if rows:
            yield bar
        once = [("note", said) for said in self._marks.of(row.segment.delimiters for row in rows)]
        for label, words in [*notes(finding, card), *once]:
            lead = f"{' ' * gutter} = {label}: "
            for line in wrap(safe.text(words), WIDTH - len(lead), break_on_hyphens=False):
                yield self._dim(lead[: gutter + 3]) + self._said(lead[gutter + 3 :] + line)
                lead = " " * len(lead)
        yield ""

    def _head(self, finding: Finding, card: Card) -> Iterator[str]:
        word = f"{WORDS[finding.action]}[{finding.rule}]"
        right = f"SNIP {card.snip} · {finding.level}" if card.snip else finding.level
        room = WIDTH - len(word) - 3 - len(right)
        title = wrap(card.title, room, break_on_hyphens=False) or [""]
        yield (
            self._paint(finding.action, word) + " " + self._paint("bold", self._said(title[0].ljust(room)))
            + "  " + self._said(right)
        )  # fmt: skip
        for more in title[1:]:
            yield " " * (len(word) + 1) + self._said(more)

    def _number(self, row: Row, spot: Spot) -> int:
        """What stands in the gutter: the line, or the number of the segment in a file without lines."""
        return row.segment.row if spot.has_lines else row.segment.number

    def _row(self, row: Row, number: str, gutter: int, spot: Spot) -> Iterator[str]:
        line = shown.line(row.segment, spot.guide, loop=row.loop, phi=self._phi, ascii=self._ascii)
        room = WIDTH - gutter - 3
        if row.before:
            told = f"{row.before} is missing here"
            yield self._dim("+".rjust(gutter) + " | ") + self._paint(spot.finding.action, told)
        spans = [(*line.span(point.place), sign, label) for point, sign, label in row.marks]
        text, shift = _cropped(line.text, room, spans[0][0] if spans else 0)
        yield self._dim(number.rjust(gutter) + " | ") + self._said(text)
        for start, length, sign, label in spans:
            start -= shift
            if not 0 <= start < room:
                continue
            mark = sign * min(max(length, 1), room - start)
            told = _beside(start, mark, label, room)
            painted = self._paint(spot.finding.action if sign == "^" else "dim", self._said(told))
            yield self._dim(" " * gutter + " | ") + painted

    def _dim(self, text: str) -> str:
        return self._paint("dim", self._said(text))

    def _fit(self, text: str, taken: int) -> str:
        room = WIDTH - taken
        return self._said(text if len(text) <= room else text[: room - 1] + "…")

    def _said(self, text: str) -> str:
        return safe.in_ascii(text) if self._ascii else text


def _where(spot: Spot, room: int) -> list[str]:
    """File, line and byte, on two lines where there is no room for them on one."""
    told, rest = safe.text(spot.file), ""
    if spot.point:
        row, column = spot.point.at
        told += f":{row}:{column}" * spot.has_lines
        rest = f"byte {spot.point.offset}"
        if spot.point.segment.number:
            rest += f"  segment {spot.point.segment.number}"
    if len(told) + 2 + len(rest) <= room:
        return [f"{told}  {rest}".rstrip()]
    return [told if len(told) <= room else "…" + told[len(told) - room + 1 :], rest]


def _cropped(text: str, room: int, at: int) -> tuple[str, int]:
    """As much of a text as there is room for, what stands at a column in it; and how far it was shifted."""
    if len(text) <= room:
        return text, 0
    start = max(0, min(at - room // 2, len(text) - room))
    part = text[start : start + room]
    if start:
        part = "…" + part[1:]
    return (part[:-1] + "…" if start + room < len(text) else part), start


def _beside(start: int, mark: str, label: str, room: int) -> str:
    """A mark under its column with its label behind it, or before it where there is no room."""
    end = start + len(mark)
    if end + 1 + len(label) <= room:
        return f"{' ' * start}{mark} {label}".rstrip()
    if len(label) + 1 <= start:
        return f"{label} {mark}".rjust(end)
    return f"{' ' * start}{mark} {label}"[:room].rstrip()


def notes(finding: Finding, card: Card) -> Iterator[tuple[str, str]]:
    """What is said below the segments: what was found, what it stands on, what to do, what the answer says."""
    yield "found", finding.message
    if finding.says:
        yield "policy", f"“{finding.says}”  {card.where}  ({finding.source})"
    elif rests := wording.rests(finding):
        yield "basis", rests
    if finding.fix:
        yield "help", finding.fix
    if finding.proposal:
        yield "write", str(finding.proposal)
    yield "reply", wording.reply(finding)
