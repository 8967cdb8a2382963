"""What a shell may be offered for a word: files, policies by name, rules by their ids.

Enters: what was typed before and the beginning of the word. Leaves: what it may become. Nothing is
loaded that is only needed to judge: names and ids are read off the policy files as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from click import Context, Parameter
from click.shell_completion import CompletionItem

from edi837 import explain, rules, snip
from edi837.findings import Edi837Error

_EDIT = re.compile(r'^\[\[edit\]\]\s*?\nid\s*=\s*"([^"]+)"', re.MULTILINE)
_FILE = "file"  # asks the shell for the names of files


def files(context: Context, parameter: Parameter, begun: str) -> list[CompletionItem]:
    """Files, as the shell knows them."""
    return [CompletionItem(begun, type=_FILE)]


def policies(context: Context, parameter: Parameter, begun: str) -> list[CompletionItem]:
    """The shipped policies and their profiles, and files."""
    return _named(rules.names(), begun)


def policies_or_none(context: Context, parameter: Parameter, begun: str) -> list[CompletionItem]:
    """As `policies`, with ``none``: to judge by the guide alone."""
    return _named((*rules.names(), "none"), begun)


def ids(context: Context, parameter: Parameter, begun: str) -> list[CompletionItem]:
    """The rules: those of the policies named before, 042's if none is, then the guide's and X12's."""
    return _items((*_edits(context.params.get("names") or ("042",)), *_guide()), begun)


def rules_begun(context: Context, parameter: Parameter, begun: str) -> list[CompletionItem]:
    """As `ids`, for a list with commas: the last of it is completed."""
    before, comma, last = begun.rpartition(",")
    return [CompletionItem(f"{before}{comma}{item.value}") for item in ids(context, parameter, last)]


def _edits(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            path, _ = rules.locate(name)
            yield from _EDIT.findall(path.read_text(encoding="utf-8"))
        except (Edi837Error, OSError, UnicodeDecodeError):
            continue  # a shell is not told of it; the command will say what is wrong


def _guide() -> Iterator[str]:
    yield from (rule.id for rule in snip.RULES)
    for kind, codes in explain.SYNTAX.items():
        yield from (f"X12-{kind}-{code}" for code in codes)


def _named(words: Iterable[str], begun: str) -> list[CompletionItem]:
    """Names, and files: these first, for bash forgets what it was told before it."""
    return [CompletionItem(begun, type=_FILE), *_items(words, begun)]


def _items(words: Iterable[str], begun: str) -> list[CompletionItem]:
    """Those that begin so, in any case of letters."""
    return [CompletionItem(word) for word in words if word.upper().startswith(begun.upper())]
