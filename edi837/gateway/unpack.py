"""A packed file: gzip or zip, with one file in it, and never more of it than is allowed.

Enters: the file, open for reading. Leaves: what is packed in it, in a file that has no name; or `PackedError`.
No name or path inside is looked at.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

RATIO = 200  # times its size that a file may unpack to
_BLOCK = 1 << 16
_KINDS = {b"\x1f\x8b": "gzip", b"PK": "zip"}
_METHODS = (0, 8)  # of a zip: stored, deflated; others need memory without bound
_LOCKED = 1  # the flag of a member that is encrypted
_WRONG = (zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


class PackedError(Exception):
    """It cannot be unpacked. ``partial``: perhaps only because the rest of it is still to come."""

    def __init__(self, reason: str, *, partial: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.partial = reason, partial


def kind(stream: BinaryIO) -> str:
    """gzip, zip, or empty for what is not packed."""
    stream.seek(0)
    head = stream.read(4)
    found = _KINDS.get(head[:2], "")
    return found if found == "gzip" or head[2:] in (b"\x03\x04", b"\x05\x06") else ""


def unpacked(stream: BinaryIO, size: int, most: int) -> BinaryIO:
    """What is packed in a file of so many bytes, from its start; at most ``most`` bytes."""
    blocks = _gzip(stream) if kind(stream) == "gzip" else _zip(stream)
    most, done = min(most, RATIO * size), 0
    out = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    try:
        for block in blocks:
            done += len(block)
            if done > most:
                raise PackedError("too_large")
            out.write(block)
    except BaseException as error:
        out.close()
        if isinstance(error, _WRONG):
            raise PackedError("unpackable", partial=True) from None
        raise
    out.seek(0)
    return out


def _gzip(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    member = zlib.decompressobj(31)  # with gzip's head and checksum
    while not member.eof:
        block = member.unconsumed_tail or stream.read(_BLOCK)
        if not block:
            raise PackedError("unpackable", partial=True)
        yield member.decompress(block, _BLOCK)
    rest = member.unused_data
    while rest:
        if rest.strip(b"\0"):
            raise PackedError("unpackable")  # a second member
        rest = stream.read(_BLOCK)


def _zip(stream: BinaryIO) -> Iterator[bytes]:
    import zipfile  # for who gets one

    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile:
        raise PackedError("unpackable", partial=True) from None
    with archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        if len(members) != 1 or members[0].flag_bits & _LOCKED or members[0].compress_type not in _METHODS:
            raise PackedError("unpackable")
        try:
            with archive.open(members[0]) as member:
                while block := member.read(_BLOCK):
                    yield block
        except zipfile.BadZipFile:  # its head or its checksum
            raise PackedError("unpackable") from None
