"""Every file operation fails once, with every errno: nothing is lost, nothing is doubled, and the rest goes on."""

from __future__ import annotations

import errno
import io
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from edi837.findings import Edi837Error
from edi837.gateway.fsops import Disk
from edi837.gateway.steps import Steps
from tests.gateways import GOOD, Told, drop, numbered, once, originals, tree
from tests.test_gateway_power import wrongs

ERRNOS = (
    errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.ESTALE, errno.EINTR, errno.EMFILE,
    errno.EBUSY,
)  # fmt: skip
DOUBLES = 150
FILES = {"a.edi": GOOD, "b.edi": numbered(2)}
WANTED = {("999", 1), ("277CA", 1), ("999", 2), ("277CA", 2)}


class Broken(io.BufferedReader):
    """A file whose reading fails."""

    code = 0

    def read(self, size: int | None = -1) -> bytes:
        raise OSError(self.code, os.strerror(self.code))


class Failing(Disk):
    """A disk whose n-th operation fails, or all from the n-th on; ``then``: and another, so many after it.

    A write that fails has written half of it.
    """

    def __init__(self, number: int, code: int, *, on: bool = False, then: int = 0) -> None:
        super().__init__()
        self.then = then
        self.left, self.code, self.on, self.calls = number, code, on, 0

    def _met(self) -> bool:
        self.calls += 1
        self.left -= 1
        if self.left == 0 and self.then:
            self.left, self.then = self.then, 0
            return True
        return self.left == 0 or (self.on and self.left < 0)

    def _fail(self) -> None:
        if self._met():
            raise OSError(self.code, os.strerror(self.code))

    def entries(self, folder: str) -> list[tuple[str, os.stat_result]]:
        self._fail()
        return super().entries(folder)

    def names(self, folder: str) -> list[str]:
        self._fail()
        return super().names(folder)

    def stat(self, path: str) -> os.stat_result | None:
        self._fail()
        return super().stat(path)

    def open(self, path: str) -> BinaryIO:
        self._fail()
        stream = super().open(path)
        if self._met():
            stream.close()
            broken = Broken(io.FileIO(path))
            broken.code = self.code
            return broken
        return stream

    def write(self, path: str, blocks: Iterable[bytes]) -> None:
        self._fail()
        data = b"".join(blocks)
        if self._met():
            super().write(path, [data[: len(data) // 2]])
            raise OSError(self.code, os.strerror(self.code))
        super().write(path, [data])

    def sync(self, paths: Sequence[str]) -> None:
        if paths:
            self._fail()
        super().sync(paths)

    def mkdir(self, path: str) -> None:
        self._fail()
        super().mkdir(path)

    def rename(self, old: str, new: str) -> None:
        self._fail()
        super().rename(old, new)

    def unlink(self, path: str) -> None:
        self._fail()
        super().unlink(path)

    def rmdir(self, path: str) -> None:
        self._fail()
        super().rmdir(path)

    def private(self, path: str) -> None:
        self._fail()
        super().private(path)

    def free(self, path: str) -> int:
        self._fail()
        return super().free(path)


@pytest.fixture
def memory() -> Iterator[Path]:
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as name:
        yield Path(name)


def attempted(root: Path, disk: Disk, clock: Told) -> None:
    """A run that may fail as a whole."""
    try:
        once(root, disk=disk, clock=clock)
    except (OSError, Edi837Error, sqlite3.Error):
        return


def told(memory: Path, code: int, number: int, *, on: bool, then: int = 0) -> list[str]:
    """What is wrong after operation ``number`` failed and a good run followed."""
    root, fetched = memory / "gate", memory / "fetched"
    fetched.mkdir()
    once(root)
    for name, data in FILES.items():
        drop(root, name, data)
    disk = Failing(number, code, on=on, then=then)
    attempted(root, disk, Told(number + 100))
    if originals(root) != sorted(FILES.values()):
        return ["an original is lost or doubled while it fails"]
    for path in (root / "out").iterdir():
        path.rename(fetched / path.name)  # the partner fetches while we are in trouble
    once(root, clock=Told(number + 90_000))
    found = wrongs(root, fetched, FILES, WANTED)
    shutil.rmtree(root)
    shutil.rmtree(fetched)
    return found + ([] if disk.left <= 0 or then else ["it never failed"])


def calls(memory: Path) -> int:
    """Operations of a run without a fault."""
    root, disk = memory / "count", Failing(0, 0)
    once(root)
    for name, data in FILES.items():
        drop(root, name, data)
    once(root, disk=disk)
    return disk.calls


@pytest.mark.parametrize("code", ERRNOS, ids=[errno.errorcode[code] for code in ERRNOS])
def test_each_operation_fails_once(code: int, memory: Path) -> None:
    total = calls(memory)
    assert total > 100
    bad = [f"{number}: {each}" for number in range(1, total + 1) for each in told(memory, code, number, on=False)]
    assert bad == []


def test_two_operations_fail(memory: Path) -> None:
    """One, and another at random while it is tried again or after."""
    chance, total, bad = random.Random(8), calls(memory), list[str]()
    for _ in range(DOUBLES):
        code, number, then = chance.choice(ERRNOS), chance.randrange(1, total), chance.randrange(1, total)
        bad += [f"{number}, {then}: {each}" for each in told(memory, code, number, on=False, then=then)]
    assert bad == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_every_operation_fails_from_one_on(code: int, memory: Path) -> None:
    bad = [f"{number}: {each}" for number in range(1, calls(memory), 3) for each in told(memory, code, number, on=True)]
    assert bad == []


def test_the_check_sees_a_publish_that_is_not_one_act(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Link, then unlink: when it fails between the two, the answer goes out twice."""

    def linked(self: Steps, staged: str, folder: str, name: str, job: str) -> None:
        target: str = self._layout(folder, name)
        if os.path.lexists(target):
            target += ".again"
        os.link(staged, target)
        self._disk.unlink(staged)

    monkeypatch.setattr(Steps, "_name", linked)
    total = calls(memory)
    assert any(told(memory, errno.EIO, number, on=True) for number in range(1, total + 1))


@pytest.mark.parametrize("refused", ["COMMIT", "BEGIN IMMEDIATE"])
def test_a_ledger_that_fails_for_a_while(refused: str, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says it is busy, or full, at each transaction in turn."""
    from edi837.gateway.ledger import Ledger

    plain: Callable[..., Any] = Ledger.__init__
    for number in range(1, 8):
        left = [number]

        class Refusing:
            def __init__(self, file: sqlite3.Connection) -> None:
                self.__dict__["file"] = file

            def __getattr__(self, name: str) -> Any:
                return getattr(self.__dict__["file"], name)

            def __setattr__(self, name: str, value: Any) -> None:
                setattr(self.__dict__["file"], name, value)

            def execute(self, statement: str, *more: Any, left: list[int] = left) -> Any:
                if statement == refused:
                    left[0] -= 1
                    if left[0] == 0:
                        raise sqlite3.OperationalError("database or disk is full")
                return self.__dict__["file"].execute(statement, *more)

        def opened(self: Ledger, *args: Any, kind: Any = Refusing) -> None:
            plain(self, *args)
            self._file = kind(self._file)

        root, fetched = memory / f"gate{number}", memory / "fetched"
        fetched.mkdir(exist_ok=True)
        for name, data in FILES.items():
            drop(root, name, data)
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "__init__", opened)
            attempted(root, Disk(), Told(number))
        once(root)
        assert wrongs(root, fetched, FILES, WANTED) == []


def test_one_file_that_may_not_be_read_is_put_aside_and_the_others_go_on(memory: Path) -> None:
    class Barring(Disk):
        def open(self, path: str) -> BinaryIO:
            if path.endswith("a.edi"):
                raise PermissionError(errno.EACCES, "Permission denied")
            return super().open(path)

    root = memory / "gate"
    for name, data in FILES.items():
        drop(root, name, data)
    filed = {each.name: each for each in once(root, disk=Barring())}
    assert (filed["a.edi"].folder, filed["a.edi"].reason) == ("quarantine", "unreadable")
    assert filed["b.edi"].folder == "archive"
    assert len(tree(root, "out")) == 2
