"""The pages that people read, README and docs/, as what they are made of: fenced blocks, commands, tables.

Enters: the pages, the commands, the checks, the public names. Leaves: blocks and commands to try, and
the parts of pages that are made, not written.
"""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import click

import edi837
from edi837 import claimrows, rows
from edi837.checks import CHECKS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
Make = Callable[[], str]
_FENCE = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*?) -->\n)?(?P<fence>`{3,})(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)$", re.M | re.S
)
_SPAN = re.compile(r"`(edi837 [^`\n]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: str  # README.md, docs/start.md
    row: int
    mark: str  # of the remark above it
    language: str
    text: str
    span: tuple[int, int]  # of the text in the page

    def __str__(self) -> str:
        return f"{self.page}:{self.row}"


def name(page: Path) -> str:
    """A page by its path in the project."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(name(page), text.count("\n", 0, m.start("fence")) + 1, m["mark"] or "", m["language"].strip(), m["text"],
              m.span("text"))
        for m in _FENCE.finditer(text)
    ]  # fmt: skip


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands(text: str) -> list[str]:
    """The commands of a block of shell, those over several lines in one."""
    lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def exchanges(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console with what it said."""
    command, said = "", ""
    for line in text.replace("\\\n", " ").splitlines(keepends=True):
        if line.startswith("$ "):
            if command:
                yield command, said
            command, said = line[2:].strip(), ""
        else:
            said += line
    if command:
        yield command, said


def spans(page: Path) -> list[str]:
    """The commands in running text: what stands in a code span and begins with ``edi837``."""
    return _SPAN.findall(_FENCE.sub("", page.read_text("utf-8")))


def faults(command: str) -> list[str]:
    """What is wrong with the words of one edi837 command: commands and options that do not exist."""
    at: click.Command = edi837_main()
    known = {*options(at), "-h", "--help"}
    try:
        words = shlex.split(command, comments=True)[1:]
    except ValueError as error:
        return [f"{command}: {error}"]
    found, sub = [], True
    for word in words:
        if word in ("|", ">", "<", ";", "&&"):
            break
        if word.startswith("-") and len(word) > 1:
            if not re.fullmatch(r"-\d+", word) and word.partition("=")[0] not in known:
                found.append(f"{command}: no option {word}")
        elif sub and isinstance(at, click.Group):
            if word == "COMMAND":
                break
            below = at.get_command(click.Context(at), word)
            if below is None:
                found.append(f"{command}: no command {word}")
                break
            at = below
            known |= options(at)
        else:
            sub = False
    return found


def edi837_main() -> click.Group:
    """The command `edi837`."""
    from edi837 import cli

    return cli.main


def commands_of(group: click.Group) -> dict[str, click.Command]:
    """The commands of a group that are shown, by name."""
    context = click.Context(group)
    found = {word: group.get_command(context, word) for word in group.list_commands(context)}
    return {word: each for word, each in found.items() if each and not each.hidden}


def options(command: click.Command) -> set[str]:
    """The options of a command."""
    return {name for each in command.params if isinstance(each, click.Option) for name in each.opts}


# ------------------------------------------------------------------ the page of commands


def all_commands(command: click.Command, path: str = "edi837") -> Iterator[tuple[str, click.Command]]:
    """A command and those below it, in the order of the alphabet."""
    yield path, command
    if isinstance(command, click.Group):
        for word, below in sorted(commands_of(command).items()):
            yield from all_commands(below, f"{path} {word}")


def help_of(command: click.Command) -> tuple[list[str], list[str]]:
    r"""The paragraphs of a command's help, and the lines of its examples: the paragraphs that begin with ``\b``."""
    prose: list[str] = []
    examples: list[str] = []
    for part in dedent(inspect.cleandoc(command.help or "")).split("\n\n"):
        if part.startswith("\b"):
            examples += part.lstrip("\b").strip("\n").splitlines()
        else:
            prose.append(" ".join(part.split()))
    return prose, examples


def reference() -> str:
    """Every command with its arguments, options and examples, from the commands themselves."""
    parts = []
    for path, command in all_commands(edi837_main()):
        prose, examples = help_of(command)
        shown = [f"## {path}", *map(_escaped, prose)]
        if examples:
            shown.append("```sh\n" + "\n".join(_remarked(line) for line in examples) + "\n```")
        if isinstance(command, click.Group) and path != "edi837":
            shown[1:1] = [f"`{path} COMMAND ...`"]
        elif path != "edi837":
            shown[1:1] = [f"`{' '.join([path, *_usage(command)])}`"]
        rows = [_option(each) for each in command.params if isinstance(each, click.Option)]
        if rows:
            shown.append("\n".join(["| option | |", "|---|---|", *rows]))
        parts.append("\n\n".join(shown))
    return "\n\n".join(parts)


def _usage(command: click.Command) -> Iterator[str]:
    for each in command.params:
        if isinstance(each, click.Option) and each.required:
            yield f"{each.opts[0]} {_value(each)}"
        elif isinstance(each, click.Argument):
            yield each.metavar or _value(each)
    if any(isinstance(each, click.Option) and not each.required for each in command.params):
        yield "[OPTIONS]"


def _value(each: click.Parameter) -> str:
    """The word for what a parameter takes."""
    if isinstance(each.type, click.Choice):
        return "|".join(map(str, each.type.choices))
    if each.metavar:
        return each.metavar
    if isinstance(each, click.Argument):
        return str(each.name).upper()
    if isinstance(each.type, click.DateTime):
        return "DATE"
    if isinstance(each.type, click.Path):
        return "FOLDER" if not each.type.file_okay else "FILE"
    return "N" if isinstance(each.type, click.types.IntParamType) else "TEXT"


def _option(each: click.Option) -> str:
    names = ", ".join(f"`{word}`" for word in each.opts)
    said = _escaped(each.help or "")
    if isinstance(each.type, click.Choice):
        said = f"{', '.join(f'`{word}`' for word in each.type.choices)}. {said}"
    elif not each.is_flag:
        names += f" `{_value(each)}`".replace("|", "\\|")
    if each.show_default and isinstance(each.default, str | int) and not each.is_flag:
        said += f" Default: `{each.default}`."
    return f"| {names} | {' '.join(said.split())} |"


def _escaped(text: str) -> str:
    """Text that Markdown leaves as it is; what stands between backquotes is code already."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([*_<>|])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def _remarked(line: str) -> str:
    """An example, what is said beside it as a remark of the shell's."""
    return re.sub(r"(\S) {2,}(\S.*)$", r"\1    # \2", line)


# ------------------------------------------------------------------ the page of checks


def vocabulary() -> str:
    """Every check a policy may use: what it asks, how far it may look, its words."""
    return "\n\n".join(_check(each.name, each.doc, each.scopes) for _, each in sorted(CHECKS.items()))


def _check(name: str, doc: str, scopes: tuple[str, ...]) -> str:
    prose: list[str] = []
    rows: list[tuple[str, str]] = []
    for part in doc.split("\n\n"):
        lines = part.splitlines()
        if all(re.match(r"\w+  |  ", line) for line in lines):
            for line in lines:
                if line.startswith(" "):
                    rows[-1] = rows[-1][0], f"{rows[-1][1]} {line.strip()}"
                else:
                    word, _, means = line.partition(" ")
                    rows.append((word, means.strip()))
        else:
            prose.append(_escaped(" ".join(part.split())))
    looks = "Looks at each line by itself." if scopes == ("line",) else f"`scope`: {', '.join(scopes)}."
    table = "\n".join(["| word | |", "|---|---|", *(f"| `{word}` | {_escaped(means)} |" for word, means in rows)])
    return "\n\n".join([f"## {name}", *prose, looks, *([table] if rows else [])])


# ------------------------------------------------------------------ the page of names


def public_names() -> str:
    """Every public name: signature and docstring, and of a dataclass each field with its remark."""
    functions = [name for name in edi837.__all__ if inspect.isfunction(getattr(edi837, name))]
    classes = [name for name in edi837.__all__ if inspect.isclass(getattr(edi837, name))]
    told = [*(_function(name, getattr(edi837, name)) for name in functions)]
    told += [_function("rows.rows", rows.rows), _function("claimrows.rows", claimrows.rows)]
    return "\n\n".join([*told, *map(_class, classes)])


def _function(name: str, run: Any) -> str:
    return "\n\n".join([f"## {name}", f"```text\nedi837.{name}{_signature(run)}\n```", _markdown(inspect.getdoc(run))])


def _signature(run: Any) -> str:
    """The parameters, a line each where they do not fit on one."""
    signature = inspect.signature(run)
    inside = []
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and "*" not in inside:
            inside.append("*")
        default = "" if each.default is each.empty else f" = {each.default!r}"
        inside.append(f"{each.name}: {each.annotation}{default}")
    text = f"({', '.join(inside)})"
    if len(text) > 90:
        text = "(\n" + "".join(f"    {each},\n" for each in inside) + ")"
    return f"{text} -> {signature.return_annotation}"


def _class(name: str) -> str:
    found = getattr(edi837, name)
    bases = [each.__name__ for each in found.__bases__ if each is not object and issubclass(each, Exception)]
    shown = [f"## {name}" + (f" ({', '.join(bases)})" if bases else ""), _markdown(inspect.getdoc(found))]
    rows = list(_fields(found))
    if rows:
        shown.append("\n".join(["| field | type | |", "|---|---|---|", *rows]))
    members = [f"- `{word}{call}`: {said}" for word, call, said in _members(found)]
    if members:
        shown.append("\n".join(members))
    return "\n\n".join(shown)


def _members(found: type) -> Iterator[tuple[str, str, str]]:
    for word, member in vars(found).items():
        if word.startswith("_"):
            continue
        if isinstance(member, property):
            yield word, "", _first(member)
        elif isinstance(member, classmethod) or inspect.isfunction(member):
            yield word, "()", _first(member)


def _first(member: object) -> str:
    return _markdown(inspect.getdoc(member)).partition("\n\n")[0]


def _fields(found: type) -> Iterator[str]:
    """The annotated fields of a class, with the remark that stands behind each."""
    source = dedent(inspect.getsource(found))
    lines, tree = source.splitlines(), ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = lines[(node.end_lineno or 1) - 1]
            _, _, remark = last[node.end_col_offset or 0 :].partition("#")
            kind = ast.unparse(node.annotation).replace("|", "\\|")
            yield f"| `{node.target.id}` | `{kind}` | {_escaped(remark.strip())} |"


def _markdown(doc: str | None) -> str:
    """A docstring as Markdown: its double backquotes are single ones there."""
    text = (doc or "").replace("``", "`")
    return "\n\n".join(part if part.startswith("    ") else " ".join(part.split()) for part in text.split("\n\n"))
