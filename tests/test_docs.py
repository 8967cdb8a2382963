"""Pages that are made, not written; ``pytest --update tests/test_docs.py`` makes them anew."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import pytest

from edi837 import grammar, rulebook
from edi837.rules import load
from tests import book

DOCS = Path(__file__).parent.parent / "docs"


def holds(page: str, name: str, text: str, update: bool) -> None:
    path = DOCS / page
    old = path.read_text("utf-8")
    head, _, rest = old.partition(f"<!-- {name} -->\n")
    held, end, tail = rest.partition("<!-- end -->")
    assert end, f"docs/{page} has no part called {name}"
    if update:
        path.write_text(f"{head}<!-- {name} -->\n{text}\n<!-- end -->{tail}", "utf-8")
        return
    assert held == text + "\n"


def test_the_table_of_rules(update: bool) -> None:
    holds("rules.md", "rules", rulebook.as_markdown(rulebook.entries([load("042")])), update)


def test_what_is_not_judged(update: bool) -> None:
    parts = []
    for guide in ("005010X222A1", "005010X223A2"):
        told = [fill(f"- {loop}: {', '.join(names)}", 110, subsequent_indent="  ")
                for loop, names in rulebook.unjudged(grammar.load(guide))]  # fmt: skip
        parts.append(f"### {guide}\n\n" + "\n".join(told))
    holds("rules.md", "unjudged", "\n\n".join(parts), update)


@pytest.mark.parametrize(
    ("page", "make"),
    [("commands.md", book.reference), ("checks.md", book.vocabulary), ("api.md", book.public_names)],
)
def test_what_is_made_from_the_code(page: str, make: book.Make, update: bool) -> None:
    holds(page, "made", make(), update)


