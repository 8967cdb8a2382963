"""The page of rules is made from the rules; ``pytest --update tests/test_docs.py`` writes it anew."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from edi837 import grammar, rulebook
from edi837.rules import load

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"


def holds(name: str, text: str, update: bool) -> None:
    page = PAGE.read_text("utf-8")
    head, _, rest = page.partition(f"<!-- {name} -->\n")
    held, end, tail = rest.partition("<!-- end -->")
    assert end, f"docs/rules.md has no part called {name}"
    if update:
        PAGE.write_text(f"{head}<!-- {name} -->\n{text}\n<!-- end -->{tail}", "utf-8")
        return
    assert held == text + "\n"


def test_the_table_of_rules(update: bool) -> None:
    holds("rules", rulebook.as_markdown(rulebook.entries([load("042")])), update)


def test_what_is_not_judged(update: bool) -> None:
    parts = []
    for guide in ("005010X222A1", "005010X223A2"):
        rows = [fill(f"- {loop}: {', '.join(names)}", 110, subsequent_indent="  ")
                for loop, names in rulebook.unjudged(grammar.load(guide))]  # fmt: skip
        parts.append(f"### {guide}\n\n" + "\n".join(rows))
    holds("unjudged", "\n\n".join(parts), update)
