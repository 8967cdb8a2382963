"""What kind of file system a path lies on, for what no network share can do: SQLite's WAL, and file events."""

from __future__ import annotations

import os

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "fuse", "9p", "afs", "ceph")


def kind(path: str, mounts: str = "/proc/self/mounts") -> str:
    """The type of the file system, by the longest mount point above a path; empty where it cannot be told."""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as lines:
            found = [line.split()[1:3] for line in lines]
    except OSError:
        return ""
    real = os.path.realpath(path)
    above = [(_plain(mount), type_) for mount, type_ in found]
    above = [each for each in above if real == each[0] or real.startswith(each[0].rstrip("/") + "/")]
    return max(reversed(above), key=lambda each: len(each[0]), default=("", ""))[1]  # the last mounted hides others


def _plain(mount: str) -> str:
    """A mount point as it is: the kernel writes blanks in octal."""
    for code, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        mount = mount.replace(code, plain)
    return mount


def remote(path: str, mounts: str = "/proc/self/mounts") -> bool:
    """Whether a path lies on a network share, as far as can be told."""
    return kind(path, mounts).startswith(NETWORK)
