"""The wire: what is read is what was written, whatever the bytes and however they arrive."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi837 import x12
from edi837.findings import NotX12
from edi837.x12 import Delimiters, RawInterchange, Stray
from tests.mutate import VARIANTS, mutations

ROOT = Path(__file__).parent.parent / "fixtures"
FIXTURES = sorted(path for path in ROOT.rglob("*.edi") if path.parent.name != "expected")
CLEAN = (Path(__file__).parent.parent / "fixtures" / "837P" / "pass" / "minimum.edi").read_bytes()
BLOCKS = (1, 7, 1 << 20)
LAWFUL = settings(max_examples=150, deadline=None, derandomize=True, database=None)

# An item as plain values: a stray, or an interchange with its pieces.
Item = tuple[str, int, object]


def read(data: bytes, block: int = 1 << 20) -> list[Item]:
    """All items of a stream; strays that were handed over in parts are joined."""
    items: list[Item] = []
    for item in x12.read(io.BytesIO(data), block=block):
        if isinstance(item, RawInterchange):
            pieces = list(item.pieces)
            items.append(("interchange", item.offset, (item.delimiters, pieces, item.unterminated, item.oversize)))
        elif items and items[-1][0] == "stray":
            items[-1] = ("stray", items[-1][1], f"{items[-1][2]}{item.text}")
        else:
            items.append(("stray", item.offset, item.text))
    return items


def outcome(data: bytes, block: int) -> tuple[list[Item], str]:
    """What is read, or why nothing is."""
    try:
        return read(data, block), ""
    except NotX12 as error:
        return [], f"{error.offset} {error}"


def rewritten(data: bytes, block: int) -> bytes:
    out = io.BytesIO()
    with suppress(NotX12):  # raised at the end, when all the strays have been handed over
        x12.write(x12.read(io.BytesIO(data), block=block), out)
    return out.getvalue()


def segments(data: bytes) -> list[list[str]]:
    found = []
    for item in x12.read(io.BytesIO(data)):
        if isinstance(item, RawInterchange):
            found += [x12.split(piece, item.delimiters) for piece in item.pieces]
    return [seg for seg in found if seg != [""]]


def isa(element: str = "*", repetition: str = "^", component: str = ":", number: str = "000000001") -> str:
    fields = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", f"{'SENDER':15}", "ZZ", f"{'RECEIVER':15}"]
    return element.join([*fields, "250303", "0915", repetition, "00501", number, "0", "T", component])


# ------------------------------------------------------------------ there and back


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixtures_survive_the_round_trip_in_any_blocks(path: Path) -> None:
    data = path.read_bytes()
    whole = outcome(data, BLOCKS[-1])
    for block in BLOCKS if len(data) < 10_000 else BLOCKS[1:]:
        assert rewritten(data, block) == data
        assert outcome(data, block) == whole


@pytest.mark.parametrize("name", VARIANTS)
def test_marks_and_line_ends_change_nothing_that_is_said(name: str) -> None:
    plain = segments(CLEAN)
    marks = Delimiters.read(VARIANTS[name](CLEAN).decode("latin-1"))
    back = str.maketrans(marks.element + marks.component + marks.repetition, "*:^")
    assert [[e.translate(back) for e in seg] for seg in segments(VARIANTS[name](CLEAN))] == plain


@pytest.mark.parametrize("name", VARIANTS)
def test_two_interchanges_are_two_whatever_their_marks(name: str) -> None:
    data = VARIANTS[name](CLEAN)
    first, second = [content for kind, _, content in read(data + data) if kind == "interchange"]
    assert first == second
    assert isinstance(first, tuple)
    assert len([piece for piece in first[1] if piece.strip()]) == len(segments(CLEAN))


BYTES = [chr(code) for code in range(256)]
SEPARATORS = [c for c in BYTES if not c.isalnum() and c not in " \t\r\n"]
TERMINATORS = [c for c in BYTES if not c.isalnum() and c != " "]


@st.composite
def interchanges(draw: st.DrawFn) -> tuple[bytes, Delimiters, list[list[str]]]:
    """An interchange in marks of its own, and its segments."""
    element = draw(st.sampled_from(SEPARATORS))
    component = draw(st.sampled_from([c for c in SEPARATORS if c != element]))
    terminator = draw(st.sampled_from([c for c in TERMINATORS if c not in (element, component)]))
    repetition = draw(
        st.sampled_from([c for c in SEPARATORS if c not in (element, component, terminator)] + ["U", "7", " "])
    )
    value = st.text(st.sampled_from([c for c in BYTES if c not in (element, terminator)]), max_size=9)
    tag = st.sampled_from(["GS", "ST", "CLM", "NM1", "SE", "ISO", "XIEA", "ISAX"])
    told = draw(st.lists(st.builds(lambda t, rest: [t, *rest], tag, st.lists(value, max_size=4)), max_size=12))
    told.append(["IEA", "1", "000000001"])
    end = terminator + draw(st.sampled_from([e for e in ("", "\n", "\r\n", "\r", "  ", "\t") if terminator not in e]))
    text = isa(element, repetition, component) + end + "".join(element.join(seg) + end for seg in told)
    marks = Delimiters(element, component, "" if repetition.isalnum() or repetition == " " else repetition, terminator)
    return text.encode("latin-1"), marks, told


@LAWFUL
@given(interchanges(), st.sampled_from(BLOCKS))
def test_every_legal_set_of_marks_is_read_and_written(
    made: tuple[bytes, Delimiters, list[list[str]]], block: int
) -> None:
    data, marks, told = made
    (kind, offset, content), *rest = read(data, block)
    assert (kind, offset) == ("interchange", 0)
    assert isinstance(content, tuple)
    found, pieces, unterminated, oversize = content
    assert (found, unterminated, oversize) == (marks, False, False)
    assert [x12.split(piece, marks) for piece in pieces[1:]] == told
    assert all(kind == "stray" and not str(text).strip() for kind, _, text in rest)
    assert rewritten(data, block) == data


@LAWFUL
@given(st.lists(st.one_of(interchanges().map(lambda made: made[0]), st.binary(max_size=40)), max_size=5))
def test_interchanges_and_what_stands_between_them_come_in_order(parts: list[bytes]) -> None:
    data = b"".join(parts)
    whole = outcome(data, BLOCKS[-1])
    at = 0
    for kind, offset, content in whole[0]:
        assert offset == at
        if kind == "stray":
            at += len(str(content))
        else:
            assert isinstance(content, tuple)
            _, pieces, unterminated, _ = content
            at += sum(len(piece) + 1 for piece in pieces) - unterminated
    assert at == (len(data) if whole[0] else 0)
    for block in BLOCKS:
        assert outcome(data, block) == whole
        assert rewritten(data, block) == data


# ------------------------------------------------------------------ any bytes at all


@LAWFUL
@given(st.binary(max_size=400))
def test_any_bytes_give_items_or_a_refusal(data: bytes) -> None:
    for start in (b"", b"ISA", CLEAN[:106]):
        items, why = outcome(start + data, BLOCKS[-1])
        assert items or why
        assert outcome(start + data, 7) == (items, why)
        assert rewritten(start + data, 7) == start + data


@LAWFUL
@given(
    st.integers(0, 110),
    st.integers(0, 12),
    st.sampled_from([b"", b"*", b"~", b":", b"^", b"ISA", b"ISA*", b"\n", b"\x00", b"\xff", b"A", b" "]),
)
def test_a_damaged_isa_is_read_or_refused(at: int, length: int, put: bytes) -> None:
    data = CLEAN[:at] + put + CLEAN[at + length :]
    for item in _items(data):
        if isinstance(item, RawInterchange):
            head = item.header(next(item.pieces))
            if item.unusable:
                assert len(head) == 17
                continue
            assert len(head) > 16, "what is called an interchange has sixteen elements in its ISA"
            marks = item.delimiters
            chosen = [marks.element, marks.component, marks.segment, *marks.repetition]
            assert len(set(chosen)) == len(chosen), "marks that are the same tell nothing apart"


def _items(data: bytes) -> Iterator[RawInterchange | Stray]:
    try:
        yield from x12.read(io.BytesIO(data))
    except NotX12:
        return


def test_mutated_interchanges_survive_too() -> None:
    count = 0
    for name, data in mutations(CLEAN):
        count += 1
        assert rewritten(data, 7) == data, name
        assert outcome(data, 7) == outcome(data, BLOCKS[-1]), name
    assert count > 100


def test_bytes_above_127_pass_unharmed() -> None:
    data = CLEAN.replace(b"NM1*IL*1*", b"NM1*IL*1*" + bytes(range(128, 256)))
    assert rewritten(data, 7) == data
    assert any(bytes(range(128, 256)).decode("latin-1") in "".join(seg) for seg in segments(data))


def test_a_terminator_inside_the_isa_does_not_end_it() -> None:
    data = CLEAN.replace(b"~\n", b"-").replace(b"SUBMIT042 ", b"SUB-MIT42 ")
    head, *rest = segments(data)
    assert len(head) == 17
    assert head[6] == "SUB-MIT42      "
    assert [seg[0] for seg in rest] == [seg[0] for seg in segments(CLEAN)[1:]]
    assert rewritten(data, 1) == data


# ------------------------------------------------------------------ what is not X12

NOT_X12: list[tuple[bytes, int, str]] = [
    (b"", 0, "nothing"),
    (b"\r\n\r\n  ", 0, "nothing"),
    (b"\xef\xbb\xbf\n\x00\x1a", 0, "nothing"),
    (b"This is a letter.", 0, "found 'Thi'"),
    (b"\n\n  <html>", 4, "found '<ht'"),
    (b"\xef\xbb\xbfcsv,of,claims", 3, "found 'csv'"),
    (b"GS*HC*A*B~", 0, "found 'GS*'"),
    (b"A VISA card, an ISA account", 0, "found 'A V'"),
    (b"A VISA card, an ISA account" + b" " * 600 + b"ISA*", 0, "found 'A V'"),
    (b" " * 2_000 + b"letters", 2_000, "found 'let'"),
    (b"IS", 0, "found 'IS'"),
    (b"ISA", 3, "the end of the file"),
    (b"ISA 00 00", 3, "' ', cannot separate"),
    (b"ISAX00X", 3, "'X', cannot separate"),
    (b"ISA*00*", 7, "16 elements separated by '*'"),
    (CLEAN[:50], 50, "16 elements"),
    (CLEAN[:105], 105, "the end of the file after ISA16"),
    (b"\r\n" + CLEAN[:50], 52, "16 elements"),
    (CLEAN[:7] + b"x" * 40 + CLEAN[17:], 17, "16 elements"),
    (CLEAN.replace(b"*00501*", b"*"), 89, "16 elements"),
]


@pytest.mark.parametrize(("data", "offset", "words"), NOT_X12, ids=[f"{d[:12]!r}-{o}" for d, o, _ in NOT_X12])
def test_a_refusal_says_where_and_why(data: bytes, offset: int, words: str) -> None:
    for block in BLOCKS:
        with pytest.raises(NotX12) as caught:
            read(data, block)
        assert caught.value.offset == offset
        assert any(word in str(caught.value) for word in words.split("|"))


UNUSABLE: list[tuple[bytes, str]] = [
    (isa().encode() + b"A" + CLEAN[106:], "004"),
    (isa().encode() + b" " + CLEAN[106:], "004"),
    (isa().encode() + b"*" + CLEAN[106:], "004"),
    (isa().encode() + b":" + CLEAN[106:], "004"),
    (isa().encode() + CLEAN[107:], "004"),  # the terminator is lost: the G of GS stands in its place
    (isa(component="A").encode() + CLEAN[105:], "027"),
    (isa(component="\n").encode() + CLEAN[105:], "027"),
    (isa(component="*").encode() + CLEAN[105:], "027"),
    (isa(element=" ").encode() + CLEAN[105:], "026"),
    (isa(element="\t").encode() + CLEAN[105:], "026"),
    (isa(element="X").encode() + CLEAN[105:], "026"),
]


@pytest.mark.parametrize(("data", "code"), UNUSABLE)
@pytest.mark.parametrize("around", [(b"", b""), (b"words\n", b""), (CLEAN, CLEAN)], ids=["alone", "words", "clean"])
def test_an_isa_with_a_mark_of_no_use_is_an_interchange_of_its_own(
    data: bytes, code: str, around: tuple[bytes, bytes]
) -> None:
    before, after = around
    whole = before + data + after
    for block in BLOCKS:
        assert rewritten(whole, block) == whole
        assert outcome(whole, block) == outcome(whole, BLOCKS[-1])
        held = [i for i in x12.read(io.BytesIO(whole), block=block) if isinstance(i, RawInterchange)]
        assert [i.unusable for i in held] == ([""] if before == CLEAN else []) + [code] + ([""] if after else [])
    (broken,) = (i for i in x12.read(io.BytesIO(whole)) if isinstance(i, RawInterchange) and i.unusable)
    assert broken.offset == len(before)
    assert broken.header(data[:105].decode())[1:10] == [
        "00", " " * 10, "00", " " * 10, "ZZ", f"{'SENDER':15}", "ZZ", f"{'RECEIVER':15}", "250303",
    ]  # fmt: skip
    assert broken.header(data[:105].decode())[12:16] == ["00501", "000000001", "0", "T"]


@pytest.mark.parametrize("secret", ["\x1b[2J", "JANE", "\x00\x07"])
def test_a_refusal_shows_three_bytes_at_most_and_none_raw(secret: str) -> None:
    with pytest.raises(NotX12) as caught:
        read(f"{secret}DOE MEMBER 123456789".encode("latin-1"))
    assert str(caught.value).isprintable()
    assert "DOE" not in str(caught.value)


def test_what_is_refused_is_still_handed_over() -> None:
    assert rewritten(b"no claims here", 7) == b"no claims here"


def test_one_readable_interchange_is_enough() -> None:
    kinds = [kind for kind, _, _ in read(b"ISA*broken*" + CLEAN + b"trailing words")]
    assert kinds == ["stray", "interchange", "stray"]


def test_an_isa_without_its_blanks_still_names_its_marks() -> None:
    head = "*".join(part.strip() for part in isa().split("*"))
    (kind, _, content), *_ = read(head.encode() + CLEAN[105:])
    assert kind == "interchange"
    assert isinstance(content, tuple)
    assert content[0] == Delimiters()
    assert len(content[1]) == len(segments(CLEAN))


@pytest.mark.parametrize("repetition", ["U", " ", "3", ":", "*", "~"])
def test_no_repetition_mark_where_isa11_is_none_of_its_own(repetition: str) -> None:
    assert Delimiters.read(isa(repetition=repetition) + "~").repetition == ""


# ------------------------------------------------------------------ cut off, too long, too much


def test_a_stream_that_ends_inside_a_segment_says_so() -> None:
    for cut in range(107, len(CLEAN) - 2):
        (_, _, content), *rest = read(CLEAN[:cut])
        assert isinstance(content, tuple)
        _, pieces, unterminated, _ = content
        last = CLEAN[:cut].decode().rpartition("~")[2]
        assert unterminated == bool(last.strip())
        if unterminated:
            assert pieces[-1] == last
        assert all(kind == "stray" for kind, _, _ in rest)


def test_an_interchange_without_iea_ends_before_the_next_isa() -> None:
    cut = CLEAN[: CLEAN.index(b"IEA")]
    first, second = [item for item in read(cut + CLEAN) if item[0] == "interchange"]
    assert (first[1], second[1]) == (0, len(cut))
    assert isinstance(second[2], tuple)
    assert len(second[2][1]) == len(segments(CLEAN))


@pytest.mark.parametrize("between", [b"", b"\r\n"])
@pytest.mark.parametrize("block", [7, 1 << 20])
def test_an_interchange_cut_off_anywhere_ends_before_the_next_isa(block: int, between: bytes) -> None:
    whole = read(CLEAN)[0]
    for cut in range(107, len(CLEAN) - 2):
        data = CLEAN[:cut] + between + CLEAN
        first, second = [item for item in read(data, block) if item[0] == "interchange"]
        assert (first[1], second[1]) == (0, cut + len(between))
        assert second[2] == whole[2]
        assert isinstance(first[2], tuple)
        _, pieces, unterminated, _ = first[2]
        last = CLEAN[:cut].decode().rpartition("~")[2]
        assert unterminated == bool(last.strip())
        if unterminated:
            assert pieces[-1].rstrip() == last.rstrip()
        assert rewritten(data, block) == data


def test_isa_in_a_name_begins_no_interchange() -> None:
    for name in (b"MELISA", b"ISA", b"ISA*00"):
        data = CLEAN.replace(b"NM1*85*2*", b"NM1*85*2*" + name + b"*")
        assert data != CLEAN
        assert [kind for kind, _, _ in read(data) if kind == "interchange"] == ["interchange"]


@pytest.mark.parametrize(("length", "block"), list(product((2999, 3000, 3001, 4500, 9000), (1, 7, 1500))))
def test_a_segment_may_be_as_long_as_the_limit_and_no_longer(
    length: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x12, "LONGEST", 3000)
    monkeypatch.setattr(x12, "BLOCK", 1500)
    for before in (b"", b"GS*" + b"x" * 1_400 + b"~", b"GS*" + b"x" * 2_900 + b"~"):
        for tag in (b"NTE*", b"IEA*"):
            long = tag + b"x" * (length - 4) + b"~"
            data = isa().encode() + b"~" + before + long + CLEAN
            first = read(data, block)[0][2]
            assert isinstance(first, tuple)
            _, pieces, _, oversize = first
            assert oversize == (length > 3000)
            assert len(pieces) == 1 + bool(before) + (length <= 3000)
            assert read(data, block)[-2:][0][0] == "interchange", "the next interchange is found"
            assert rewritten(data, block) == data


class Endless(io.RawIOBase):
    """A stream of a length, made as it is read."""

    def __init__(self, head: bytes, fill: bytes, length: int) -> None:
        self._head, self._fill, self._left = head, fill, length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            data, self._head = self._head, b""
            return data
        size = min(size, self._left)
        self._left -= size
        return (self._fill * (size // len(self._fill) + 1))[:size]


def through(stream: BinaryIO) -> int:
    """Read all of it, keep nothing; the number of pieces and strays."""
    count = 0
    try:
        for item in x12.read(stream):
            count += 1
            if isinstance(item, RawInterchange):
                count += sum(1 for _ in item.pieces)
    except NotX12:
        pass
    return count


def peak(stream: BinaryIO) -> int:
    tracemalloc.start()
    try:
        through(stream)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("head", "fill"),
    [
        (b"", b"claims, as a table; "),
        (b"", b"\0"),
        (b"", b"ISA"),
        (CLEAN[:106], b"x"),
        (CLEAN[:106], b"NTE*ADD*words~\n"),
    ],
    ids=["junk", "zeros", "ISA-ISA-ISA", "one-segment", "no-IEA"],
)
def test_memory_is_bounded_whatever_comes(head: bytes, fill: bytes) -> None:
    length = 10_000_000 if b"~" in fill else 50_000_000
    assert peak(Endless(head, fill, length)) < 16 * x12.BLOCK  # type: ignore[arg-type]


@pytest.mark.parametrize("fill", [b"claims, as a table; ", b"ISA*", b"ISA*00*ISA*", b" ", b"~ISA*\n"])
def test_junk_takes_time_in_proportion(fill: bytes) -> None:
    def seconds(length: int) -> float:
        best = 99.0
        for _ in range(2):
            begun = time.process_time()
            through(Endless(b"", fill, length))  # type: ignore[arg-type]
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(800_000) < 10 * seconds(200_000) + 0.05


# ------------------------------------------------------------------ small parts


def test_join_is_the_partner_of_split() -> None:
    marks = Delimiters("|", ">", "^", "!")
    assert x12.join(["CLM", "A1", "", "12>B>1"], marks) == "CLM|A1||12>B>1!"
    assert x12.split("\r\n CLM|A1||12>B>1", marks) == ["CLM", "A1", "", "12>B>1"]


def test_what_a_caller_leaves_unread_is_passed_over() -> None:
    offsets = [item.offset for item in x12.read(io.BytesIO(CLEAN + CLEAN)) if isinstance(item, RawInterchange)]
    assert offsets == [0, len(CLEAN)]


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("\r\n", True),
        ("\xef\xbb\xbf", True),
        ("\x00\x00", True),
        ("\x1a", True),
        (" \t", True),
        ("x", False),
        ("\n~", False),
    ],
)
def test_a_stray_that_means_nothing_is_blank(text: str, blank: bool) -> None:
    assert Stray(text, 0).blank is blank


@pytest.mark.parametrize(
    ("text", "span"),
    [("words", (7, 12)), ("  words", (9, 14)), ("words\r\n\x1a", (7, 12)), ("\0two words \n", (8, 17))],
)
def test_the_span_of_a_stray_is_without_the_blanks_around_it(text: str, span: tuple[int, int]) -> None:
    assert Stray(text, 7).span == span
