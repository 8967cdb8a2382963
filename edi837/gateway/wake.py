"""A hint that something came: file events, where the extra ``[watch]`` is installed.

Enters: folders. Leaves: the end of a pipe that becomes readable when one changes, -1 when events cannot be
had. Events get lost and come twice; the scan is the truth, and this only makes it come sooner.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress


def waker(folders: Sequence[str]) -> int:
    """Begin to watch; the handle to wait on."""
    try:
        import watchfiles
    except ImportError:
        return -1
    readable, writable = os.pipe()
    os.set_blocking(writable, False)

    def watch() -> None:
        with suppress(Exception):  # a folder that went away; the scan goes on without us
            for _ in watchfiles.watch(*folders, recursive=False, debounce=100, step=50):
                with suppress(BlockingIOError):
                    os.write(writable, b".")

    threading.Thread(target=watch, name="watch", daemon=True).start()
    return readable
