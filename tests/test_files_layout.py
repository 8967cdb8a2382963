"""``edi837 fmt``: only line ends and blanks between segments change, whatever the bytes."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from edi837 import layout, x12
from edi837.isa import BLANK
from tests import snippets
from tests.test_cli import edi837

FIXTURES = Path(__file__).parent.parent / "fixtures"
NONE = {"not-x12.edi", "a-pdf.edi", "empty.edi", "only-line-ends.edi", "truncated-in-isa.edi", "utf-16.edi"}
FILES = [path for path in sorted(FIXTURES.rglob("*.edi")) if path.name not in NONE]
PLAIN = snippets.interchange(snippets.HEAD + snippets.CLAIM_P)
MARKS = ["*:^~", "|>!\n", "\x1d\x1f\x1e\x1c", "*:^\r", "+:^'", "*:^\t"]


def laid(data: bytes, joined: bool = False) -> bytes:
    return "".join(layout.laid(io.BytesIO(data), joined=joined)).encode("latin-1")


def content(data: bytes) -> list[object]:
    """All that a file says: segments with their delimiters, and the text between interchanges."""
    said: list[object] = []
    outside = ""
    for item in x12.read(io.BytesIO(data)):
        if isinstance(item, x12.Stray):
            outside += item.text
            continue
        said += [outside.strip("\r\n"), item.delimiters]
        said += [piece.lstrip(BLANK) for piece in item.pieces] + [item.unterminated]
        outside = ""
    return [*said, outside.strip("\r\n")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_fixture_says_the_same_before_and_after(path: Path) -> None:
    data = path.read_bytes()
    for joined in (False, True):
        once = laid(data, joined)
        assert laid(once, joined) == once
        assert content(once) == content(data)
    assert laid(laid(data, joined=True)) == laid(data)


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("after", ["", "\n", "\r\n", "\n\n  "])
def test_any_delimiters(marks: str, after: str) -> None:
    data = snippets.interchange(snippets.HEAD + snippets.CLAIM_P, marks=marks, after=after.replace(marks[3], ""))
    data = data.rstrip(b" ")  # behind the last segment they stand outside
    text = laid(data).decode("latin-1")
    count = data.decode("latin-1").count(marks[3])
    assert text.count(marks[3]) == count
    lines = text.split("\n")
    assert lines.pop() == "" and len(lines) == count
    assert all(line.endswith(marks[3]) or marks[3] == "\n" for line in lines)
    packed = laid(data, joined=True).decode("latin-1")
    assert packed == "".join(line + marks[3] * (marks[3] == "\n") for line in lines)


def test_what_stands_outside_is_kept() -> None:
    outside = b"\xef\xbb\xbf junk \xff\r\n"
    data = outside + PLAIN + b"\n\nNOT A SEGMENT~\n\n" + PLAIN + b"\r\n\x1a"
    once = laid(data)
    assert once.startswith(outside + b"ISA*")
    assert once.endswith(b"IEA*1*000000001~\n\x1a")
    assert b"IEA*1*000000001~\nNOT A SEGMENT~\n\nISA*" in once
    assert b"IEA*1*000000001~NOT A SEGMENT~\n\nISA*" in laid(data, joined=True)


def test_empty_segments_and_a_cut_end_stay() -> None:
    data = PLAIN.replace(b"LX*1~", b"LX*1~~ ~").removesuffix(b"~\n")
    once = laid(data)
    assert b"LX*1~\n~\n~\n" in once and once.endswith(b"IEA*1*000000001")
    assert content(once) == content(data)


def test_blanks_inside_a_value_stay() -> None:
    data = PLAIN.replace(b"SAMPLETON", b" SAMPLE\n TON ")
    assert b"N4* SAMPLE\n TON *MI" in laid(data)


def test_delimiters_of_no_use_leave_all_as_it_is() -> None:
    data = (PLAIN[:105].decode() + "A" + PLAIN[106:].decode()).encode()
    assert laid(data) == data == laid(data, joined=True)


def test_damaged_files_say_the_same_before_and_after() -> None:
    draw = random.Random(837)
    for _ in range(400):
        data = bytearray(PLAIN + b"\n" * draw.randrange(3) + PLAIN)
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(110, len(data))
            data[at : at + draw.randrange(3)] = draw.choice([b"", b"~", b"\n", b"\r\n~", b"ISA*", b"\xff", b" "])
        for joined in (False, True):
            once = laid(bytes(data), joined)
            assert laid(once, joined) == once
            assert content(once) == content(bytes(data))


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "claims.edi"
    file.write_bytes(laid(PLAIN, joined=True))
    assert edi837("fmt", file).stdout == PLAIN
    assert edi837("fmt", "-", stdin=file.read_bytes()).stdout == PLAIN
    assert edi837("fmt", file, "-o", file).returncode == 0
    assert file.read_bytes() == PLAIN and file.stat().st_mode & 0o777 == 0o600
    assert edi837("fmt", "--join", file, "-o", tmp_path / "joined").returncode == 0
    assert b"\n" not in (tmp_path / "joined").read_bytes()


def test_what_is_not_x12_leaves_the_target_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.edi"
    target.write_bytes(b"before")
    done = edi837("fmt", FIXTURES / "envelope" / "not-x12.edi", "-o", target)
    assert done.returncode == 3 and target.read_bytes() == b"before"
    assert sorted(tmp_path.iterdir()) == [target]
