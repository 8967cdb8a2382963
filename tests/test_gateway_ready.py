"""No file is read before it is complete, however it is written; and a file that never gets complete is answered."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from edi837.gateway import probe, waiting
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.ready import Rules, Sightings
from edi837.gateway.settings import Partner
from edi837.gateway.upkeep import UpkeepError, release
from edi837.x12 import Delimiters
from tests.gateways import GOOD, Real, Told, drop, kinds, numbered, once, originals, tree, world

FIXTURES = Path(__file__).parent.parent / "fixtures"


def whole(data: bytes) -> bool:
    return probe.ends(BytesIO(data), len(data)).whole


# ------------------------------------------------------------------ an interchange proves that it is complete


def test_a_cut_file_is_never_whole() -> None:
    assert whole(GOOD)
    for end in range(len(GOOD.rstrip()) - 1):
        assert not whole(GOOD[:end]), end


@pytest.mark.parametrize(
    ("change", "good"),
    [
        (lambda d: d.rstrip(), True), (lambda d: d + b"\r\n\r\n \x1a", True), (lambda d: b"\xef\xbb\xbf" + d, True),
        (lambda d: b"\r\n" + d, True), (lambda d: d.replace(b"~\n", b"\n"), True),
        (lambda d: d.replace(b"~\n", b"~"), True), (lambda d: d.replace(b"*", b"|"), True),
        (lambda d: d + numbered(2), True), (lambda d: d + numbered(2)[:-30], False),
        (lambda d: d + numbered(2).replace(b"*", b"|").replace(b"~", b"!"), True),
        (lambda d: d.replace(b"IEA*1*000000001", b"IEA*1*000000002"), False), (lambda d: d + bytes(5000), False),
        (lambda d: bytes(len(d)), False), (lambda d: b"", False), (lambda d: d + b"NTE*ADD*more~", False),
        (lambda d: d.decode().encode("utf-16"), False), (lambda d: d + b"IEA*1*000000001~", True),
    ],
)  # fmt: skip
def test_whole_is_told_from_both_ends(change: Callable[[bytes], bytes], good: bool) -> None:
    assert whole(change(GOOD)) is good


def test_only_the_ends_of_a_large_file_are_read() -> None:
    read: list[int] = []

    class Counting(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            read.append(len(data))
            return data

    large = GOOD.replace(b"CLM*C1", b"NTE*ADD*" + b"x" * 3_000_000 + b"~CLM*C1")
    assert probe.ends(Counting(large), len(large)).whole
    assert sum(read) < 20_000


@pytest.mark.parametrize("junk", [b"ISA", b"ISA*", b"ISA*00*" + b"x" * 20 + b"*"])
@pytest.mark.parametrize(("end", "good"), [(b"~IEA*1*9~", True), (b"~IEA*1*9~x", False)])
def test_what_says_isa_again_and_again_costs_little(
    junk: bytes, end: bytes, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads all of it tells which its last ISA is; that an IEA ends it is told by its end."""
    tried: list[str] = []

    class Counting(Delimiters):
        @classmethod
        def read(cls, head: str) -> Delimiters:
            tried.append(head)
            return Delimiters.read(head)

    monkeypatch.setattr(probe, "Delimiters", Counting)
    large = GOOD + junk * (3_000_000 // len(junk))
    assert whole(large + end) is (good and junk != b"ISA"), "of ISA alone, each is passed over: the first is the last"
    assert len(tried) < 1010


def test_an_isa_is_found_behind_names_that_end_so() -> None:
    """The names of some hundred Lisas are tried in vain."""
    second = numbered(2).replace(b"CLM*C1", b"NM1*IL*1*DOE*LISA****MI*X~" * 900 + b"CLM*C1")
    assert whole(GOOD + second)
    assert not whole((GOOD + second).rstrip()[:-1])
    assert not whole(GOOD + second.replace(b"IEA*1*000000002", b"IEA*1*000000003"))


def test_the_last_isa_is_not_looked_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_FAR", 1 << 20)
    read: list[int] = []

    class Counting(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read.append(len(data := super().read(size)))
            return data

    large = GOOD + numbered(2).replace(b"CLM*C1", b"NTE*ADD*" + b"x" * 3_000_000 + b"~CLM*C1")
    for end, good in ((b"", True), (b"NTE*ADD*more~", False)):
        assert probe.ends(Counting(large + end), len(large + end)).whole is good
        assert sum(read) < 2_500_000
        read.clear()


# ------------------------------------------------------------------ no file ends a scan


@pytest.mark.parametrize("error", [IndexError, OverflowError, MemoryError, RecursionError])
@pytest.mark.parametrize("reads", [True, False])
def test_a_file_that_cannot_be_scanned_is_read(
    reads: bool, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reading counts attempts and puts it aside; others are taken; the log says which it is, but not its name."""
    plain, lines, looks = probe.ends, list[str](), list[int]()

    def ends(stream: Any, size: int) -> probe.Ends:
        if size == len(GOOD) + 7:
            looks.append(size)
            if not reads or len(looks) < 3:  # first `listed` looks, then the scan
                raise error("SECRET")
        return plain(stream, size)

    monkeypatch.setattr(probe, "ends", ends)
    path = drop(tmp_path, "secret.edi", numbered(1) + b"\n" * 7)
    inode = path.stat().st_ino
    drop(tmp_path, "b.edi", numbered(2))
    ledger = Ledger(str(tmp_path / "x.db"), str(tmp_path / "x.key"))
    (row,) = (each for each in waiting.listed(world(tmp_path), ledger) if each["name"] == "secret.edi")
    ledger.close()
    assert row["reason"] == "next"
    filed = {each.name: each for each in once(tmp_path, all=False, lines=lines)}
    assert filed["b.edi"].folder == "archive"
    assert filed["secret.edi"].folder == ("archive" if reads else "quarantine")
    assert filed["secret.edi"].reason == ("" if reads else "fault")
    (said,) = (json.loads(each) for each in lines if '"not_scanned"' in each)
    assert (said["error"], said["inode"], said["size"]) == (error.__name__, inode, len(GOOD) + 7)
    assert not any(word in line for line in lines for word in ("secret.edi", "SECRET"))


def test_a_file_that_may_not_be_read_is_told_by_its_inode(tmp_path: Path) -> None:
    """It waits, for its rights may come; once for each scan that looks at it anew."""

    class Barred(Disk):
        def open(self, path: str) -> Any:
            if "/in/" in path:
                raise PermissionError(13, "EACCES")
            return super().open(path)

    lines: list[str] = []
    inode = drop(tmp_path, "a.edi", GOOD).stat().st_ino
    assert once(tmp_path, all=False, lines=lines, disk=Barred()) == []
    (said,) = (json.loads(each) for each in lines if '"not_scanned"' in each)
    assert (said["error"], said["inode"]) == ("PermissionError", inode)


# ------------------------------------------------------------------ by a clock that only goes forward


def seen(path: Path) -> os.stat_result:
    return path.lstat()


def test_a_file_must_be_quiet_for_its_time(tmp_path: Path) -> None:
    path, sightings, rules = tmp_path / "a", Sightings(), Rules(settle=2, incomplete=60)
    path.write_bytes(GOOD)
    os.utime(path, (1, 1))  # an old time of change proves nothing
    assert sightings.decide(seen(path), 0.0, rules, lambda: True) == "wait"
    assert sightings.decide(seen(path), 1.9, rules, lambda: True) == "wait"
    path.write_bytes(GOOD + b"x")
    assert sightings.decide(seen(path), 2.1, rules, lambda: True) == "wait", "it grew"
    assert sightings.decide(seen(path), 4.0, rules, lambda: True) == "wait"
    assert sightings.decide(seen(path), 4.2, rules, lambda: True) == "ready"


def test_what_is_not_whole_waits_for_its_time(tmp_path: Path) -> None:
    path, sightings, rules, asked = tmp_path / "a", Sightings(), Rules(settle=2, incomplete=60), []
    path.write_bytes(GOOD[:400])

    def look() -> bool:
        asked.append(1)
        return False

    states = [sightings.decide(seen(path), at, rules, look) for at in (0.0, 3.0, 30.0, 59.9, 60.0)]
    assert states == ["wait", "wait", "wait", "wait", "cut"]
    assert len(asked) == 1, "its ends are read once a shape"
    other = Sightings()
    other.load(sightings.dump(60.0, 1000.0), 5.0, 1010.0)
    assert other.decide(seen(path), 5.0, rules, look) == "cut", "and it is remembered over a restart"
    younger = Sightings()
    younger.load(sightings.dump(60.0, 1000.0), 5.0, 900.0)
    assert younger.decide(seen(path), 5.0, rules, look) == "wait", "a clock that went back makes nothing older"


@pytest.mark.parametrize("end", [60, 106, 300, 700, 815])
def test_an_upload_that_stopped_is_answered_after_its_time(end: int, tmp_path: Path) -> None:
    clock = Told()
    drop(tmp_path, "a.edi", GOOD[:end])
    assert once(tmp_path, all=False, clock=clock) == []
    clock.passed += 899
    assert once(tmp_path, all=False, clock=clock) == [], "its sighting was kept, but it is too early"
    clock.at = clock.at.replace(hour=10)
    (filed,) = once(tmp_path, all=False, clock=clock)
    if end < 106:
        assert (filed.folder, filed.reason) == ("quarantine", "not_x12")
    else:
        assert (filed.folder, kinds(filed.answers)) == ("error", ["TA1"])
        assert b"*R*023~" in (tmp_path / "out" / filed.answers[0]).read_bytes()
    drop(tmp_path, "b.edi", GOOD)
    assert once(tmp_path, all=False, clock=clock)[0].folder == "archive", "the whole of it may come under its number"


def test_a_waiting_file_may_be_released(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD[:300])
    drop(tmp_path, "b.edi", numbered(2)[:300])
    assert once(tmp_path, all=False) == []
    made = world(tmp_path)
    ledger = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key"))
    release(made, ledger, "a.edi")
    assert [each.name for each in once(tmp_path, all=False)] == ["a.edi"]
    drop(tmp_path, "a.edi", numbered(3)[:300])
    assert once(tmp_path, all=False) == [], "it was for one file, not for a name"
    ledger.close()


def permits(root: Path) -> set[str]:
    ledger = Ledger(Layout(str(root)).ledger, Layout(str(root)).own("key"))
    try:
        return ledger.permitted()
    finally:
        ledger.close()


def let(root: Path, what: str, **settings: Any) -> None:
    ledger = Ledger(Layout(str(root)).ledger, Layout(str(root)).own("key"))
    try:
        release(world(root, **settings), ledger, what)
    finally:
        ledger.close()


@pytest.mark.parametrize("change", ["another file", "it grew", "its time alone", "nothing"])
def test_what_was_released_is_that_file_and_not_what_comes_under_its_name(change: str, tmp_path: Path) -> None:
    path = drop(tmp_path, "a.edi", GOOD[:300])
    assert once(tmp_path, all=False) == []
    let(tmp_path, "a.edi")
    if change == "another file":
        path.unlink()
        assert once(tmp_path, all=False) == []
        drop(tmp_path, "a.edi", GOOD[:300])
    elif change == "it grew":
        with path.open("ab") as file:
            file.write(GOOD[300:400])
    elif change == "its time alone":
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert [each.name for each in once(tmp_path, all=False)] == (["a.edi"] if change == "nothing" else [])
    drop(tmp_path, "b.edi", GOOD[:300])
    let(tmp_path, "b.edi")
    assert len(permits(tmp_path)) == 1, "what lapsed is cleared away with the next"
    assert [each.name for each in once(tmp_path, all=False)] == ["b.edi"]
    assert permits(tmp_path) == set(), "it is used up"


def test_a_file_that_changes_between_scan_and_claim_is_not_read_though_it_was_released(tmp_path: Path) -> None:
    for name in ("a.edi", "b.edi"):
        drop(tmp_path, name, GOOD[:300])
    assert once(tmp_path, all=False) == []
    for name in ("a.edi", "b.edi"):
        let(tmp_path, name)

    class Slow(Disk):
        def point(self, name: str) -> None:
            if name == "claim_dir" and (tmp_path / "in" / "b.edi").exists():
                with (tmp_path / "in" / "b.edi").open("ab") as file:
                    file.write(GOOD[300:400])

    assert [each.name for each in once(tmp_path, all=False, disk=Slow())] == ["a.edi"]
    assert GOOD[:300] != originals(tmp_path)[-1], "b.edi is claimed, and waits for the rest"


@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        ("a.edi", lambda path: path.symlink_to("/etc/hostname"), "it is a link"),
        ("a.edi", lambda path: path.mkdir(), "it is a folder"), ("a.edi", os.mkfifo, "it is a pipe"),
        (".hid.edi", lambda path: path.write_bytes(GOOD), "begins with"), ("~a.edi", Path.touch, "begins with"),
        ("a.TMP", lambda path: path.write_bytes(GOOD), "ends with .tmp"), ("a.edi.done", Path.touch, "ends with .done"),
        ("a.ready", Path.touch, "sender's marker"), ("a.txt", Path.touch, "include"),
        ("old.edi", Path.touch, "exclude"),
    ],
)  # fmt: skip
def test_what_no_scan_takes_is_not_released(
    name: str, make: Callable[[Path], object], why: str, tmp_path: Path
) -> None:
    settings = {"include": ("*.edi", "*.ready"), "exclude": ("old.*",), "ready": "marker", "markers": (".ready",)}
    assert once(tmp_path) == []
    make(tmp_path / "in" / name)
    with pytest.raises(UpkeepError, match=why):
        let(tmp_path, name, **settings)
    assert permits(tmp_path) == set()


def test_a_file_of_two_names_is_not_released(tmp_path: Path) -> None:
    assert once(tmp_path) == []
    os.link(drop(tmp_path, "a.edi", GOOD), tmp_path / "other")
    with pytest.raises(UpkeepError, match="two names"):
        let(tmp_path, "a.edi")


def test_a_partners_file_is_released_by_its_folder_and_name(tmp_path: Path) -> None:
    partners = (Partner("acme", ("SUBMIT042",), folder="acme"),)
    assert once(tmp_path, partners=partners) == []
    drop(tmp_path, "a.edi", GOOD[:300], "in/acme")
    drop(tmp_path, "a.edi", GOOD[:300])
    let(tmp_path, "acme/a.edi", partners=partners)
    assert len(once(tmp_path, all=False, partners=partners)) == 1
    assert tree(tmp_path, "in") == ["in/a.edi"]


def test_a_name_of_any_bytes_may_be_released(tmp_path: Path) -> None:
    name = "\udcff\n.edi"
    drop(tmp_path, name, GOOD[:300])
    assert once(tmp_path, all=False) == []
    ledger = Ledger(Layout(str(tmp_path)).ledger, Layout(str(tmp_path)).own("key"))
    release(world(tmp_path), ledger, name)
    ledger.close()
    assert [each.folder for each in once(tmp_path, all=False)] == ["error"]


@pytest.mark.parametrize("marker", ["a.edi.done", "a.edi.ok"])
def test_a_marker_makes_a_file_ready_and_goes_with_it(marker: str, tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD)
    assert once(tmp_path, all=False, ready="marker") == []
    drop(tmp_path, marker, b"")
    (filed,) = once(tmp_path, all=False, ready="marker")
    assert filed.folder == "archive"
    assert tree(tmp_path, "in") == []


def test_where_senders_rename_every_name_is_ready(tmp_path: Path) -> None:
    drop(tmp_path, "a.edi", GOOD[:300])
    drop(tmp_path, ".b.edi", numbered(2))
    (filed,) = once(tmp_path, all=False, ready="rename", settle=60.0)
    assert (filed.name, filed.folder) == ("a.edi", "error")


def test_patterns_choose_names(tmp_path: Path) -> None:
    for number, name in enumerate(("a.edi", "b.dat", "c.old.edi")):
        drop(tmp_path, name, numbered(number + 1))
    assert [each.name for each in once(tmp_path, include=("*.edi",), exclude=("*.old.*",))] == ["a.edi"]


# ------------------------------------------------------------------ slow writers


def written(tmp_path: Path, count: int, *, pause: float = 0.0, **settings: Any) -> bool:
    """Whether all is read whole though its writers pause, go on after an IEA, keep old times or preallocate.

    A tenth of them stop for ``pause`` seconds in the middle of the file, as an upload does that is resumed.
    """
    chance = random.Random(4)
    (tmp_path / "in").mkdir(mode=0o700)
    wanted = [GOOD.replace(b"000000001", b"%09d" % n) + numbered(n + 1000) for n in range(count)]

    def write(number: int) -> None:
        data, path = wanted[number], tmp_path / "in" / f"{number}.edi"
        pace = random.Random(number)
        with path.open("wb", buffering=0) as file:
            if number % 5 == 0:
                file.write(bytes(len(data)))
                file.seek(0)
            at = 0
            while at < len(data):
                step = len(data) // 2 if number % 3 == 0 else pace.randrange(1, 700)  # a third stops at the first IEA
                file.write(data[at : at + step])
                at += step
                if number % 10 == 1 and at == step and at != len(data) // 2:
                    time.sleep(pause)
                if number % 4 == 0:
                    with suppress(FileNotFoundError):  # it was taken too early: the other test wants to see that
                        os.utime(path, (1_600_000_000, 1_600_000_000))
                time.sleep(pace.uniform(0.0, 0.15))

    filed, begun = [], time.monotonic()
    waiting = list(range(count))
    writers: list[threading.Thread] = []
    clock = Real(7)
    while waiting or any(writer.is_alive() for writer in writers):
        while waiting and sum(writer.is_alive() for writer in writers) < 40:
            writers.append(threading.Thread(target=write, args=(waiting.pop(chance.randrange(len(waiting))),)))
            writers[-1].start()
        filed += once(tmp_path, all=False, clock=clock, **settings)
        assert time.monotonic() - begun < 60 + pause * count / 40
    filed += once(tmp_path, all=False, clock=clock, **settings)
    assert originals(tmp_path) == sorted(wanted) or settings["ready"] != "auto"
    return {each.folder for each in filed} == {"archive"} and len(filed) == count


def test_two_hundred_slow_writers(tmp_path: Path) -> None:
    assert written(tmp_path, 200, ready="auto", settle=0.5)


def test_the_check_sees_files_that_are_read_too_early(tmp_path: Path) -> None:
    assert not written(tmp_path, 20, ready="rename")
