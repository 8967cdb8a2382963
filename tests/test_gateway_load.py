"""Full disks, thousands of files at once, and a sender who swaps files while they are taken."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from edi837 import gateway
from edi837.gateway import Filed
from edi837.gateway.fsops import Disk
from tests import crowd
from tests.gateways import Told, drop, numbered, once, originals, tree, world
from tests.storm import Chance, forked, status
from tests.test_gateway_power import memory, wrongs

__all__ = ["memory"]  # a fixture
MANY = 10_000


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes; where none may be mounted there is none."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def failing(root: Path, seed: int) -> None:
    """A run on a full disk, in a process of its own: it may fail, and must not lose anything."""
    assert status(forked(lambda: len(once(root, clock=Told(seed))) * 0)) in (0, 70)


def amiss(root: Path, fetched: Path, count: int) -> list[str]:
    """What is wrong after so many numbered files."""
    files = {f"{n}": numbered(n) for n in range(1, count + 1)}
    wanted = {(kind, n) for kind in ("999", "277CA") for n in range(1, count + 1)}
    return wrongs(root, fetched, files, wanted)


def filled(small: Path, fetched: Path, count: int = 60) -> list[str]:
    """What is wrong after three runs on a full disk and one when there was room again."""
    root = small / "gate"
    fetched.mkdir()
    once(root)
    for number in range(1, count + 1):
        drop(root, f"{number}.edi", numbered(number))
    with (small / "filler").open("wb") as filler:
        filler.write(bytes(os.statvfs(small).f_bavail * os.statvfs(small).f_frsize - 40_000))
    for start in range(3):
        failing(root, start + 10)
        assert originals(root) == sorted(numbered(n) for n in range(1, count + 1))
    assert len(tree(root, "in", ".edi837/work")) > 0, "the disk was full"
    (small / "filler").unlink()
    once(root, clock=Told(50))
    return amiss(root, fetched, count)


def test_a_full_disk_and_then_room(small: Path, tmp_path: Path) -> None:
    assert filled(small, tmp_path / "fetched") == []


def test_the_check_sees_what_a_full_disk_interrupts(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that get their names before their batch is decided go out again, when it is decided at last."""

    def early(self: Disk, path: str, blocks: Iterable[bytes]) -> None:
        plain(self, path, blocks)
        if "/stage/" in path and path.endswith(".edi"):
            (small / "gate" / "out" / Path(path).name).write_bytes(Path(path).read_bytes())

    plain = Disk.write
    monkeypatch.setattr(Disk, "write", early)
    assert any(each.startswith("answers") for each in filled(small, tmp_path / "fetched"))


def test_a_limit_on_the_size_of_files_and_then_none(memory: Path) -> None:
    root, fetched, count = memory / "gate", memory / "fetched", 12
    fetched.mkdir()
    once(root)
    for number in range(1, count + 1):
        drop(root, f"{number}.edi", numbered(number))

    def limited(most: int) -> Callable[[], int]:
        def work() -> int:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            once(root, clock=Told(most))
            return 0

        return work

    for most in (100, 1000, 40_000, 130_000):
        assert status(forked(limited(most))) in (0, 70)
        assert originals(root) == sorted(numbered(n) for n in range(1, count + 1))
    once(root, clock=Told(50))
    assert amiss(root, fetched, count) == []


def test_ten_thousand_at_once(tmp_path: Path) -> None:
    """All done, none missed; the workers' files stay open in the same number, their memory stays where it was."""
    came = crowd.apart("burst", tmp_path, many=MANY)
    print(came)
    assert came["wrong"] == []
    assert came["dropped_in"] < 2
    assert came["rate"] > 10, "something is slow without measure"


@pytest.mark.parametrize(
    ("wrongly", "told"),
    [("handle", "files stay open"), ("memory", "memory grows"), ("lost", "an answer is missing or doubled")],
)
def test_the_burst_sees_leaks_and_losses(wrongly: str, told: str, tmp_path: Path) -> None:
    assert told in crowd.apart("burst", tmp_path, many=400, wrongly=wrongly)["wrong"]


def swap(secret: Path, root: Path, stop: threading.Event, swaps: list[int]) -> None:
    """Put links, second names and files into in/, one in place of the other."""
    turn = 0
    while not stop.is_set():
        turn += 1
        path, other = root / "in" / f"{turn % 7}.edi", root / f"swap{turn % 7}"
        swaps[0] += 1
        try:
            if turn % 3 == 0:
                other.symlink_to(secret)
            elif turn % 3 == 1:
                other.hardlink_to(secret)
            else:
                other.write_bytes(numbered(turn + 1000))
            other.replace(path)
        except OSError:
            continue


def test_a_sender_who_swaps_files_for_links(tmp_path: Path) -> None:
    """The file is a link, or a second name of another file, at any moment: nothing outside is ever read."""
    secret, root, stop = tmp_path / "secret.edi", tmp_path / "gate", threading.Event()
    secret.write_bytes(numbered(7))
    once(root)
    swaps = [0]
    thread = threading.Thread(target=swap, args=(secret, root, stop, swaps))
    filed: list[Filed] = []
    thread.start()
    end = time.monotonic() + 8
    try:
        while (len(filed) < 400 or swaps[0] < 1000) and time.monotonic() < end:
            for each in gateway.drain(world(root, clock=Chance(), batch=4), "swapped", all=True):
                filed.append(each)
                if (len(filed) >= 400 and swaps[0] >= 1000) or time.monotonic() > end:
                    break
    finally:
        stop.set()
        thread.join()
    swapped = sum(each.reason == "not_regular" for each in filed)
    print(f"{swaps[0]} swaps, {len(filed)} taken, {swapped} of them swapped in time")
    assert len(filed) >= 50 and swaps[0] >= 1000
    assert {each.reason for each in filed} <= {"", "not_regular"}
    assert not any("_000000007_" in name for each in filed for name in each.answers), "a file outside was answered"
    assert secret.read_bytes() == numbered(7)


def test_the_check_sees_a_link_that_is_followed(tmp_path: Path) -> None:
    class Trusting(Disk):
        def open(self, path: str):  # type: ignore[no-untyped-def]
            return open(path, "rb")

        def rename(self, old: str, new: str) -> None:
            if "/in/" in old:
                os.unlink(old)
                os.symlink(tmp_path / "secret.edi", old)
            super().rename(old, new)

    (tmp_path / "secret.edi").write_bytes(numbered(7))
    drop(tmp_path / "gate", "a.edi", numbered(8))
    (filed,) = once(tmp_path / "gate", disk=Trusting())
    assert any("_000000007_" in name for name in filed.answers)
