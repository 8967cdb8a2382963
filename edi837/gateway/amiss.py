"""What keeps the ledger from being used, and what to do: no advice to restore a backup where nothing is damaged.

Enters: an error of SQLite or of the system. Leaves: words; no text of an exception but the names of its code.
"""

from __future__ import annotations

import errno
import sqlite3

RESTORE = "restore .edi837/ledger.db and .edi837/key of one backup, then `edi837 gateway verify`"
DAMAGED = f"the ledger is damaged; {RESTORE}"
LOST = (
    "the ledger is gone, though its key or files that it knew are there: a new one would give control numbers again "
    f"and take files a second time; {RESTORE}, or begin a new one with `edi837 gateway init DIR --new-ledger "
    "--control N`, N above every number that was given"
)
STRANGE = f"the ledger was written with another key than .edi837/key; {RESTORE}"
_ROOM, _RIGHTS = "there is no room: make some", "it cannot be written: look at owner, rights and mount of .edi837"
_BUSY = "another process holds it: wait, or see which with `fuser .edi837/ledger.db`"
_DISK = "the disk failed: look at room and the kernel's log"
_SQLITE = {
    sqlite3.SQLITE_BUSY: _BUSY, sqlite3.SQLITE_LOCKED: _BUSY, sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_READONLY: _RIGHTS, sqlite3.SQLITE_CANTOPEN: _RIGHTS, sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_IOERR: _DISK,
}  # fmt: skip
_ERRNO = {
    errno.ENOSPC: _ROOM, errno.EDQUOT: _ROOM, errno.EACCES: _RIGHTS, errno.EPERM: _RIGHTS, errno.EROFS: _RIGHTS,
    errno.ENOENT: f"its key .edi837/key is not there; {RESTORE}", errno.EIO: _DISK, errno.ESTALE: _DISK,
}  # fmt: skip


def name(error: Exception) -> str:
    """An error by the name of its code: ENOSPC, SQLITE_BUSY; its kind where it has none."""
    if isinstance(error, OSError):
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def words(error: Exception) -> str:
    """Why the ledger cannot be used, and what to do."""
    if isinstance(error, OSError):
        told = _ERRNO.get(error.errno or 0, f".edi837/key is no key; {RESTORE}" if error.errno is None else "")
    elif _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DAMAGED
    elif name(error) == "SQLITE_IOERR_SHMSIZE":  # the index beside its log does not fit
        told = _ROOM
    else:
        told = _SQLITE.get(_code(error), "")
    return f"the ledger cannot be used ({name(error)}){': ' * bool(told)}{told}"


def unwritable(error: Exception) -> bool:
    """Whether a ledger may be as good as ever for who only reads it."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
    return _code(error) in _SQLITE


def _code(error: Exception) -> int:
    """SQLite's primary code; 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
