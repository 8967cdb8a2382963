"""Packed files: taken when that is asked for, one file in each, and never more of it than is allowed."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import Filed, reading, scan, unpack, waiting
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.worker import Worker
from tests.gateways import GOOD, Told, drop, kinds, numbered, once, tree, world

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


def listed(entry: bytes, count: int = 1, size: int | None = None) -> bytes:
    """A zip of one empty head and a list of so many entries, of a size that may be claimed."""
    head, size = b"PK\x03\x04" + bytes(26), len(entry) * count if size is None else size
    return head + entry * count + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, size, len(head), 0)


def entry(name: bytes = b"a", extra: bytes = b"", flags: int = 0, at: int = 0) -> bytes:
    """An entry of the list of a zip: PKWARE's APPNOTE 4.3.12."""
    lengths = struct.pack("<3H", len(name), len(extra), 0)
    fixed = struct.pack("<6H3I", 20, 45, flags, 0, 0, 33, 0, 10, 10)
    return b"PK\x01\x02" + fixed + lengths + struct.pack("<2H2I", 0, 0, 0, at) + name + extra


def far(at: int) -> bytes:
    """An entry whose file begins at a place of 64 bits."""
    return entry(extra=struct.pack("<2HQ", 1, 8, at), at=0xFFFFFFFF)


def long(size: int, at: int) -> bytes:
    """A zip64 whose list is so long and begins there."""
    end = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 1, 1, size, at)
    return listed(entry() + end + b"PK\x06\x07" + struct.pack("<IQI", 0, 0, 1), size=0xFFFFFFFF)


MISLEADING = {  # made so that zipfile raises something else than BadZipFile, or takes in a long list
    "no name": listed(entry(name=b"")), "no UTF-8": listed(entry(name=b"\xff\xfe", flags=0x800)),
    "far": listed(far(1 << 62)), "beyond 63 bits": listed(far(1 << 63)), "the last place": listed(far((1 << 64) - 1)),
    "a list without end": long((1 << 64) - 1, 0), "a list far off": long(47, (1 << 64) - 1),
    "a list that is long": listed(entry(), 20_000), "an extra field cut": listed(entry(extra=b"\x01\x00\x10")),
}  # fmt: skip
AT_ONCE = ("a list that is long", "an extra field cut")  # no bytes more would mend them: they are not waited for

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


@pytest.mark.parametrize("how", MISLEADING)
def test_no_zip_misleads(how: str, tmp_path: Path) -> None:
    """Whatever zipfile does with it: a scan goes past it, it is listed, needs no memory, is put aside in the end."""
    data, clock = MISLEADING[how], Told()
    reason, memory = unpacking(data, 1 << 40)
    assert (reason, memory < 2_000_000) == ("unpackable", True)
    drop(tmp_path, "a.zip", data)
    drop(tmp_path, "b.edi", GOOD)
    settings: dict[str, Any] = {"all": False, "clock": clock, "compressed": True}
    filed = {each.name: each for each in once(tmp_path, **settings)}
    assert filed["b.edi"].folder == "archive"
    ledger = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key"))
    rows = waiting.listed(world(tmp_path, compressed=True), ledger, stuck=True)
    ledger.close()
    clock.at += timedelta(hours=1)
    filed |= {each.name: each for each in once(tmp_path, **settings)}
    assert (filed["a.zip"].folder, filed["a.zip"].reason) == ("quarantine", "unpackable")
    if how != "no name":  # it depends on the release of Python what zipfile makes of it
        assert [each["reason"] for each in rows] == ([] if how in AT_ONCE else ["incomplete"])


def test_a_disk_that_fails_is_no_fault_of_a_zip() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 4 and size and size > 1000:
                raise OSError(5, "EIO")
            return super().read(size)

    data = zipped(("a.edi", b"".join(map(numbered, range(100)))), method=zipfile.ZIP_STORED)
    with pytest.raises(OSError, match="EIO"):
        unpack.unpacked(Failing(data), len(data), 1 << 40)


# ------------------------------------------------------------------ what a scan spends on it


@pytest.mark.parametrize("made", [gzip.compress, lambda data: zipped(("a", data))], ids=["gzip", "zip"])
def test_a_scan_unpacks_a_part_and_leaves_the_rest_to_the_reading(
    made: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    class Counted(io.BytesIO):
        def close(self) -> None:
            sizes.append(len(self.getvalue()))
            super().close()

    monkeypatch.setattr(unpack, "RATIO", 1 << 40)
    monkeypatch.setattr(tempfile, "TemporaryFile", Counted)
    path = drop(tmp_path, "a.gz", made(bytes(BOMB)))
    look = scan.Scan(world(tmp_path, compressed=True))
    assert look.whole(str(path), path.stat().st_size, 0)
    assert 0 < max(sizes) <= scan._UNPACKED < BOMB


def test_no_more_of_a_packed_file_is_read_than_it_may_hold() -> None:
    """Blocks that hold nothing unpack to nothing: what is read is bounded too."""
    read: list[int] = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read.append(len(data := super().read(size)))
            return data

    empty = gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 400_000
    with pytest.raises(unpack.PackedError, match="too_large"):
        unpack.unpacked(Counting(empty), len(empty), 1000)
    assert sum(read) < 300_000


@pytest.mark.parametrize("ends", ["never", "later"])
def test_a_large_packed_upload_is_held_by_its_reading(
    ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too large for a scan: claimed, held, read once more for each change, and as it is when its time is over."""
    monkeypatch.setattr(scan, "_UNPACKED", 1000)
    data, clock, seen = gzip.compress(b"".join(map(numbered, range(5)))), Told(), list[float]()
    plain = reading.read

    def read(*said: Any, **more: Any) -> Any:
        seen.append(clock.passed)
        return plain(*said, **more)

    monkeypatch.setattr(reading, "read", read)
    drop(tmp_path, "a.gz", data[:-9])
    made = world(tmp_path, clock=clock, compressed=True, settle=2.0)
    made.layout.make(made.disk, ())
    worker = Worker(made, "w", lambda _: None)
    worker.open()
    filed = []
    for _ in range(100):
        filed += worker.cycle()
        clock.wait(10.0)
        if ends == "later" and clock.passed == 500.0:
            (held,) = (tmp_path / ".edi837" / "work").glob("*/a.gz")
            held.write_bytes(data)
    worker.close()
    (only,) = filed
    assert (only.folder, only.reason) == (("archive", "") if ends == "later" else ("quarantine", "unpackable"))
    assert len(seen) == 3
    assert seen[-1] == (510.0 if ends == "later" else 920.0)


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
