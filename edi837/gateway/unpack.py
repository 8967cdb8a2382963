"""A packed file: gzip or zip, with one file in it, and never more of it than is allowed.

Enters: the file, open for reading. Leaves: what is packed in it, in a file that has no name; or `PackedError`.
No name or path inside is looked at. Whatever its bytes are, it costs no more memory than `_MOST` a read.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

RATIO = 200  # times its size that a file may unpack to
_BLOCK = 1 << 16
_KINDS = {b"\x1f\x8b": "gzip", b"PK": "zip"}
_METHODS = (0, 8)  # of a zip: stored, deflated; others need memory without bound
_LOCKED = 1  # the flag of a member that is encrypted
_MOST = (1 << 16) + 22  # bytes of one read: a zip's end with its comment; no list of one file needs more


class PackedError(Exception):
    """It cannot be unpacked. ``partial``: perhaps only because the rest of it is still to come."""

    def __init__(self, reason: str, *, partial: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.partial = reason, partial


class _Outside(OSError):
    """A zip names a place that is not in it. An OSError, as that is what `zipfile` expects of a seek."""


class _Sparing:
    """A packed file that gives `_MOST` bytes at once, so that `zipfile` takes in no long list, and so many in all."""

    def __init__(self, stream: BinaryIO, size: int, most: int) -> None:
        self._stream, self._size, self._left = stream, size, most + 4 * _MOST  # ends and heads are read twice
        stream.seek(0)

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, or all that follow."""
        rest = self._size - self._stream.tell()
        size = rest if size is None or size < 0 else min(size, rest)
        self._left -= size
        if size > _MOST:
            raise PackedError("unpackable")
        if self._left < 0:
            raise PackedError("too_large")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place that is in the file."""
        at = offset + (0, self._stream.tell(), self._size)[whence]
        if not 0 <= at <= self._size:
            raise _Outside
        return self._stream.seek(at)

    def tell(self) -> int:
        """Where it is read next."""
        return self._stream.tell()

    def seekable(self) -> bool:
        """It is."""
        return True


def kind(stream: BinaryIO) -> str:
    """gzip, zip, or empty for what is not packed."""
    stream.seek(0)
    head = stream.read(4)
    found = _KINDS.get(head[:2], "")
    return found if found == "gzip" or head[2:] in (b"\x03\x04", b"\x05\x06") else ""


def unpacked(stream: BinaryIO, size: int, most: int) -> BinaryIO:
    """What is packed in a file of so many bytes, from its start; at most ``most`` bytes.

    Whatever is wrong with the file is PackedError; an OSError is a disk's, and MemoryError ours.
    """
    most, done = min(most, RATIO * size), 0
    spared = _Sparing(stream, size, most)
    blocks = _gzip(spared) if kind(stream) == "gzip" else _zip(spared)
    out = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    try:
        for block in blocks:
            done += len(block)
            if done > most:
                raise PackedError("too_large")
            out.write(block)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def _gzip(stream: _Sparing) -> Iterator[bytes]:
    stream.seek(0)
    member = zlib.decompressobj(31)  # with gzip's head and checksum
    while not member.eof:
        block = member.unconsumed_tail or stream.read(_BLOCK)
        if not block:
            raise PackedError("unpackable", partial=True)
        try:
            block = member.decompress(block, _BLOCK)
        except zlib.error:
            raise PackedError("unpackable", partial=True) from None
        yield block
    rest = member.unused_data
    while rest:
        if rest.strip(b"\0"):
            raise PackedError("unpackable")  # a second member
        rest = stream.read(_BLOCK)


def _zip(stream: _Sparing) -> Iterator[bytes]:
    import zipfile  # for who gets one

    listed = False
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            if len(members) != 1 or members[0].flag_bits & _LOCKED or members[0].compress_type not in _METHODS:
                raise PackedError("unpackable")
            listed = True
            with archive.open(members[0]) as member:
                while block := member.read(_BLOCK):
                    yield block
    except zipfile.BadZipFile:  # once its list is good: a head or a checksum
        raise PackedError("unpackable", partial=not listed) from None
    except _Outside:
        raise PackedError("unpackable", partial=True) from None
    except (PackedError, OSError, MemoryError):
        raise
    except Exception:  # `zipfile` raises anything at bytes that are made to mislead it
        raise PackedError("unpackable", partial=True) from None
