"""On what a run was made: the machine, and the versions of all that took part."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path


def processor() -> str:
    """The model of the processor, as the kernel calls it."""
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        told = ""
    found = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def lines() -> list[str]:
    """Machine and versions."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("edi837", "pyx12", "lxml", "click", "rich"))
    machine = f"{processor()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    return [
        f"{machine}; load {os.getloadavg()[0]:.1f} at the start",
        f"Python {platform.python_version()}, {versions}",
    ]
