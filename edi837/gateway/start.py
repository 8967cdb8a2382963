"""What must be so before any worker starts, and what is read once for all of them.

Enters: a `World`. Leaves: nothing, or UnfitError.
"""

from __future__ import annotations

from edi837.findings import Edi837Error
from edi837.gateway import rights
from edi837.gateway.layout import FOLDERS
from edi837.gateway.outside import World
from edi837.history import History


class UnfitError(Edi837Error):
    """The root cannot carry a gateway so."""


def fit(world: World) -> None:
    """The folders and rights that are set can be had. UnfitError says what cannot."""
    layout, settings = world.layout, world.settings
    apart = ("out",) if settings.publish == "copy" else ()
    folders = [layout(name) for name in FOLDERS if name not in apart] + [layout.own(), layout.own("work")]
    folders += [layout(side, each) for side in ("in", "out") if side not in apart for each in settings.folders]
    devices = {found.st_dev for found in map(world.disk.stat, folders) if found}
    if len(devices) > 1:
        raise UnfitError('the folders are not on one file system; only out/ may be on another, with publish = "copy"')
    if not rights.ours(settings.rights):
        raise UnfitError("out_group is a group that this user may not give files to")


def warm(world: World) -> None:
    """Read the guides and make the history once, before the workers are forked."""
    for terms in (world.settings.terms, *(partner.terms for partner in world.settings.partners)):
        for version in ("005010X222A1", "005010X223A2"):
            terms.guides.guide(version, "", "")
        if terms.history:
            History(terms.history).close()
