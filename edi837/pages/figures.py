"""Figures as inline SVG: bars beside a table, and the lines of a claim on their days."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from edi837 import safe
from edi837.claim import ServiceLine
from edi837.views.html import tag

_RANKS = {"SH": "second", "SJ": "third"}
_LEFT, _WIDTH, _ROW, _TOP = 190, 860, 22, 26  # pixels: column of labels, all, a line, the axis
_MOST_LINES = 60
_MOST_DAYS = 120


def bar(share: Decimal, kind: str = "bar") -> str:
    """A bar of a share from 0 to 1; the number stands beside it."""
    width = max(2, int(share * 160))
    rect = tag("rect", class_=kind, x=0, y=2, width=width, height=12, rx=2)
    return tag("svg", rect, raw=True, viewBox="0 0 164 16", width=164, height=16, aria_hidden="true")


def hours(counts: Mapping[int, int]) -> str:
    """Files by the hour of the day in which they came, as columns; the busiest hour has its number."""
    most, height, step = max(counts.values(), default=1), 64, 34
    parts = []
    for hour in range(24):
        count = counts.get(hour, 0)
        tall = max(2, round(height * count / most)) if count else 0
        x = hour * step + 4
        if count:
            parts.append(tag("rect", class_="first", x=x, y=16 + height - tall, width=step - 8, height=tall, rx=2))
            parts.append(tag("text", f"{count:,}", class_="tick", x=x, y=12 + height - tall))
        parts.append(tag("text", f"{hour:02d}", class_="tick", x=x + 6, y=height + 32))
    parts.append(tag("line", class_="grid", x1=0, y1=height + 17, x2=24 * step, y2=height + 17))
    told = "; ".join(f"{hour:02d} h: {counts[hour]:,}" for hour in sorted(counts))
    return tag("svg", tag("title", f"Files by hour: {told}") + "".join(parts), raw=True, role="img",
               viewBox=f"0 0 {24 * step} {height + 38}", width=24 * step, height=height + 38,
               aria_label=f"Files by hour: {told}")  # fmt: skip


def timeline(lines: Sequence[ServiceLine], daily: Collection[str], wrong: Collection[str]) -> str:
    """The lines of a claim on a scale of days; empty when none has dates.

    ``daily`` are the codes billed by the day: a first therapy, a second (SH), a third (SJ) differ in colour. Days
    on which more than one first therapy is billed are shaded. ``wrong`` are the LX01 of lines at fault.
    """
    dated = [line for line in lines if line.first and line.last and line.first <= line.last][:_MOST_LINES]
    if not dated:
        return ""
    first = min(line.first for line in dated if line.first)
    days = (max(line.last for line in dated if line.last) - first).days + 1
    if days > _MOST_DAYS:
        return ""
    step = (_WIDTH - _LEFT) / days
    height = _TOP + _ROW * len(dated) + 6
    parts = [*_shaded(dated, daily, first, days, step, height), *_axis(first, days, step, height)]
    for number, line in enumerate(dated):
        parts += _line(line, _TOP + _ROW * number, first, step, daily, wrong)
    told = f"Service lines on their days, {first:%Y-%m-%d} to {first + timedelta(days - 1):%Y-%m-%d}"
    return tag("svg", tag("title", told) + "".join(parts), raw=True, viewBox=f"0 0 {_WIDTH} {height}", width=_WIDTH,
               height=height, role="img", aria_label=told)  # fmt: skip


def rank(line: ServiceLine, daily: Collection[str]) -> str:
    """Which therapy of its days a line is: first, second, third; or empty, when it is none."""
    if line.procedure not in daily:
        return ""
    return next((_RANKS[modifier] for modifier in line.modifiers if modifier in _RANKS), "first")


def crowded(lines: Sequence[ServiceLine], daily: Collection[str]) -> list[date]:
    """The days on which more than one line is a first therapy."""
    counts: dict[date, int] = {}
    for line in lines:
        if rank(line, daily) == "first" and line.first and line.last:
            for day in range(min((line.last - line.first).days + 1, _MOST_DAYS)):
                counts[line.first + timedelta(day)] = counts.get(line.first + timedelta(day), 0) + 1
    return sorted(day for day, count in counts.items() if count > 1)


def _shaded(
    lines: Sequence[ServiceLine], daily: Collection[str], first: date, days: int, step: float, height: int
) -> Iterator[str]:
    for day in crowded(lines, daily):
        x = _LEFT + (day - first).days * step
        yield tag("rect", class_="crowded", x=f"{x:.1f}", y=_TOP - 4, width=f"{step:.1f}", height=height - _TOP + 4)


def _axis(first: date, days: int, step: float, height: int) -> Iterator[str]:
    every = next(n for n in (1, 2, 7, 14, 28, 56, 120) if n * step >= 46 or n == 120)
    for day in range(days + 1):
        x = f"{_LEFT + day * step:.1f}"
        if day % every == 0 and day < days:
            yield tag("text", f"{first + timedelta(day):%m-%d}", class_="tick", x=f"{_LEFT + day * step + 2:.1f}", y=14)
            yield tag("line", class_="grid", x1=x, x2=x, y1=4, y2=height)
        elif days <= 62:
            yield tag("line", class_="grid", x1=x, x2=x, y1=_TOP - 4, y2=height)


def _line(
    line: ServiceLine, y: int, first: date, step: float, daily: Collection[str], wrong: Collection[str]
) -> Iterator[str]:
    assert line.first and line.last
    code = ":".join((line.procedure or f"rev {line.revenue}", *line.modifiers))
    units = f" x{line.units.normalize():f}" if line.units is not None else ""
    told = safe.text(f"{line.number}  {code}{units}")
    faulty = line.number in wrong
    x, width = _LEFT + (line.first - first).days * step, ((line.last - line.first).days + 1) * step
    kind = rank(line, daily) or "other"
    yield tag("text", told[:26], class_="label wrong" if faulty else "label", x=_LEFT - 8, y=y + 15)
    yield tag("rect", class_=f"span {kind}{' wrong' if faulty else ''}", x=f"{x + 1:.1f}", y=y + 3,
              width=f"{max(width - 2, 3):.1f}", height=_ROW - 7, rx=2)  # fmt: skip
    short = {"second": "SH", "third": "SJ"}.get(kind, "")
    if short and width > 24:
        yield tag("text", short, class_="inside", x=f"{x + 7:.1f}", y=y + 15)
