"""Whose is a file? One rename into work/ decides, and a lock that the kernel lets go when its owner dies.

Enters: the folders. Leaves: files that are this worker's and nobody else's, from in/ or from a dead worker.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Claimed, Layout


class Claims:
    """The claims of one worker. It holds its lock from `open` to `close`, or until it dies."""

    def __init__(self, disk: Disk, layout: Layout, worker: str) -> None:
        self._disk, self._layout, self.worker = disk, layout, worker
        self._lock = -1
        self._unsettled: set[str] = set()  # folders that a file was taken out of

    def open(self) -> None:
        """Take the worker's own lock; one that is swept away before it is ours is made anew."""
        path = self._layout.lock(self.worker)
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)  # waits for those who only ask whether it is held
            try:
                if os.path.samestat(os.fstat(handle), os.lstat(path)):
                    self._lock = handle
                    return
            except FileNotFoundError:
                pass
            os.close(handle)

    def close(self) -> None:
        """Let the lock go; what is still claimed is for others."""
        if self._lock >= 0:
            try:
                if not any(claimed.worker == self.worker for claimed in self.all()):
                    self._disk.unlink(self._layout.lock(self.worker))
            finally:
                os.close(self._lock)
                self._lock = -1

    def alive(self, worker: str) -> bool:
        """Whether a worker holds its lock."""
        if worker == self.worker:
            return True
        return held(self._layout.lock(worker))

    def all(self) -> list[Claimed]:
        """Every claim there is."""
        found = (Claimed.read(name) for name, _ in self._disk.entries(self._layout.own("work")))
        return sorted((each for each in found if each), key=lambda each: each.job)

    def claim(self, path: str, job: str, folder: str) -> Claimed | None:
        """Take a file of in/; None when another was first. It is durable only after `settle`."""
        claimed = Claimed(self.worker, job, 0, folder)
        work = self._layout.work(claimed)
        self._disk.mkdir(work)
        self._disk.point("claim_dir")
        try:
            self._disk.rename(path, os.path.join(work, os.path.basename(path)))
        except OSError as error:
            with suppress(OSError):
                self._disk.rmdir(work)
            if isinstance(error, FileNotFoundError):
                return None
            raise
        self._unsettled.add(os.path.dirname(path))
        self._disk.point("claimed")
        return claimed

    def settle(self) -> None:
        """The claims are on the disk when this returns: a rename is one act, in both folders or in neither.

        A folder that was taken away meanwhile, of a partner who is none any more, has nothing to bring back.
        """
        if self._unsettled:
            self._disk.sync([each for each in sorted(self._unsettled) if self._disk.stat(each) is not None])
            self._unsettled.clear()
            self._disk.point("claim_synced")

    def adopt(self, known: Collection[str] = ()) -> list[Claimed]:
        """Take over what dead workers had claimed, one of our own name too; ``known`` jobs are in hand."""
        taken, dead = [], dict[str, bool]()
        for claimed in self.all():
            if claimed.worker == self.worker:
                if claimed.job not in known:
                    taken.append(claimed)
                continue
            if claimed.worker not in dead:
                dead[claimed.worker] = not self.alive(claimed.worker)
            if dead[claimed.worker]:
                mine = Claimed(self.worker, claimed.job, claimed.attempts, claimed.folder)
                with suppress(FileNotFoundError):  # another live worker was first
                    self._disk.rename(self._layout.work(claimed), self._layout.work(mine))
                    self._unsettled.add(self._layout("in", claimed.folder) if claimed.folder else self._layout("in"))
                    self._disk.point("adopted")
                    taken.append(mine)
        return taken

    def count(self, claimed: Claimed, more: int) -> Claimed:
        """Count a reading that is begun (1) or has come to its end (-1), in the folder's name: that needs no room."""
        counted = Claimed(claimed.worker, claimed.job, claimed.attempts + more, claimed.folder)
        self._disk.rename(self._layout.work(claimed), self._layout.work(counted))
        self._disk.point("begun" if more > 0 else "read")
        return counted

    def sweep(self) -> None:
        """Take away locks of the dead that have no claims any more."""
        busy = {claimed.worker for claimed in self.all()}
        for name, _ in self._disk.entries(self._layout.own("workers")):
            worker = name.removesuffix(".lock")
            if worker not in busy and worker != self.worker:
                with suppress(OSError):
                    handle = os.open(self._layout.lock(worker), os.O_RDWR | os.O_CLOEXEC)
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        self._disk.unlink(self._layout.lock(worker))  # while it is ours
                    finally:
                        os.close(handle)


class Sole:
    """Whether this process is the only one of its kind: by a lock that children do not share."""

    def __init__(self, path: str) -> None:
        self._path, self._handle, self._mine = path, -1, False

    def mine(self) -> bool:
        """Whether no other living process has the lock; then it is ours. Where that cannot be told there is none."""
        if not self._mine:
            try:
                if self._handle < 0:
                    self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError):
                return False
            except OSError:
                return True
            self._mine = True
        return True

    def leave(self) -> None:
        """Let it go."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self._mine = -1, False


@contextmanager
def alone(path: str) -> Iterator[bool]:
    """Whether no other process is within; none is waited for, and the kernel lets the next in when one dies."""
    handle, mine = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), True
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            mine = False
        yield mine
    finally:
        os.close(handle)


def held(lock: str) -> bool:
    """Whether a living process holds a lock."""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
