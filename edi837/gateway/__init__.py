"""A folder of interchanges: take each, answer it once, file the original, whatever happens meanwhile.

Enters: a root with an ``in/`` that senders drop into. Leaves: answers in ``out/``, originals in ``archive/``,
``error/`` and ``quarantine/``, and a ledger that says what became of each. See `layout` for the folders,
`worker` for the work, `steps` for what makes it safe.
"""

from __future__ import annotations

from collections.abc import Iterator

from edi837.gateway import begun
from edi837.gateway.outside import Beat, Clock, Filed, World
from edi837.gateway.worker import Worker

__all__ = ["Beat", "Clock", "Filed", "World", "drain"]


def drain(world: World, name: str, *, beat: Beat = lambda _: None, all: bool = False) -> Iterator[Filed]:
    """Work as worker ``name`` until nothing is ready any more; yield what was filed.

    ``all`` takes every file as it is, for when nobody is writing any more. Raises LedgerError when the ledger
    cannot be used, OSError when the folders cannot.
    """
    world.layout.make(world.disk, world.settings.folders)
    begun.heed(world.disk, world.layout)
    worker = Worker(world, name, beat)
    worker.open()
    try:
        since = world.clock.monotonic()
        while True:
            filed = worker.cycle(all=all)
            yield from filed
            now = world.clock.monotonic()
            if filed or worker.waits:
                since = now
            elif worker.idle or now - since > world.settings.patience:  # somebody writes and writes
                return
            if not filed:
                world.clock.wait(0.1)
    finally:
        worker.close()
