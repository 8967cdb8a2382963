"""Whose machine works on a root: locks and renames keep workers apart on one machine, and on no other.

Enters: an id of this machine, empty where there is none. Leaves: ``.edi837/owner.json`` with the id that was
first, or OwnerError. Where no id can be had nobody is refused: it cannot be told.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from edi837.findings import Edi837Error
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import Layout

NAME = "owner.json"
FIX = f"if that machine is gone for good, remove .edi837/{NAME}; two on one root would answer files twice"


class OwnerError(Edi837Error):
    """The root is another machine's."""


def host(path: str = "/etc/machine-id") -> str:
    """An id of this machine that tells nothing else about it; empty where it has none."""
    try:
        said = Path(path).read_text("ascii", "replace").strip()
    except OSError:
        return ""
    return sha256(f"edi837 {said}".encode()).hexdigest()[:16] if said.isalnum() else ""


def owner(disk: Disk, layout: Layout) -> str:
    """The id of the machine that works on a root; empty when none does yet."""
    with suppress(OSError, ValueError, KeyError, TypeError), disk.open(layout.own(NAME)) as file:
        return str(json.load(file)["host"])
    return ""


def claim(disk: Disk, layout: Layout, mine: str) -> None:
    """Make a root this machine's, if it is nobody's. Raises OwnerError when it is another's."""
    if mine and not owner(disk, layout):
        new = layout.own(f"{NAME}.{mine}")
        disk.unlink(new)
        disk.write(new, [json.dumps({"host": mine}).encode()])
        disk.sync([new])
        try:
            disk.rename(new, layout.own(NAME))  # whole, and never over another's
        except FileExistsError:
            disk.unlink(new)
        disk.sync([layout.own()])
    if foreign(disk, layout, mine):
        raise OwnerError(f"another machine works on this root; {FIX}")


def foreign(disk: Disk, layout: Layout, mine: str) -> bool:
    """Whether a root is another machine's for certain."""
    theirs = owner(disk, layout)
    return bool(mine and theirs and theirs != mine)
