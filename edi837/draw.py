"""The tree of a file, for people as text, for programs as JSON or XML.

Enters: a binary stream. Leaves: text, piece by piece. A guide line runs down from each open
frame and loop; a frame's last line counts what it held. Patients' names, numbers, birth
dates, addresses and free text are masked unless asked for (module `personal`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Literal, Protocol

from edi837 import personal, safe
from edi837.chart import Loop
from edi837.claim import Claim, ServiceLine
from edi837.findings import Finding
from edi837.frames import FunctionalGroup, Interchange, TransactionSet
from edi837.gate import Judge
from edi837.loops import LEVELS
from edi837.outline import Begin, Finish, Mark, Piece, UnknownClaim, walk
from edi837.treedata import Json, Xml, delimiters
from edi837.x12 import Delimiters, Segment, element

__all__ = ["Text", "UnknownClaim", "tree"]

Format = Literal["text", "json", "xml"]


class Writer(Protocol):
    """Writes marks in some format."""

    def put(self, mark: Mark) -> Iterable[str]:
        """The text of a mark."""

    def close(self) -> Iterable[str]:
        """What ends the text."""


def tree(
    stream: BinaryIO,
    *,
    claim: str = "",
    phi: bool = False,
    format: Format | str = "text",
    ascii: bool = False,
    segments: bool = True,
    width: int = 100,
    policies: Sequence[Judge] = (),
) -> Iterator[str]:
    """Write the tree of a stream, piece by piece.

    ``claim`` is a CLM01: only claims of that number are written, with what is above them.
    ``phi`` shows what is a person's; ``ascii`` writes nothing but ASCII. Of text only:
    ``segments`` writes each segment, not just the loops, and ``width`` is the columns of a
    line, 0 for no limit. Raises NotX12 when the stream holds no interchange, UnknownClaim when
    it holds no such claim, ValueError for another format.
    """
    writer: Writer
    if format == "text":
        writer = Text(phi=phi, ascii=ascii, segments=segments, width=width)
    elif format in ("json", "xml"):
        writer = (Json if format == "json" else Xml)(phi=phi, ascii=ascii)
    else:
        raise ValueError(f"a tree is text, json or xml, not {format!r}")
    for mark in walk(stream, policies, claim=claim):
        yield from writer.put(mark)
    yield from writer.close()


_SIGNS = {"reject": "✖", "warn": "!", "unknown": "?"}
_ASCII = str.maketrans({"│": "|", "└": "`", "→": ">", "✖": "x", "…": "~", "•": "*", "“": '"', "”": '"'})
_NUMBERS = {"XX": "NPI"}  # NM108, as people call it


class Text:
    """Writes the tree for people."""

    def __init__(self, *, phi: bool = False, ascii: bool = False, segments: bool = True, width: int = 100) -> None:
        self._phi, self._ascii, self._segments = phi, ascii, segments
        self._width = max(width, 40) if width else 0
        self._delimiters = Delimiters()
        self._marks = _marks(self._delimiters)
        self._depth = 0
        self._found: list[dict[str, int]] = [{}]  # findings in each open node, by action

    def put(self, mark: Mark) -> Iterator[str]:
        """The text of a mark."""
        if isinstance(mark, Piece):
            if self._segments:
                sign = _sign(mark.findings)
                yield self._line(f"{sign} {mark.number:>4} {self._raw(mark)}")
            for finding in mark.findings:
                yield from self._say(finding, signed=not self._segments)
        elif isinstance(mark, Begin):
            node = mark.node
            if isinstance(node, Interchange):
                self._delimiters = delimiters(node)
                self._marks = _marks(self._delimiters)
            yield self._line(self._loop(mark, node) if isinstance(node, Loop) else _frame(mark))
            self._depth += 1
            self._found.append({})
        elif isinstance(mark, Finish):
            self._depth -= 1
            found = self._found.pop()
            for action, count in found.items():
                self._found[-1][action] = self._found[-1].get(action, 0) + count
            if not isinstance(mark.node, Loop):
                yield self._line(f"└ {_counts(mark.node)}{_tally(found)}")
        else:
            yield from self._say(mark)

    def close(self) -> Iterator[str]:
        """Nothing: each line stands for itself."""
        return iter(())

    def _line(self, told: str, hanging: int = 0) -> str:
        line = "│ " * self._depth + told
        if self._width and len(line) > self._width and not hanging:
            line = line[: self._width - 1] + "…"
        line = line.rstrip()
        if self._ascii:
            line = line.translate(_ASCII).encode("ascii", "backslashreplace").decode()
        return line + "\n"

    def _say(self, finding: Finding, signed: bool = True) -> Iterator[str]:
        """A finding on lines of its own; signed unless the segment above it is."""
        found = self._found[-1]
        found[finding.action] = found.get(finding.action, 0) + 1
        place = finding.place
        where = safe.text(place.refdes or place.tag)
        number = f" ({place.segment})" if place.segment and not self._segments else ""
        message = safe.text(finding.message)
        told = f"{finding.rule}{number} "
        told += message if not where or message.startswith(where) else f"{where}: {message}"
        if finding.fix:
            told += f" (fix: {safe.text(finding.fix)})"
        lead = (_SIGNS[finding.action] if signed else " ") + " " * 6
        room = max(self._width - 2 * self._depth - len(lead), 30) if self._width else 1_000_000
        for line in textwrap.wrap(told, room, break_on_hyphens=False):
            yield self._line(lead + line, hanging=1)
            lead = " " * len(lead)

    # -------------------------------------------------------------- segments

    def _raw(self, piece: Piece) -> str:
        """A segment as sent, but safe."""
        element, component, repetition = self._marks
        told = [safe.text(piece.seg[0])]
        for value in personal.values(piece.use, piece.seg, self._delimiters, self._phi):
            several = value["repetitions"] if isinstance(value, dict) else [value]
            told.append(repetition.join(one if isinstance(one, str) else component.join(one) for one in several))
        return element.join(told)

    # -------------------------------------------------------------- loops

    def _loop(self, mark: Begin, loop: Loop) -> str:
        if mark.claim is not None:
            return _claim(mark.claim)
        if mark.line is not None:
            return _service(mark.line)
        parts = [f"{safe.text(loop.use.id)} {loop.use.name}"]
        name = loop.first("NM1")
        if name:
            parts += self._party(loop, name)
        elif loop.use.id in LEVELS:
            parts.append(f"HL {safe.text(element(loop.first('HL'), 1))}")
        elif loop.segments and not self._segments:
            number, use, seg = loop.segments[0]
            parts.append(self._raw(Piece(number, use, seg)))
        return "  ".join(part for part in parts if part)

    def _party(self, loop: Loop, seg: Segment) -> Iterator[str]:
        """Who an NM1 names: name, then number."""
        use = next(use for _, use, each in loop.segments if each is seg)
        shown = [v if isinstance(v, str) else "" for v in personal.values(use, seg, self._delimiters, self._phi)]
        shown += [""] * 10
        first = " ".join(dict.fromkeys(part for part in shown[3:5] if part))
        yield shown[2] if not first or shown[2] == first else f"{shown[2]}, {first}"
        if shown[8]:
            yield f"{_NUMBERS.get(shown[7], shown[7])} {shown[8]}"


def _marks(own: Delimiters) -> tuple[str, str, str]:
    """Element, component and repetition separator; the usual one for one that cannot be seen."""
    usual = Delimiters()
    pairs = ((own.element, usual.element), (own.component, usual.component), (own.repetition, usual.repetition))
    element, component, repetition = (
        mine if mine.isascii() and mine.isprintable() else common for mine, common in pairs
    )
    return element, component, repetition


def _frame(mark: Begin) -> str:
    node = mark.node
    assert not isinstance(node, Loop)
    header = [safe.text(value.strip()) for value in node.header] + [""] * 17
    if isinstance(node, Interchange):
        day, time = header[9], header[10]
        if len(day) == 6 and day.isdigit():
            day = f"20{day[:2]}-{day[2:4]}-{day[4:]}"
        if len(time) == 4:
            time = f"{time[:2]}:{time[2:]}"
        usage = {"T": "test", "P": "production"}.get(header[15], header[15])
        return f"ISA {header[13]}  {header[6]} → {header[8]}  {day} {time}  {usage}"
    if isinstance(node, FunctionalGroup):
        return f"GS {header[6]}  {header[1]} {header[8]}  {header[2]} → {header[3]}"
    if mark.root is None:
        return f"ST {header[2]}  {header[1]} {header[3]}  not read: it is of another guide"
    reference = safe.text(element(mark.root.first("BHT"), 3))
    return f"ST {header[2]}  {header[1]}{node.kind if node.kind in 'PI' else ''} {node.guide}" + (
        f"  BHT03 {reference}" if reference else ""
    )


def _counts(node: Interchange | FunctionalGroup | TransactionSet) -> str:
    if isinstance(node, Interchange):
        told = _many(node.groups, "group")
        refused = node.refused
    elif isinstance(node, FunctionalGroup):
        told = f"{_many(node.sets, 'set')}, {node.accepted} accepted"
        refused = bool(node.codes)
    else:
        told = f"{_many(node.claims, 'claim')}, {_many(node.segments, 'segment')}"
        refused = node.refused
    return told + (", refused" if refused else "")


def _tally(found: dict[str, int]) -> str:
    return "".join(f"  {_SIGNS[action]} {found[action]}" for action in _SIGNS if action in found)


def _sign(findings: Sequence[Finding]) -> str:
    actions = {finding.action for finding in findings}
    return next((sign for action, sign in _SIGNS.items() if action in actions), " ")


def _claim(claim: Claim) -> str:
    place = f"type of bill {claim.bill_type}" if claim.kind == "I" else f"place {claim.place}"
    parts = [f"2300 Claim {safe.text(claim.id)}", _money(claim.charge), _many(len(claim.lines), "line")]
    parts.append(safe.text(place))
    if claim.frequency in ("7", "8"):
        parts.append({"7": "replacement", "8": "void"}[claim.frequency])
    return "  ".join(part for part in parts if part)


def _service(line: ServiceLine) -> str:
    code = ":".join((line.procedure, *line.modifiers))
    units = "" if line.units is None else f"{line.units:,f} {line.unit}"
    parts = [f"2400 Line {line.number}", line.revenue, code, units, _money(line.charge), _days(line.first, line.last)]
    if line.drug is not None and line.drug.ndc:
        parts.append(f"{'NDC' if line.drug.qualifier == 'N4' else line.drug.qualifier} {line.drug.ndc}")
    return "  ".join(safe.text(part) for part in parts if part)


def _days(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "no dates"
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _money(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return f"${amount:,.2f}" if int(amount.as_tuple().exponent) >= -2 else f"${amount:,f}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" + "s" * (count != 1)
