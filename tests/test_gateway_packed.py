"""Packed files: taken when that is asked for, one file in each, and never more of it than is allowed."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import Filed, unpack
from edi837.gateway.fsops import Disk
from tests.gateways import GOOD, Told, drop, kinds, numbered, once, tree

BOMB = 50_000_000  # bytes that unpack out of 50 thousand


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def locked(data: bytes) -> bytes:
    """A zip whose member says that it is encrypted, in both its heads."""
    made = bytearray(data)
    made[6] |= 1
    made[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


PACKED = {
    "gzip": gzip.compress(GOOD), "gzip, padded": gzip.compress(GOOD) + bytes(700), "zip": zipped(("a.edi", GOOD)),
    "zip, stored": zipped(("a.edi", GOOD), method=zipfile.ZIP_STORED), "zip, a path": zipped(("../../a.edi", GOOD)),
    "zip, a folder": zipped(("a/", b""), ("a/b.edi", GOOD)),
}  # fmt: skip
WRONG: dict[str, tuple[bytes, str]] = {
    "gzip cut": (gzip.compress(GOOD)[:-9], "unpackable"),
    "gzip damaged": (gzip.compress(GOOD)[:-8] + bytes(8), "unpackable"),
    "two members": (gzip.compress(GOOD) + gzip.compress(numbered(2)), "unpackable"),
    "zip cut": (zipped(("a.edi", GOOD))[:-30], "unpackable"),
    "two files": (zipped(("a.edi", GOOD), ("b.edi", numbered(2))), "unpackable"),
    "no file": (zipped(), "unpackable"),
    "locked": (locked(zipped(("a.edi", GOOD))), "unpackable"),
    "LZMA": (zipped(("a.edi", GOOD), method=zipfile.ZIP_LZMA), "unpackable"),
    "gzip bomb": (gzip.compress(bytes(BOMB)), "too_large"),
    "zip bomb": (zipped(("a.edi", bytes(BOMB))), "too_large"),
    "a letter": (gzip.compress(b"Dear plan"), "not_x12"),
    "nothing": (gzip.compress(b""), "not_x12"),
    "packed twice": (gzip.compress(gzip.compress(GOOD)), "not_x12"),
}  # fmt: skip


def taken(root: Path, data: bytes, **more: Any) -> Filed:
    drop(root, "a.gz", data)
    (filed,) = once(root, **{"compressed": True, **more})
    return filed


def answers(root: Path, filed: Filed) -> list[bytes]:
    return sorted((root / "out" / name).read_bytes() for name in filed.answers)


@pytest.mark.parametrize("how", PACKED)
def test_a_packed_file_is_answered_as_its_content_is(how: str, tmp_path: Path) -> None:
    plain = taken(tmp_path / "plain", GOOD, clock=Told(5))
    filed = taken(tmp_path / "packed", PACKED[how], clock=Told(5))
    assert answers(tmp_path / "packed", filed) == answers(tmp_path / "plain", plain)
    folder = tmp_path / "packed" / filed.path
    assert (folder / "original.edi").read_bytes() == PACKED[how], "the original is kept as it came"
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["packed"] == how.partition(",")[0]
    assert {each.name for each in tmp_path.iterdir()} == {"plain", "packed"}


def test_its_number_counts(tmp_path: Path) -> None:
    taken(tmp_path, GOOD)
    assert kinds(taken(tmp_path, gzip.compress(GOOD)).answers) == ["TA1"]


@pytest.mark.parametrize("how", PACKED)
def test_unless_asked_for_it_is_put_aside_with_its_reason(how: str, tmp_path: Path) -> None:
    filed = taken(tmp_path, PACKED[how], compressed=False)
    assert (filed.folder, filed.reason, filed.answers) == ("quarantine", "compressed", ())
    said = json.loads((tmp_path / filed.path / "manifest.json").read_text("utf-8"))
    assert "compressed = false" in said["why"]


@pytest.mark.parametrize("how", WRONG)
def test_what_cannot_be_taken_out_is_put_aside_with_its_reason(how: str, tmp_path: Path) -> None:
    data, reason = WRONG[how]
    filed = taken(tmp_path, data)
    assert (filed.folder, filed.reason, filed.answers) == ("quarantine", reason, ())
    assert (tmp_path / filed.path / "original.edi").read_bytes() == data


def unpacking(data: bytes, most: int) -> tuple[str, int]:
    """Why a file is not unpacked, and the bytes of memory that took."""
    tracemalloc.start()
    try:
        with unpack.unpacked(io.BytesIO(data), len(data), most):
            return "", tracemalloc.get_traced_memory()[1]
    except unpack.PackedError as error:
        return error.reason, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("made", [gzip.compress, lambda data: zipped(("a", data))], ids=["gzip", "zip"])
def test_a_bomb_stops_at_either_cap_and_needs_no_memory(
    made: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made(bytes(BOMB))
    assert len(data) < BOMB / 500
    reason, memory = unpacking(data, 1 << 40)
    assert (reason, memory < 2_000_000) == ("too_large", True)
    monkeypatch.setattr(unpack, "RATIO", 1 << 40)
    assert unpacking(data, BOMB - 1)[0] == "too_large"
    assert unpacking(data, BOMB)[0] == "", "the cap is met, not passed"


def test_the_caps_do_not_bar_claims() -> None:
    """A batch of ten thousand claims packs to more than a 200th."""
    data = b"".join(numbered(number) for number in range(10_000))
    assert unpacking(gzip.compress(data, 9), 1 << 40)[0] == ""


def test_a_packed_upload_is_waited_for(tmp_path: Path) -> None:
    """Half of it is not unpacked; nor is one whose content is cut; what can never be taken is not waited for."""
    clock, data = Told(), gzip.compress(GOOD)
    settings: dict[str, Any] = {"all": False, "clock": clock, "compressed": True}
    path = drop(tmp_path, "a.gz", data[:-9])
    drop(tmp_path, "b.gz", gzip.compress(numbered(2)[:-20]))
    assert once(tmp_path, **settings) == []
    assert tree(tmp_path, "in", ".edi837/work") == ["in/a.gz", "in/b.gz"], "it is not even claimed"
    path.write_bytes(data)
    assert [each.name for each in once(tmp_path, **settings)] == ["a.gz"]
    drop(tmp_path, "c.zip", zipped(("a.edi", GOOD), ("b.edi", GOOD)))
    drop(tmp_path, "d.zip", locked(zipped(("a.edi", GOOD))))
    assert [each.reason for each in once(tmp_path, **settings)] == ["unpackable", "unpackable"]
    assert tree(tmp_path, "in") == ["in/b.gz"]
    clock.at += timedelta(hours=1)
    assert [(each.name, kinds(each.answers)) for each in once(tmp_path, **settings)] == [("b.gz", ["TA1"])]


def test_a_packed_upload_that_begins_anew_when_it_is_claimed_is_held(tmp_path: Path) -> None:
    class Anew(Disk):
        def rename(self, old: str, new: str) -> None:
            super().rename(old, new)
            if "/in/" in old:
                Path(new).write_bytes(gzip.compress(GOOD)[:200])

    drop(tmp_path, "a.gz", gzip.compress(GOOD))
    assert once(tmp_path, all=False, compressed=True, disk=Anew()) == []
    (held,) = (tmp_path / ".edi837" / "work").glob("*/a.gz")
    held.write_bytes(gzip.compress(GOOD))
    (filed,) = once(tmp_path, all=False, compressed=True)
    assert (filed.name, filed.folder) == ("a.gz", "archive")


def test_an_upload_that_only_looks_whole_is_held(tmp_path: Path) -> None:
    """Without a check of its end, the head of a stored zip would be read as a file that was cut."""
    half = zipped(("a.edi", GOOD + numbered(2)), method=zipfile.ZIP_STORED)[: 40 + len(GOOD)]
    drop(tmp_path, "a.zip", half)
    assert once(tmp_path, all=False, compressed=True) == []
    assert tree(tmp_path, "out", "quarantine") == []
