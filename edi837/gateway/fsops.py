"""Every file operation of the gateway goes through here, so that a test can record, fail or lose any of them.

A `Disk` never follows a link at the end of a path and never replaces what stands at a name, but for
`replace`. What was written is on the disk when `sync` returns, and not before.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

_HERE = -100  # AT_FDCWD
_NOREPLACE = 1
_UNKNOWN = (errno.ENOSYS, errno.EINVAL)  # no renameat2 in this kernel, or not for this file system
LONGEST = 255  # bytes of a name
_THREADS = 16  # fsyncs that are under way together share the journal's commit
EXIT = 77  # of a process that met its fail point

_renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)  # None: not Linux


class Disk:
    """The real disk. ``failpoint`` is ``name:hit``: the process ends when it comes there for that time."""

    def __init__(self, failpoint: str = "") -> None:
        name, _, hit = failpoint.partition(":")
        self._failpoint, self._hits = name, int(hit or 1)
        self._pool: ThreadPoolExecutor | None = None

    def point(self, name: str) -> None:
        """A step has been taken. Here a test may end the process."""
        if name == self._failpoint:
            self._hits -= 1
            if not self._hits:
                os._exit(EXIT)

    def entries(self, folder: str) -> list[tuple[str, os.stat_result]]:
        """What lies in a folder; what goes away while it is listed is left out."""
        found = []
        with os.scandir(folder) as listing:
            for entry in listing:
                try:
                    found.append((entry.name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    continue
        return found

    def holds(self, folder: str, most: int) -> bool:
        """Whether a regular file is among the first entries of a folder, at most so many."""
        with os.scandir(folder) as listing:
            return any(entry.is_file(follow_symlinks=False) for entry in islice(listing, most))

    def names(self, folder: str) -> list[str]:
        """The names in a folder."""
        return os.listdir(folder)

    def stat(self, path: str) -> os.stat_result | None:
        """What stands at a path, links not followed; None when there is nothing."""
        try:
            return os.lstat(path)
        except FileNotFoundError:
            return None

    def open(self, path: str) -> BinaryIO:
        """A file for reading. OSError with ELOOP when it is anything but a regular file of one name."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            os.close(handle)
            raise OSError(errno.ELOOP, "not a regular file of one name")
        return os.fdopen(handle, "rb")

    def write(self, path: str, blocks: Iterable[bytes]) -> None:
        """Make a file for its owner alone. It is not on the disk before `sync`."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                file.write(block)

    def sync(self, paths: Sequence[str]) -> None:
        """Files and folders are on the disk when this returns: what is in them, and the names in them."""
        if len(paths) < 2:
            for path in paths:
                _sync(path)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, "sync")
        for _ in self._pool.map(_sync, paths):
            pass

    def mkdir(self, path: str) -> None:
        """Make a folder for its owner alone, if there is none."""
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder another name. FileExistsError when something stands there."""
        if _renameat2 is not None:
            if not _renameat2(_HERE, os.fsencode(old), _HERE, os.fsencode(new), _NOREPLACE):
                return
            code = ctypes.get_errno()
            if code not in _UNKNOWN:
                raise OSError(code, os.strerror(code), old, None, new)
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        os.rename(old, new)

    def replace(self, old: str, new: str) -> None:
        """Give a file another name, in place of what stands there."""
        os.replace(old, new)

    def unlink(self, path: str) -> None:
        """Take a file away; it may be gone already."""
        with suppress(FileNotFoundError):
            os.unlink(path)

    def rmdir(self, path: str) -> None:
        """Take an empty folder away; it may be gone already."""
        with suppress(FileNotFoundError):
            os.rmdir(path)

    def private(self, path: str) -> None:
        """Make a regular file its owner's alone; a link is not followed."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.fchmod(handle, 0o600)
        finally:
            os.close(handle)

    def same(self, one: str, other: str) -> bool:
        """Whether two files hold the same bytes; what is no plain file, or not there, is another."""
        try:
            with self.open(one) as left, self.open(other) as right:
                while block := left.read(1 << 20):
                    if right.read(len(block)) != block:
                        return False
                return not right.read(1)
        except (FileNotFoundError, PermissionError):
            return False

    def grant(self, path: str, mode: int, group: int) -> None:
        """Let a group at a file of ours; -1: the one it has."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchown(handle, -1, group)
            os.fchmod(handle, mode)
        finally:
            os.close(handle)

    def free(self, path: str) -> int:
        """Bytes that may still be written to the file system of a folder."""
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear(disk: Disk, folder: str) -> None:
    """Take a folder of plain files away, if it is there."""
    if disk.stat(folder) is None:
        return
    for name, _ in disk.entries(folder):
        disk.unlink(os.path.join(folder, name))
    disk.rmdir(folder)
