"""Nothing that comes out of `safe` can move a cursor, hide, reverse or calculate."""

from __future__ import annotations

import csv
import io
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edi837 import safe

# Categories of characters without a shape: control, format, surrogate, line and paragraph separator.
_SHAPELESS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_INVISIBLE = set("\u00ad\u034f\u115f\u1160\u2800\u3164\uffa0\ufe0f\ufffe\uffff")

wire = st.binary().map(lambda data: data.decode("latin-1"))  # what x12 hands over


def _harmless(shown: str) -> bool:
    return not any(unicodedata.category(char) in _SHAPELESS or char in _INVISIBLE for char in shown)


@given(st.one_of(wire, st.text(st.characters())))
@example("\ud800")
@example("\U000e0041\U00013430")
def test_text_holds_nothing_without_a_shape(value: str) -> None:
    shown = safe.text(value)
    assert _harmless(shown)
    shown.encode("utf-8")


@given(st.text(st.sampled_from("".join(chr(c) for c in range(0x20, 0x7F)))))
def test_plain_text_is_left_alone(value: str) -> None:
    assert safe.text(value) == value


@given(st.text(st.characters(whitelist_categories=("L", "N"))))
@example("Jérôme")
def test_utf8_on_the_wire_is_read_as_utf8(value: str) -> None:
    with suppress(UnicodeError):
        assume(value.isascii() or not value.encode("latin-1").decode())  # bytes of UTF-8 themselves, such as Âª
    assert safe.text(value.encode().decode("latin-1")) == safe.text(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\r\n\tb", r"a\r\n\tb"),
        ("\x7f\x9b\x00", r"\x7f\x9b\x00"),
        ("x\u202ey\u2066z", r"x\u202ey\u2066z"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u2028b", r"a\u2028b"),
        ("a\U000e0041b", r"a\U000e0041b"),
        ("JOS\xc3\x89", "JOSÉ"),  # UTF-8 read as latin-1
        ("JOS\xc9", "JOSÉ"),  # latin-1
        ("\xe2\x80\xae", r"\u202e"),  # a reversal, in UTF-8
    ],
)
def test_what_is_shown(value: str, shown: str) -> None:
    assert safe.text(value) == shown


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_mask_tells_nothing_of_what_it_masks(one: str, other: str) -> None:
    assert safe.masked(one) == safe.masked(other) != ""
    assert safe.masked(one, ascii=True).isascii()
    assert safe.masked("") == ""


@given(wire)
@example("=1+1")
@example("  @SUM(A1)")
@example("\t=1")
@example("\0=1")
@example("\xef\xbc\x9d1")  # a wide equals sign, in UTF-8
def test_a_cell_is_never_a_formula(value: str) -> None:
    cell = safe.cell(value)
    assert _harmless(cell)
    assert not cell.lstrip(" ").startswith(tuple("=+-@＝＋－＠"))
    out = io.StringIO()
    csv.writer(out).writerow([cell, "next"])
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [cell, "next"]


@pytest.mark.parametrize(("value", "cell"), [("=1", "'=1"), ("-12", "'-12"), ("+1", "'+1"), ("@a", "'@a"),
                                             ("\tx", r"'\tx"), ("\rx", r"'\rx"), ("A=1", "A=1"), ("", "")])  # fmt: skip
def test_cells(value: str, cell: str) -> None:
    assert safe.cell(value) == cell
