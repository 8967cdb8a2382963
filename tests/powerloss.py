"""What a disk may hold after the power went: a model of what was done and what was made to last.

Enters: the file operations of a run, recorded. Leaves: states, each a tree of files, that a file system may
come back with. The rules: a rename is one act; what was done to a folder lasts once that folder (or the other
one of a rename) was synced; anything else may or may not have happened, in any order that its own parts
allow; the content of a file lasts once the file was synced, else it is whole, cut or empty. A commit of the
ledger lasts (SQLite, synchronous FULL).
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edi837.gateway.fsops import Disk
from edi837.gateway.ledger import Ledger

Key = tuple[int, str]  # folder and name


@dataclass
class Op:
    """One operation. ``entries``: which name in which folder stands for which inode from now on."""

    kind: str  # names, write, sync, ledger
    entries: dict[Key, int | None] = field(default_factory=dict)
    needs: set[int] = field(default_factory=set)  # operations that must have lasted if this one has
    inode: int = 0
    data: bytes = b""
    inodes: tuple[int, ...] = ()


class Recorder(Disk):
    """The real disk, with a record of what is done under a root."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = str(root)
        self.ops: list[Op] = []
        self.here: dict[Key, int] = {}
        self.folders: set[int] = {0}
        self.first: dict[Key, int] = {}
        self.content: dict[int, bytes] = {}
        self._next = 1
        self._sure: dict[int, set[int]] = {}
        self._last: dict[object, int] = {}  # of a key or an inode: the last operation on it
        for path in sorted(root.rglob("*")):
            if path.is_symlink() or "ledger.db" in path.name:
                continue
            self.here[self._key(str(path))] = self._inode(folder=path.is_dir())
            if path.is_file():
                self.content[self._next - 1] = path.read_bytes()
        self.first = dict(self.here)
        self.start = dict(self.content)

    def _inode(self, *, folder: bool = False) -> int:
        self._next += 1
        if folder:
            self.folders.add(self._next - 1)
        return self._next - 1

    def _find(self, path: str) -> int:
        inode = 0
        for part in Path(path).relative_to(self.root).parts:
            inode = self.here[inode, part]
        return inode

    def _key(self, path: str) -> Key:
        parent, name = os.path.split(path)
        return self._find(parent), name

    def _did(self, entries: dict[Key, int | None]) -> None:
        number = len(self.ops)
        touched: list[object] = [*entries, *(("inode", i) for i in entries.values() if i is not None)]
        touched += [("inode", folder) for folder, _ in entries]
        needs = {self._last[each] for each in touched if each in self._last}
        self.ops.append(Op("names", entries, needs))
        for each in [*entries, *(("inode", i) for i in entries.values() if i is not None)]:
            self._last[each] = number
        for key, inode in entries.items():
            if inode is None:
                self.here.pop(key, None)
            else:
                self.here[key] = inode

    def write(self, path: str, blocks: Iterable[bytes]) -> None:
        data = b"".join(blocks)
        super().write(path, [data])
        inode = self._inode()
        self._did({self._key(path): inode})
        self.ops.append(Op("write", inode=inode, data=data))

    def mkdir(self, path: str) -> None:
        there = os.path.isdir(path)
        super().mkdir(path)
        if not there:
            self._did({self._key(path): self._inode(folder=True)})

    def rename(self, old: str, new: str) -> None:
        super().rename(old, new)
        self._did({self._key(old): None, self._key(new): self._find(old)})

    def replace(self, old: str, new: str) -> None:
        super().replace(old, new)
        self._did({self._key(old): None, self._key(new): self._find(old)})

    def unlink(self, path: str) -> None:
        there = os.path.lexists(path) and self._key(path) in self.here
        super().unlink(path)
        if there:
            self._did({self._key(path): None})

    def rmdir(self, path: str) -> None:
        there = os.path.lexists(path)
        super().rmdir(path)
        if there:
            self._did({self._key(path): None})

    def sync(self, paths: Sequence[str]) -> None:
        super().sync(paths)
        self.ops.append(Op("sync", inodes=tuple(self._find(path) for path in paths)))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Record each commit of a ledger, with the ledger as it is then."""
        plain = Ledger.writing

        @contextmanager
        def writing(ledger: Ledger) -> Iterator[None]:
            with plain(ledger):
                yield
            copy = sqlite3.connect(":memory:")
            ledger._file.backup(copy)
            self.ops.append(Op("ledger", data=copy.serialize()))
            copy.close()

        Ledger.writing = writing  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            Ledger.writing = plain  # type: ignore[method-assign]

    def lasting(self, upto: int) -> set[int]:
        """The operations before ``upto`` that must have lasted."""
        sure: set[int] = set()
        for at in range(upto):
            if self.ops[at].kind == "sync":
                for folder in self.ops[at].inodes:
                    for number in range(at):
                        if any(key[0] == folder for key in self.ops[number].entries):
                            self._close(number, sure)
        return sure

    def _close(self, number: int, into: set[int]) -> None:
        if number not in into:
            into.add(number)
            for need in self.ops[number].needs:
                self._close(need, into)

    def state(self, upto: int, chance: random.Random, share: float) -> dict[str, bytes | None]:
        """A tree after a crash before operation ``upto``: None is a folder. ``share`` of what need not last did."""
        if upto not in self._sure:
            self._sure[upto] = self.lasting(upto)
        kept = set(self._sure[upto])
        for number in range(upto):
            op = self.ops[number]
            if op.kind == "names" and chance.random() < share and (share == 1 or op.needs <= kept):
                self._close(number, kept)
        names, content = dict(self.first), dict(self.start)
        synced = {inode for op in self.ops[:upto] if op.kind == "sync" for inode in op.inodes}
        for number, op in enumerate(self.ops[:upto]):
            if op.kind == "names" and number in kept:
                for key, inode in op.entries.items():
                    if inode is None:
                        names.pop(key, None)
                    else:
                        names[key] = inode
            elif op.kind == "write":
                size = len(op.data)
                cut = size if op.inode in synced or share == 1 else chance.choice((0, size // 2, size))
                content[op.inode] = op.data[:cut]
        return self._tree(names, content)

    def _tree(self, names: dict[Key, int], content: dict[int, bytes]) -> dict[str, bytes | None]:
        inside: dict[int, list[tuple[str, int]]] = {}
        for (folder, name), inode in names.items():
            inside.setdefault(folder, []).append((name, inode))
        found: dict[str, bytes | None] = {}

        def walk(folder: int, path: str) -> None:
            for name, inode in inside.get(folder, []):
                here = f"{path}{name}"
                if inode in self.folders:
                    found[here] = None
                    walk(inode, here + "/")
                else:
                    found[here] = content.get(inode, b"")  # made, and nothing written yet

        walk(0, "")
        return found

    def ledger(self, upto: int) -> bytes:
        """The ledger as it was committed last before ``upto``."""
        return next((op.data for op in reversed(self.ops[:upto]) if op.kind == "ledger"), b"")


def build(tree: dict[str, bytes | None], ledger: bytes, root: Path) -> None:
    """Make a state real."""
    root.mkdir(mode=0o700)
    for path, data in sorted(tree.items()):
        if data is None:
            (root / path).mkdir(mode=0o700)
        else:
            (root / path).write_bytes(data)
    (root / ".edi837" / "ledger.db").write_bytes(ledger)
