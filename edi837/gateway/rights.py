"""Who may read the answers besides the gateway: the mode and the group of files in out/.

Enters: ``out_mode`` and ``out_group`` of the settings. Leaves: `Rights`, or what is wrong with them. Everything
else stays its owner's alone.
"""

from __future__ import annotations

import grp
import os
from dataclasses import dataclass

_OWNER, _MOST = 0o600, 0o660


@dataclass(frozen=True, slots=True)
class Rights:
    """Of a file in out/."""

    mode: int = _OWNER
    group: int = -1  # -1: the gateway's own

    @property
    def wider(self) -> bool:
        """Not those that every file of the gateway has."""
        return self != Rights()


def read(mode: str, group: str) -> Rights:
    """The rights that are set. ValueError says what is wrong."""
    try:
        bits = int(mode, 8)
    except ValueError:
        bits = -1
    if bits & _OWNER != _OWNER or bits & ~_MOST or bits < 0:
        raise ValueError('out_mode is "0600", "0640" or "0660": answers name patients, and are not for everybody')
    return Rights(bits, _gid(group) if group else -1)


def _gid(group: str) -> int:
    if group.isdecimal():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ValueError("out_group is no group of this machine") from None


def ours(rights: Rights) -> bool:
    """Whether this process may give files to that group: root may, and its members."""
    return rights.group < 0 or os.geteuid() == 0 or rights.group in (os.getegid(), *os.getgroups())


def reachable(rights: Rights, folder: os.stat_result) -> bool:
    """Whether the group may see and take away what is in a folder."""
    group = rights.group if rights.group >= 0 else os.getegid()
    return not rights.wider or (folder.st_gid == group and folder.st_mode & 0o070 == 0o070)
