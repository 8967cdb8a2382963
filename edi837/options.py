"""What several commands take: options and arguments, and what they stand for."""

from __future__ import annotations

import os
from pathlib import Path

import click

from edi837 import codetables, rules
from edi837.companion import Guides
from edi837.findings import Edi837Error

policies = click.option(
    "--policy", "names", multiple=True, default=("042",), show_default=True, metavar="NAME|PATH",
    help="A policy to judge by: a shipped one, the path of a TOML file, or none. May be given again.",
)  # fmt: skip
phi = click.option("--show-phi", "phi", is_flag=True, help="Show patients' names, ids and other personal values.")
now = click.option(
    "--now", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]),
    help="Date the answers so, not by the clock.",
)  # fmt: skip
control = click.option(
    "--control", type=click.IntRange(1, 999_999_999),
    help="First control number; without it, it is drawn from the file's bytes.",
)  # fmt: skip
files = click.argument("files", nargs=-1, required=True, metavar="FILE...")
file = click.argument("file", metavar="FILE")
overlay = click.option(
    "--guide-overlay", "overlays", multiple=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A companion guide (schemas/companion.rng) that narrows or widens the guide. May be given again.",
)  # fmt: skip


def judges(names: tuple[str, ...]) -> list[rules.Policy]:
    """The policies of these names and paths; a usage error says what is wrong with one."""
    try:
        return [rules.load(Path(n) if n.endswith(".toml") else n) for n in names if n != "none"]
    except (rules.PolicyError, OSError) as error:
        raise click.UsageError(str(error)) from None


def tables() -> codetables.Tables:
    """The operator's tables of codes, in their usual folder."""
    try:
        return codetables.Tables.load(codetables.folder(os.environ))
    except Edi837Error as error:
        raise click.UsageError(str(error)) from None


def guides(overlays: tuple[Path, ...]) -> Guides:
    """The guides as companions change them; a usage error says what is wrong with one."""
    try:
        return Guides.read(overlays)
    except (Edi837Error, OSError) as error:
        raise click.UsageError(str(error)) from None
