"""A part of a tree in words: a frame, a loop, a claim, a service line, on one line.

Enters: the mark with which a part begins. Leaves: text that is safe to show, what is a person's masked
unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from edi837 import fitted, marks, personal, safe
from edi837.chart import Loop
from edi837.claim import Claim, ServiceLine
from edi837.frames import FunctionalGroup, Interchange
from edi837.loops import LEVELS
from edi837.outline import Begin, Frame, Piece
from edi837.wording import many
from edi837.x12 import Delimiters, Segment, element

_NUMBERS = {"XX": "NPI"}  # NM108, as people call it


def words(mark: Begin, delimiters: Delimiters, phi: bool) -> str:
    """A part as it is called."""
    if not isinstance(mark.node, Loop):
        return _frame(mark)
    if mark.claim is not None:
        return _claim(fitted.claim(mark.claim))
    if mark.line is not None:
        return _service(fitted.line(mark.line))
    return _loop(mark.node, delimiters, phi)


def raw(piece: Piece, delimiters: Delimiters, phi: bool) -> str:
    """A segment as it was sent, but safe to show."""
    seen = marks.shown(delimiters)
    told = [safe.text(piece.seg[0])]
    for value in personal.values(piece.use, piece.seg, delimiters, phi):
        several = value["repetitions"] if isinstance(value, dict) else [value]
        told.append(seen.repetition.join(one if isinstance(one, str) else seen.component.join(one) for one in several))
    return seen.element.join(told) + seen.segment


def counts(frame: Frame) -> str:
    """What a frame held, and whether it was refused; known at its end."""
    if isinstance(frame, Interchange):
        told, refused = many(frame.groups, "group"), frame.refused
    elif isinstance(frame, FunctionalGroup):
        told, refused = f"{many(frame.sets, 'set')}, {frame.accepted} accepted", bool(frame.codes)
    else:
        told = f"{many(frame.claims, 'claim')}, {many(frame.segments, 'segment')}"
        refused = frame.refused
    return told + (", refused" if refused else "")


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
        return f"GS {safe.number('GS', header[6])}  {header[1]} {header[8]}  {header[2]} → {header[3]}"
    number = safe.number("ST", header[2])
    if mark.root is None:
        return f"ST {number}  {header[1]} {header[3]}  not read: it is of another guide"
    reference = safe.number("batch", element(mark.root.first("BHT"), 3))
    return f"ST {number}  {header[1]}{node.kind if node.kind in 'PI' else ''} {node.guide}" + (
        f"  BHT03 {reference}" if reference else ""
    )


def _loop(loop: Loop, delimiters: Delimiters, phi: bool) -> str:
    parts = [f"{safe.text(loop.use.id)} {loop.use.name.removesuffix(' Hierarchical Level')}"]
    name = loop.first("NM1")
    if name:
        parts += _party(loop, name, delimiters, phi)
    elif loop.use.id in LEVELS:
        parts.append(f"HL {safe.number('HL', element(loop.first('HL'), 1))}")
    elif loop.segments:
        parts.append(raw(Piece(*loop.segments[0]), delimiters, phi))
    return "  ".join(part for part in parts if part)


def _party(loop: Loop, seg: Segment, delimiters: Delimiters, phi: bool) -> Iterator[str]:
    """Who an NM1 names: name, then number."""
    use = next(use for _, use, each in loop.segments if each is seg)
    shown = [v if isinstance(v, str) else "" for v in personal.values(use, seg, delimiters, phi)]
    shown += [""] * 10
    first = " ".join(dict.fromkeys(part for part in shown[3:5] if part))
    yield shown[2] if not first or shown[2] == first else f"{shown[2]}, {first}"
    if shown[8]:
        yield f"{_NUMBERS.get(shown[7], shown[7])} {shown[8]}"


def _claim(claim: Claim) -> str:
    place = f"type of bill {claim.bill_type}" if claim.kind == "I" else f"place {claim.place}"
    parts = [f"2300 Claim {safe.text(claim.id)}", _money(claim.charge), many(len(claim.lines), "line")]
    parts.append(safe.text(place))
    if claim.frequency in ("7", "8"):
        parts.append({"7": "replacement", "8": "void"}[claim.frequency])
    return "  ".join(part for part in parts if part)


def _service(line: ServiceLine) -> str:
    """A line in columns, so that the lines of a claim can be compared."""
    code = ":".join((line.procedure, *line.modifiers))
    code = f"{line.revenue} {code}".strip()
    units = "" if line.units is None else f"{line.units:,f} {line.unit}"
    code = f"{safe.text(code):{15 if line.revenue else 10}}"
    told = f"2400 Line {safe.text(line.number):2} {code} {safe.text(units):>8} {_money(line.charge):>10}"
    told += f"  {_days(line.first, line.last)}"
    if line.drug is not None and line.drug.ndc:
        kind = "NDC" if line.drug.qualifier == "N4" else line.drug.qualifier
        told += f"  {safe.text(f'{kind} {line.drug.ndc}')}"
    return told


def _days(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return "no dates"
    if first == last:
        return f"{first:%Y-%m-%d}"
    return f"{first:%Y-%m-%d} to {last:%m-%d}" if first.year == last.year else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _money(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return f"${amount:,.2f}" if int(amount.as_tuple().exponent) >= -2 else f"${amount:,f}"
