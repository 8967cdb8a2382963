"""The commands on what claims are held to: `explain`, `checks`, `rules`."""

from __future__ import annotations

import click

from edi837 import completing, explain, options, rulebook, rules
from edi837.console import in_utf8


@click.command("explain")
@click.argument("id", shell_complete=completing.ids)
@options.policies
def explain_command(id: str, names: tuple[str, ...]) -> int:
    """Say what ID means: a rule (042-A03), a status code (A8:453), an element (CLM05, SV101-3)."""
    try:
        click.echo(explain.explain(id, options.judges(names)))
    except LookupError as error:
        own = "; a rule of your own policy: --policy FILE" if "-" in id and not id.upper().startswith("X12") else ""
        raise click.UsageError(f"{error.args[0]}{own}") from None
    return 0


@click.command()
def checks() -> int:
    """List the checks that a policy file may use, with their keys."""
    for entry in rules.vocabulary():
        click.echo(f"{entry}\n")
    return 0


@click.command("rules")
@options.policies
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
def rules_command(names: tuple[str, ...], form: str) -> int:
    """List every rule a claim is held to: syntax, balances, relations, codes, and the policy's edits.

    \b
    edi837 rules                        all of them, policy 042 included
    edi837 rules --policy none          the guide's alone
    edi837 rules --format markdown      as a page
    """
    if form != "text":
        in_utf8()
    click.echo(rulebook.FORMATS[form](rulebook.entries(options.judges(names))))
    return 0
