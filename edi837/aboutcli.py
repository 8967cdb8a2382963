"""What the program says of itself: its version with all that it judges by, and how a shell completes its words.

Enters: nothing but what is installed, and the operator's tables of codes. Leaves: one line, one JSON
object, or a script for a shell.
"""

from __future__ import annotations

import json
import platform
from hashlib import sha256
from pathlib import Path

import click
from click.shell_completion import get_completion_class

import edi837
from edi837 import codetables, grammar, options, policyfile, rules
from edi837.console import in_utf8

SHELLS = ("bash", "zsh", "fish")
_LIBRARIES = ("pyx12", "lxml", "click", "rich")
_EXTRAS = ("pyarrow", "watchfiles", "fhir.resources")
_SETS = {"P": "837P", "I": "837I"}


def _say(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    """The version, as a line or as JSON."""
    if not asked or context.resilient_parsing:
        return
    if context.params["as_json"]:
        in_utf8()
        click.echo(json.dumps(facts(options.tables()), indent=1, ensure_ascii=False))
    else:
        click.echo(f"edi837, version {edi837.__version__}")
    context.exit()


# ``--json`` is eager so that it is known, wherever it stands, when ``--version`` is acted on.
version = click.option(
    "--version", is_flag=True, callback=_say, expose_value=False,
    help="Show the version and exit; with --json also that of all that files are judged by.",
)  # fmt: skip
as_json = click.option("--json", "as_json", is_flag=True, is_eager=True, help="With --version: one JSON object.")


def facts(tables: codetables.Tables) -> dict[str, object]:
    """What two machines must have in common to judge alike: program, libraries, guides, policies, tables of codes."""
    return {
        "edi837": edi837.__version__,
        "python": platform.python_version(),
        "libraries": {name: _installed(name) for name in _LIBRARIES},
        "extras": {name: _installed(name) for name in _EXTRAS},
        "guides": _guides(),
        "policies": [_policy(path, name) for path in rules.shipped() for name in policyfile.profiles(path)],
        "codes": [_table(release) for release in tables.releases()],
    }


def _installed(name: str) -> str | None:
    from importlib import metadata  # 30 ms that no other command needs

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _guides() -> list[dict[str, object]]:
    """Each guide, and the versions in GS08 that are judged by it."""
    answers = grammar.answers()
    told: list[dict[str, object]] = []
    for guide in sorted(set(answers.values())):
        kind = grammar.load(guide).kind
        versions = sorted(gs08 for gs08, by in answers.items() if by == guide)
        told.append({"guide": guide, "set": _SETS.get(kind, kind), "gs08": versions})
    return told


def _policy(path: Path, name: str) -> dict[str, object]:
    """A policy or profile; the edition is the file's, of which two profiles have the same."""
    number = policyfile.profiles(path)[0]
    file = policyfile.read(path, name if name != number else "", cases=False)
    return {
        "policy": name,
        "title": file.title,
        "effective": file.effective and file.effective.isoformat(),
        "until": file.until and file.until.isoformat(),
        "edits": len(file.edits),
        "off": len(file.written) - len(file.edits),
        "sha256": sha256(path.read_bytes()).hexdigest(),
    }


def _table(release: codetables.Release) -> dict[str, object]:
    return {
        "list": release.kind,
        "source": release.source,
        "first": release.window.first.isoformat(),
        "last": release.window.last.isoformat(),
        "whole_until": release.window.whole.isoformat(),
        "loaded": release.loaded.isoformat(),
        "codes": release.size,
        "sha256": release.sha256,
    }


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script that makes a shell complete commands, options, policies, rules and files.

    \b
    eval "$(edi837 completion bash)"                                     for this shell, or in ~/.bashrc
    edi837 completion zsh > ~/.zfunc/_edi837                             a folder of $fpath
    edi837 completion fish > ~/.config/fish/completions/edi837.fish
    """
    kind = get_completion_class(shell)
    assert kind, "click knows these shells"
    click.echo(kind(context.find_root().command, {}, "edi837", "_EDI837_COMPLETE").source())
    return 0
