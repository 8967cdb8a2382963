"""The peers that install from PyPI beside pyx12: each in a virtual environment of its own, with pinned versions.

pyx12 is there already, for its maps are read at run time. The others read X12 into pydantic models; they are
installed anew for each run, or run in a Python that is named and has them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

READER = Path(__file__).with_name("modelreader.py")


class Peer(NamedTuple):
    """A peer: what it is called on PyPI, its module, the versions that work together, and what it does."""

    name: str
    module: str
    pins: tuple[str, ...]
    says: str


_DOES = "each set as models: loops, elements, codes, SE01, sums of claims; no envelope, no answers; stops at a refusal"
PEERS = (
    Peer(
        "linuxforhealth-x12", "linuxforhealth.x12",
        # It asks for pydantic >= 1.9 and does not import under 2. Tried on Python 3.10 to 3.13.
        ("linuxforhealth-x12==0.57.0", "pydantic==1.10.27", "python-dotenv==1.2.4", "typing_extensions==4.16.0"),
        f"X12ModelReader.models(): {_DOES}.",
    ),
    Peer(
        "x12sdk", "x12sdk",
        (
            "x12sdk==2.2.0", "pydantic==2.14.4", "pydantic_core==2.50.5", "pydantic-settings==2.16.3",
            "python-dotenv==1.2.4", "typing_extensions==4.16.0", "annotated-types==0.8.0", "typing-inspection==0.4.5",
        ),
        "The same, carried on by others under pydantic 2.",
    ),
)  # fmt: skip


class Missing(Exception):
    """A peer that cannot be installed or does not start."""


class Installed(NamedTuple):
    """A peer with the Python that has it."""

    peer: Peer
    python: Path


def install(peer: Peer, folder: Path) -> Installed:
    """Make an environment with the pinned versions of a peer; raises `Missing` with what pip said last."""
    home = folder / peer.name
    python = home / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(home)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *peer.pins],
    ):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Missing(f"{peer.name} does not install: {_last(done.stdout)}")
    return started(peer, python)


def started(peer: Peer, python: Path) -> Installed:
    """A peer in a Python that should have it; raises `Missing` when it does not start there."""
    command = [str(python), "-I", "-c", f"import {peer.module}.io"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise Missing(f"{peer.name}: {python} does not start: {error.strerror}") from error
    if done.returncode:
        raise Missing(f"{peer.name} does not start in {python}: {_last(done.stdout)}")
    return Installed(peer, python)


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip() and "WARNING" not in line]
    return lines[-1].strip() if lines else "it says nothing"


def found(folder: Path, given: Iterable[str]) -> tuple[list[Installed], list[str]]:
    """Every peer that can be had, and what is wrong with the others.

    ``given``: ``NAME=PYTHON`` for those that are not to be installed; a name that is no peer's is a `ValueError`.
    """
    pythons = dict(word.partition("=")[::2] for word in given)
    if unknown := pythons.keys() - {peer.name for peer in PEERS}:
        raise ValueError(f"no peer is called {', '.join(sorted(unknown))}: {', '.join(peer.name for peer in PEERS)}")
    there, missing = [], []
    for peer in PEERS:
        try:
            there.append(started(peer, Path(pythons[peer.name])) if peer.name in pythons else install(peer, folder))
        except Missing as error:
            missing.append(str(error))
    return there, missing


def speed(installed: Installed, path: Path) -> dict[str, Any]:
    """What a peer takes for a file: seconds of CPU, peak, how it ended, and how many sets it read before."""
    command = [str(installed.python), "-I", str(READER), installed.peer.module, "speed", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result
