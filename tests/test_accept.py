"""The pattern of a segment never accepts what the explanation would refuse, and is never slow.

`accept` is a promise: a segment that its pattern takes need not be looked at again (its
syntax notes apart). Held here on every segment of the fixtures, on those segments with
elements replaced, left out and put in, and under marks that no one expects.
"""

from __future__ import annotations

import functools
import io
import re
import string
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edi837 import accept, grammar, process, syntax
from edi837.chart import Loop
from edi837.findings import NotX12
from edi837.grammar import SegmentUse
from edi837.x12 import Delimiters, Segment

FIXTURES = Path(__file__).parent.parent / "fixtures"
GUIDES = ("005010X222A1", "005010X223A2")
USUAL = Delimiters()
ODD = (
    Delimiters("|", "\\", "^", "\n"),
    Delimiters("^", "|", "!", "~"),
    Delimiters("\x1d", "\x1f", "\x1c", "\x1e"),
    Delimiters("\\", "]", "[", "'"),
    Delimiters("+", "?", "", "\r"),
    Delimiters(".", "-", ")", "("),  # marks that numbers and ranges hold
    Delimiters("-", ".", "{", "}"),
    Delimiters("$", "\t", "*", "~"),
)


@functools.cache
def _accepts(use: SegmentUse, delimiters: Delimiters) -> Callable[[str], re.Match[str] | None]:
    return re.compile(accept.pattern(use, delimiters)).fullmatch


@functools.cache
def _uses() -> tuple[SegmentUse, ...]:
    return tuple(use for guide in GUIDES for use in grammar.load(guide).root.segments())


@functools.cache
def _segments(pattern: str) -> tuple[tuple[SegmentUse, Segment], ...]:
    """Each segment of the fixtures, in the usual marks, with the use it was placed in; each once."""
    seen: dict[tuple[int, tuple[str, ...]], tuple[SegmentUse, Segment]] = {}
    for path in sorted(FIXTURES.glob(pattern)):
        data = path.read_bytes()
        try:
            told = list(process.tell_loops(io.BytesIO(data)))
        except NotX12:
            continue
        if data[103:106] == b"*:~" and data.count(b"ISA*") == 1:
            for loop in (item for item in told if isinstance(item, Loop)):
                for use, seg in _held(loop):
                    seen.setdefault((id(use), tuple(seg)), (use, seg))
    return tuple(seen.values())


def _held(loop: Loop) -> Iterator[tuple[SegmentUse, Segment]]:
    for _, use, seg in loop.segments:
        yield use, seg
    for below in loop.loops:
        yield from _held(below)


def _assert_kept(use: SegmentUse, piece: str, delimiters: Delimiters) -> bool:
    """That what is accepted has no flaw but broken syntax notes; returns whether it was accepted."""
    if _accepts(use, delimiters)(piece) is None:
        return False
    seg = piece.split(delimiters.element)
    notes = [flaw for note in use.notes if (flaw := syntax.broken(note, use, seg))]
    flaws = [flaw for flaw in syntax.explain(use, seg, delimiters) if flaw not in notes]
    assert flaws == [], (str(use), piece)
    if len(seg) <= min((syntax.concerns(note) for note in use.notes), default=len(seg)):
        assert notes == [], (str(use), piece)  # so short that nobody asks the notes
    return True


def _written(seg: Segment, delimiters: Delimiters) -> str:
    """A segment in other marks."""
    return delimiters.element.join(seg).translate({ord(":"): delimiters.component, ord("^"): delimiters.repetition})


# ------------------------------------------------------------------ the promise


@pytest.mark.parametrize("delimiters", [USUAL, *ODD], ids=repr)
def test_what_is_accepted_has_no_flaw(delimiters: Delimiters) -> None:
    segments = _segments("837?/*/*.edi") + _segments("envelope/*.edi")
    assert len(segments) > 1000
    for use, seg in segments:
        _assert_kept(use, _written(seg, delimiters), delimiters)


def test_good_segments_are_accepted() -> None:
    """Else the promise is easily kept: what passes is what is fast."""
    segments = _segments("837?/pass/*.edi")
    refused = [seg for use, seg in segments if not _assert_kept(use, "*".join(seg), USUAL)]
    assert len(refused) < len(segments) / 100, refused


