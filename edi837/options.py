"""What several commands take: options and arguments, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from edi837 import codetables, completing, config, rules, safe
from edi837.acks.reply import LAST_NUMBER
from edi837.bench import apart, asked
from edi837.companion import Guides
from edi837.findings import Edi837Error
from edi837.terms import Terms

Command = Callable[..., Any]

def policies_or(default: str) -> Callable[[Command], Command]:
    """The option that names policies, with what is taken where it is left out."""
    return click.option(
        "--policy", "names", multiple=True, metavar="NAME|PATH", shell_complete=completing.policies_or_none,
        help="A policy to judge by: a shipped one, the path of a TOML file, or none. May be given again."
        f"  [default: {default}]",
    )  # fmt: skip


policies = policies_or("042")
_show_phi = click.option(
    "--show-phi", "phi", is_flag=True, help="Show patients' names, ids and other personal values, as --phi show."
)
_phi = click.option(
    "--phi", "phi_word", type=click.Choice(["mask", "show"]), default="mask", show_default=True,
    help="Whether patients' names, ids and other personal values are masked.",
)  # fmt: skip


now = click.option(
    "--now", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    help="Date the answers so, not by the clock; a zone, as Z, is left out.",
)  # fmt: skip
_number = click.IntRange(1, LAST_NUMBER)
control = click.option(
    "--control", type=_number,
    help="First control number; without it, it is drawn from the file's bytes.",
)  # fmt: skip
ledger_control = click.option(
    "--control", type=_number,
    help="Give no control number below this one any more; without it, the ledger goes on counting.",
)  # fmt: skip
files = click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=completing.files)
file = click.argument("file", metavar="FILE", shell_complete=completing.files)
overlay = click.option(
    "--guide-overlay", "overlays", multiple=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A companion guide (schemas/companion.rng) that narrows or widens the guide. May be given again.",
)  # fmt: skip
config_file = click.option(
    "--config", "config_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Settings: policies by payer, and switches of the 277CA.",
)  # fmt: skip
history = click.option(
    "--history", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A store of claims accepted before, for rules on frequency, ranks and duplicates. ack adds to it.",
)  # fmt: skip
jobs = click.option(
    "-j", "--jobs", type=click.IntRange(0), default=1, show_default=True, metavar="N",
    help="Read with so many processes; 0: one for each core. What is written is the same.",
)  # fmt: skip
DEFAULT, NONE = ("042",), ("none",)


def phi(command: Command) -> Command:
    """Give a command the options that say whether personal values are shown; it gets ``phi``."""

    @wraps(command)
    def with_phi(*args: object, phi: bool, phi_word: str, **more: object) -> object:
        return command(*args, phi=phi or phi_word == "show", **more)

    return _phi(_show_phi(with_phi))


def judging(command: Command) -> Command:
    """Give a command the options that say on what terms files are judged; it gets them as ``terms``."""
    return _judging(command, keeps=False)


def keeping(command: Command) -> Command:
    """As `judging`, for a command that adds what it accepts to the history, and begins one."""
    return _judging(command, keeps=True)


def judging_if_asked(command: Command) -> Command:
    """As `judging`, but by no policy unless one is named, here or in the settings."""
    return _judging(command, keeps=False, default=NONE)


def _judging(command: Command, keeps: bool, default: tuple[str, ...] = DEFAULT) -> Command:
    @wraps(command)
    def with_terms(
        *args: object, names: tuple[str, ...], overlays: tuple[Path, ...], config_file: Path | None,
        history: Path | None, **more: object,
    ) -> object:  # fmt: skip
        if history and not keeps and not history.exists():
            raise click.UsageError(f"there is no history {history}: edi837 ack --history begins one")
        return command(*args, terms=terms_of(names, overlays, config_file, history, default), **more)

    return policies_or(*default)(overlay(config_file(history(with_terms))))


def terms_of(
    names: tuple[str, ...], overlays: tuple[Path, ...], config_file: Path | None, history: Path | None,
    default: tuple[str, ...] = DEFAULT,
) -> Terms:
    """What these options stand for, ``default`` where no policy is named; a usage error says what is wrong with one."""
    try:
        settings = config.read(config_file) if config_file else config.Config()
    except rules.PolicyError as error:
        raise click.UsageError(str(error)) from None
    chosen = judges(names or default, rules.load_tried) if names or settings.policies is None else settings.policies
    return Terms(chosen, settings.routes, tables(), guides(overlays), history, settings.replies)


def judges(
    names: tuple[str, ...], load: Callable[[str | Path], rules.Policy] = rules.load
) -> list[rules.Policy]:
    """The policies of these names and paths, 042 if none is named; a usage error says what is wrong with one.

    ``load`` as it is reads a draft without cases too, for looking at it; real claims are judged by tried ones.
    """
    try:
        return apart(load(name) for name in asked(names or DEFAULT))
    except (rules.PolicyError, OSError) as error:
        raise click.UsageError(str(error)) from None


def tables() -> codetables.Tables:
    """The operator's tables of codes, in their usual folder; none, which is said, if nobody may look there."""
    try:
        return codetables.Tables.load(codetables.folder(os.environ))
    except (PermissionError, codetables.NoHome) as error:  # as under a service whose home is shut
        if os.environ.get("EDI837_CODES"):
            raise click.UsageError(f"code tables: {error}") from None
        click.echo(f"no code tables are used ({safe.text(str(error))}): EDI837_CODES names their folder", err=True)
        return codetables.Tables([])
    except Edi837Error as error:
        raise click.UsageError(str(error)) from None


def guides(overlays: tuple[Path, ...]) -> Guides:
    """The guides as companions change them; a usage error says what is wrong with one."""
    try:
        return Guides.read(overlays)
    except (Edi837Error, OSError) as error:
        raise click.UsageError(str(error)) from None
