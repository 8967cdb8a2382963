"""Accept a good segment in one step: a segment use as one regular expression.

Enters: a segment use and the delimiters of an interchange. Leaves: a pattern that matches
only segments without a flaw. It need not match all of them: what it refuses, `syntax`
judges, and may still find good (29 February, a very long number, an accented name).
Every class in it excludes the delimiters, so matching is linear in the segment's length.
An option is written ``(?:x|)``: Python tries an alternative faster than it counts to one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from edi837.grammar import ElementUse, SegmentUse
from edi837.x12 import Delimiters

_DATE = (
    r"(?:19|20)\d\d(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)(?:0[1-9]|[12]\d|30)|02(?:0[1-9]|1\d|2[0-8]))"
)
_TIME = r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\d{1,2})?)?"
_PERIODS = {"D8": _DATE, "RD8": f"{_DATE}-{_DATE}", "DT": f"{_DATE}(?:[01]\\d|2[0-3])[0-5]\\d", "TM": _TIME}


def pattern(use: SegmentUse, delimiters: Delimiters) -> str:
    """The expression that accepts a segment in its place; none that a companion guide forbids."""
    if use.usage == "N":
        return "(?!)"
    separator = re.escape(delimiters.element)
    return re.escape(use.tag) + _sequence(use.elements, separator, delimiters, lead=separator) + rf"{separator}*"


def _sequence(uses: Sequence[ElementUse], separator: str, delimiters: Delimiters, lead: str = "") -> str:
    """Elements or components in a row; what is optional at the end may be left off."""
    slots = list(_slots(uses, separator, delimiters))
    last = max((i for i, (_, required) in enumerate(slots) if required), default=-1)
    tail = ""
    for text, _ in reversed(slots[max(last, 0) + 1 :]):
        tail = f"(?:{separator}{text}{tail}|)"
    if not slots:
        return ""
    if last < 0:
        first = f"(?:{lead}{slots[0][0]}{tail}|)" if lead else slots[0][0] + tail
        return first
    return lead + separator.join(text for text, _ in slots[: last + 1]) + tail


def _slots(uses: Sequence[ElementUse], separator: str, delimiters: Delimiters) -> Iterable[tuple[str, bool]]:
    """Each element as an expression with whether it is required; a date joins its qualifier."""
    marks = delimiters.element + delimiters.component + delimiters.repetition
    index = 0
    while index < len(uses):
        use = uses[index]
        after = uses[index + 1] if index + 1 < len(uses) else None
        if (
            use.data_element == "1250"
            and use.usage != "N"
            and use.codes
            and after is not None
            and after.data_element == "1251"
        ):
            known = [code for code in sorted(use.codes) if code in _PERIODS and not (code == "RD8" and "-" in marks)]
            forms = "|".join(f"{code}{separator}{_PERIODS[code]}" for code in known) or "(?!)"
            required = "R" in (use.usage, after.usage)
            yield (f"(?:{forms})" if required else f"(?:{forms}|{separator})"), required
            index += 2
            continue
        yield _one(use, delimiters), use.usage == "R"
        index += 1


def _one(use: ElementUse, delimiters: Delimiters) -> str:
    if use.usage == "N":
        return ""
    if use.components:
        text = _sequence(use.components, re.escape(delimiters.component), delimiters)
    else:
        text = _value(use, delimiters)
    return text if use.usage == "R" else f"(?:{text}|)"


def _value(use: ElementUse, delimiters: Delimiters) -> str:
    if use.codes:
        return _any_of(use.codes)
    if use.shape:
        return f"(?:{use.shape})"
    marks = delimiters.element + delimiters.component + delimiters.repetition
    sign = "" if "-" in marks else "-?"
    if use.type == "R":
        most = min(use.max // 2, 8)
        fraction = "" if "." in marks else rf"(?:\.\d{{1,{most}}})?"
        return rf"{sign}\d{{1,{use.max - most}}}{fraction}"
    if use.type in ("N0", "N2"):
        return rf"{sign}\d{{{use.min},{use.max}}}"
    if use.type == "DT":
        return _DATE if use.max == 8 else r"(?!)"
    if use.type == "TM":
        return _TIME if use.min <= 4 else r"(?!)"
    barred = re.escape("".join(sorted(set(marks))))
    return rf"[^{barred}\s\x00-\x1f\x7f][^{barred}\x00-\x1f\x7f]{{{use.min - 1},{use.max - 1}}}"


def _any_of(codes: Iterable[str]) -> str:
    """Alternatives folded by first letter, so that a long list costs a few steps."""
    heads: dict[str, list[str]] = {}
    for code in sorted(codes):
        heads.setdefault(code[:1], []).append(code[1:])
    ends = "" in heads
    heads.pop("", None)
    singles = [h for h, tails in heads.items() if tails == [""]]
    options = [f"{re.escape(h)}{_any_of(t)}" for h, t in heads.items() if t != [""]]
    if len(singles) == 1:
        options.append(re.escape(singles[0]))
    elif singles:
        options.append("[" + "".join(map(re.escape, singles)) + "]")
    text = options[0] if len(options) == 1 and not ends else f"(?:{'|'.join(options)})"
    return f"{text}?" if ends else text