ODDITIES = (
    *("", " ", "0", "00", "1", "-1", "1.", ".5", "1.5", "-1.5", "1e5", "A ", " A", "\x07", "\xc9", "\xb2", "\xa0"),
    *("20240229", "20230229", "20241301", "20240431", "20240101-20240131", "20240101-20230229", "20240101-"),
    *("202401011200", "2359", "2460", "240000", "D8", "RD8", "HC", "HC:99213", "ABK:A419", "XX", "MI", "QC", "US", "Y"),
    *(":", "::", "A:B", "^", "A^B", "*", "**", "1" * 10, "1" * 18, "1" * 19, "A" * 60, "A" * 61, "A" * 80, "A" * 81),
)

@pytest.mark.parametrize(
    "text",
    [
        "DTP*472*D8*20240229",  # a leap day
        "DMG*D8*20000229*F",
        "N3*12 RUE DE LA R\xc9PUBLIQUE",  # one byte a letter here, and no delimiter
        "CLM*C1*1234567890123.5***12:B:1*Y*A*Y*Y",  # more digits than the pattern looks for
    ],
)
def test_what_is_refused_may_still_be_good(text: str) -> None:
    """The explanation has the last word."""
    seg = text.split("*")
    uses = [use for use in _uses() if use.tag == seg[0] and not list(syntax.explain(use, seg, USUAL))]
    assert uses


VALUES = st.one_of(
    st.sampled_from(ODDITIES),
    st.text("0189AZaz .-:^*\n\x1d\xe9", max_size=12),
    st.text("019", min_size=15, max_size=20),
    st.text("A", min_size=58, max_size=82),
)
CHANGE = st.tuples(st.sampled_from(("put", "insert", "drop", "part")), st.integers(1, 25), VALUES)


