"""A root as the gateway's commands see it: its settings, its world, its ledger, and what keeps it from working.

Enters: DIR and the options of judging. Leaves: a `World` with the real clock and the real disk.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from edi837 import options, safe
from edi837.console import REJECTED
from edi837.findings import Edi837Error
from edi837.gateway import World, amiss, begun, keys, names, owner, settingsfile, upkeep
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import HISTORY, SETTINGS, Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.logs import Log
from edi837.rules import PolicyError

CANNOT = 5  # exit status: ledger, lock or folders


class Outside:
    """The clock on the wall, the clock that only goes forward, and chance."""

    def __init__(self, fixed: datetime | None = None) -> None:
        self._fixed = fixed and fixed.replace(tzinfo=None)

    def moment(self) -> datetime:
        """The local time, or the one that was asked for."""
        return self._fixed or datetime.now()

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        time.sleep(seconds)

    def token(self, length: int) -> str:
        """Digits drawn by chance."""
        return names.token(secrets.token_bytes(length))


root_argument = click.argument("root", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON value on standard output.")
Command = Callable[..., Any]


def on_root(command: Command) -> Command:
    """Give a command DIR, ``--json`` and ``--config``; it gets ``make``, which makes its world."""

    @root_argument
    @json_option
    @options.config_file
    @wraps(command)
    def with_world(
        *args: object, root: Path, config_file: Path | None, names: tuple[str, ...] = (),
        overlays: tuple[Path, ...] = (), history: Path | None = None, **more: Any,
    ) -> object:  # fmt: skip
        def make(now: datetime | None = None) -> World:
            own = root / SETTINGS
            file = config_file or (own if own.exists() else None)
            terms = options.terms_of(names, overlays, file, history)
            try:
                read = settingsfile.read(file or own, terms, keys.environment(os.environ))
            except PolicyError as error:
                raise click.UsageError(str(error)) from None
            clock = Outside(now)
            disk, layout = Disk(os.environ.get("EDI837_FAILPOINT", "")), Layout(str(root), read.named)
            read = read.remembering(Path(layout.own(HISTORY)))
            return World(disk, layout, read, clock, Log(_line, clock.moment), owner.host())

        return command(*args, make=make, **more)

    return with_world


def on_judging_root(command: Command) -> Command:
    """As `on_root`, with the options of judging, for a command that reads claims or what was found on them."""
    return options.policies_or("as in DIR/edi837.toml, else 042")(options.overlay(options.history(on_root(command))))


def _line(text: str) -> None:
    click.echo(text, err=True)


Make = Callable[..., World]


def shown(said: object, as_json: bool, text: str) -> None:
    """Write a value as JSON, or its text."""
    click.echo(json.dumps(said, indent=1) if as_json else text)


class Refused(click.ClickException):
    """What was asked for cannot be done; exit status 1."""

    exit_code = REJECTED


class Unusable(click.ClickException):
    """The gateway cannot work; exit status 5."""

    exit_code = CANNOT


@contextmanager
def working() -> Iterator[None]:
    """What keeps the gateway from working, as a message and exit status 5; no text of an exception but our own."""
    try:
        yield
    except upkeep.UpkeepError as error:
        raise Refused(str(error)) from None
    except Edi837Error as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{_place(error)} cannot be used: {error.strerror}") from None
    except sqlite3.Error as error:
        raise Unusable(amiss.words(error)) from None


def _place(error: OSError) -> str:
    """The folder at which an operation failed; of a file the one that it lies in."""
    if not isinstance(error.filename, str):
        return "the folders"
    place = error.filename.rstrip("/")
    return safe.text(os.path.dirname(place) if os.path.isfile(place) else place)


def made(world: World) -> None:
    """What `init` made is there, and this user's: a folder that is misspelt, or not mounted, is not made a gateway."""
    root = world.layout.root
    ours(world.layout)
    begun.heed(world.disk, world.layout)
    if not begun.there(world.layout.ledger):
        raise click.UsageError(f"there is no gateway in {root}: `edi837 gateway init {root}`, or mount its disk")


def ours(layout: Layout) -> None:
    """This process is the gateway's user: what another makes there, root too, its workers could not take up."""
    with suppress(FileNotFoundError):
        whose = os.stat(layout.own()).st_uid
        if whose != os.geteuid():
            try:
                name = pwd.getpwuid(whose).pw_name
            except KeyError:
                name = f"#{whose}"
            raise click.UsageError(f"this gateway is the user {name}'s: sudo -u {name} edi837 gateway ...")


@contextmanager
def opened(world: World, *, reading: bool = False) -> Iterator[Ledger]:
    """The ledger of a root that is one; ``reading``: nothing is to be changed."""
    if not reading:
        ours(world.layout)
    try:
        begun.heed(world.disk, world.layout)
        is_one = begun.there(world.layout.ledger)
    except PermissionError:
        ours(world.layout)  # who may not look is told whose it is
        raise
    if not is_one:
        raise upkeep.UpkeepError("there is no gateway here yet: `edi837 gateway init`")
    ledger = Ledger(world.layout.ledger, world.layout.own("key"), reading=reading)
    try:
        yield ledger
    finally:
        ledger.close()
