"""Hashes that only their owner can make: what tells two values apart without holding either.

Enters: values, and a key of 32 bytes that lies in a file of its own. Leaves: 16 bytes, the same for the
same values. Without the key nobody can try names or numbers against them.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path


def digest(key: bytes, *said: object) -> bytes:
    """The hash of some values, in their order."""
    text = "\0".join(map(str, said)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=16, key=key).digest()


def draft(path: Path) -> Path:
    """Where the key of a store lies until that is made."""
    return path.with_name(f"{path.name}.new")


def drafted(path: Path) -> bytes:
    """The key for a store that is being made: the one that is there, or a new one, on the disk under a draft's name.

    `keep` gives it its own once the store is made. Whoever calls must be the only one who makes it.
    """
    with suppress(FileNotFoundError):
        return key(path, new=False)
    draft(path).unlink(missing_ok=True)  # of a store whose making was cut off
    _write(draft(path))
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key(draft(path), new=False)


def keep(path: Path) -> None:
    """Give a drafted key its name, if there is one; another process may have been first."""
    if not path.exists():
        with suppress(FileNotFoundError):
            os.rename(draft(path), path)


def key(path: Path, new: bool) -> bytes:
    """The key in a file; made with a new store, and never anew for an old one: its hashes would mean nothing."""
    if new and not path.exists():
        made = path.with_name(f"{path.name}.{os.urandom(6).hex()}")
        try:
            _write(made)
            with suppress(FileExistsError):  # another process was first: its key is the one
                os.link(made, path)  # whole, or not at all
        finally:
            made.unlink(missing_ok=True)
    found = path.read_bytes()
    if len(found) != 32:
        raise OSError(f"{path.name} does not hold a key of 32 bytes")
    return found


def _write(path: Path) -> None:
    """Write a new key, for its owner alone, down to the disk; there is no file of that name yet."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(os.urandom(32))
        file.flush()
        os.fsync(file.fileno())