@settings(max_examples=700, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(st.data())
def test_what_is_accepted_has_no_flaw_whatever_stands_in_it(data: st.DataObject) -> None:
    use, seg = data.draw(st.sampled_from(_segments("837?/*/*.edi")))
    delimiters = data.draw(st.sampled_from((USUAL, USUAL, *ODD)))
    changed = list(seg)
    for kind, place, value in data.draw(st.lists(CHANGE, max_size=3)):
        at = place % len(changed) if len(changed) > 1 else 0
        if kind == "insert":
            changed.insert(at + 1, value)
        elif at and kind == "put":
            changed[at] = value
        elif at and kind == "drop":
            del changed[at]
        elif at:
            parts = changed[at].split(":")
            parts[place % len(parts)] = value
            changed[at] = ":".join(parts)
    _assert_kept(use, _written(changed, delimiters), delimiters)


@settings(max_examples=700, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(st.data())
def test_what_is_accepted_has_no_flaw_in_any_use(data: st.DataObject) -> None:
    """Segments made from the guide itself: of each element a code, a value of its type, or anything."""
    use = data.draw(st.sampled_from(_uses()))
    elements = []
    for element in use.elements:
        parts = [data.draw(_value(part)) for part in element.components or (element,)]
        elements.append(":".join(parts).rstrip(":"))
    keep = data.draw(st.integers(0, len(elements)))
    delimiters = data.draw(st.sampled_from((USUAL, USUAL, *ODD)))
    _assert_kept(use, _written([use.tag, *elements[:keep]], delimiters), delimiters)


def _value(element: grammar.ElementUse) -> st.SearchStrategy[str]:
    if element.usage == "N":
        return st.sampled_from(("", "", "", "", "", "", "X"))
    good = st.sampled_from(sorted(element.codes) or [_typical(element)])
    empty = st.just("") if element.usage != "R" else good
    return st.one_of(good, good, empty, empty, st.sampled_from(("20240229", "20240101-20240102", "1" * 18)), VALUES)


def _typical(element: grammar.ElementUse) -> str:
    fixed = {"DT": "20240115", "TM": "1200", "R": "12.5", "N0": "1" * element.min}
    return min(element.codes, default=fixed.get(element.type, "A" * element.min))


FORMS = {"D8": "20240115", "RD8": "20240115-20240116", "DT": "202401151200", "TM": "1200"}


def _full(use: SegmentUse) -> Iterator[Segment]:
    """A good segment with every element that may be there, once for each form of its date."""
    parts = [part for element in use.elements for part in (element, *element.components)]
    forms = {code for part in parts if part.data_element == "1250" for code in part.codes}
    for form in sorted(forms & FORMS.keys()) or [""]:
        period = {"1250": form, "1251": FORMS.get(form, "")}
        seg = [use.tag]
        for element in use.elements:
            values = [
                "" if part.usage == "N" else period.get(part.data_element) or _typical(part)
                for part in element.components or (element,)
            ]
            seg.append("" if element.usage == "N" else ":".join(values).rstrip(":"))
        yield seg


@pytest.mark.parametrize("delimiters", [USUAL, ODD[5], ODD[6]], ids=repr)
def test_no_oddity_is_accepted_anywhere_that_has_a_flaw(delimiters: Delimiters) -> None:
    """In each element and component of each use, one oddity after the other."""
    accepted = 0
    for use in _distinct():
        for seg in _full(use):
            accepted += _assert_kept(use, _written(seg, delimiters), delimiters)
            for at in range(1, len(seg)):
                parts = seg[at].split(":")
                for n in range(len(parts)):
                    for value in ODDITIES:
                        changed = ":".join([*parts[:n], value, *parts[n + 1 :]])
                        _assert_kept(use, _written([*seg[:at], changed, *seg[at + 1 :]], delimiters), delimiters)
    assert accepted > len(_distinct()) / 2  # else little was tried


@pytest.mark.parametrize("value", ODDITIES)
def test_no_oddity_is_an_exception(value: str) -> None:
    """In one element of every segment at once; then in those of the envelope too."""
    for name in ("837P/pass/many-segments.edi", "837I/pass/many-segments.edi"):
        segments = [seg.split("*") for seg in (FIXTURES / name).read_text("latin-1").split("~\n")]
        for spared in (("ISA", "GS", "ST", "SE", "GE", "IEA"), ("ISA",)):
            for at in range(1, max(len(seg) for seg in segments)):
                changed = [
                    [*seg[:at], value, *seg[at + 1 :]] if len(seg) > at and seg[0] not in spared else seg
                    for seg in segments
                ]
                data = "~\n".join(map("*".join, changed)).encode("latin-1")
                assert list(process.tell(io.BytesIO(data)))


# ------------------------------------------------------------------ marks and time


@functools.cache
def _distinct() -> tuple[SegmentUse, ...]:
    """One use of each pattern: most stand in several places."""
    return tuple({accept.pattern(use, USUAL): use for use in _uses()}.values())


MARKS = string.punctuation + "\n\r\t\x07\x1c\x1d\x1e\x1f\x7f\xa7\xff"


@pytest.mark.parametrize("index", range(len(MARKS)))
def test_every_mark_makes_patterns(index: int) -> None:
    element, component, repetition, segment = (MARKS[(index + n) % len(MARKS)] for n in range(4))
    delimiters = Delimiters(element, component, repetition, segment)
    for use in _distinct():
        assert re.compile(accept.pattern(use, delimiters))


@pytest.mark.parametrize("mark", "A9 ")
def test_letters_digits_and_blanks_are_no_marks(mark: str) -> None:
    head = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250101*1200*^*00501*000000001*0*T*:~"
    assert Delimiters.read(head) == USUAL
    for at in (3, 104, 105):
        with pytest.raises(NotX12):
            Delimiters.read(head.replace("*", mark) if at == 3 else head[:at] + mark + head[at + 1 :])


LONG = 1 << 16
SHORT = 1 << 12
HOSTILE = ("A", "0", " ", "-", ":", "*", "^", "1.", "A:", "*A", "\xe9", "20240101-")


@pytest.mark.parametrize("unit", HOSTILE)
def test_no_element_is_slow(unit: str) -> None:
    """64 KB of anything cost each pattern and each explanation milliseconds, in step with the length."""
    for use in _distinct():
        for head in (f"{use.tag}*", use.tag + "*" * len(use.elements)):
            # First the short one: sixteen times its length squared would be the end of the test.
            short = _seconds(use, head + unit * (SHORT // len(unit)) + "\x01")
            assert short < 0.050, f"{use}: {short} s for {SHORT} bytes"
            long = _seconds(use, head + unit * (LONG // len(unit)) + "\x01")
            assert long < 0.010 or long < 64 * short, f"{use}: {short} s for {SHORT} bytes, {long} s for {LONG}"
            assert long < 0.500, f"{use}: {long} s for {LONG} bytes"


def _seconds(use: SegmentUse, piece: str) -> float:
    """The least of three: what else the machine does is not meant."""
    accepts = _accepts(use, USUAL)
    took = []
    for _ in range(3):
        started = time.perf_counter()
        accepts(piece)
        for _ in syntax.explain(use, piece.split("*"), USUAL):
            pass
        took.append(time.perf_counter() - started)
        if took[-1] < 0.005:
            break
    return min(took)
