"""Hashes that only their owner can make: what tells two values apart without holding either.

Enters: values, and a key of 32 bytes that lies in a file of its own. Leaves: 16 bytes, the same for the
same values. Without the key nobody can try names or numbers against them.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path


def digest(key: bytes, *said: object) -> bytes:
    """The hash of some values, in their order."""
    text = "\0".join(map(str, said)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=16, key=key).digest()


def key(path: Path, new: bool) -> bytes:
    """The key in a file; made with a new store, and never anew for an old one: its hashes would mean nothing."""
    if new and not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
    found = path.read_bytes()
    if len(found) != 32:
        raise OSError(f"{path.name} does not hold a key of 32 bytes")
    return found
