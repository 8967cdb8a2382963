"""What an acknowledgement says, as text, JSON or a page of HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import wrap
from typing import Protocol

from edi837 import safe
from edi837.replies.words import Said
from edi837.views.html import page, tag

WIDTH = 100


class Form(Protocol):
    """Writes what is said."""

    def put(self, said: Said) -> Iterator[str]:
        """The text of one thing."""

    def close(self, summary: str) -> Iterator[str]:
        """What ends the text."""


_SIGNS = {"good": "ok ", "bad": "NO ", "note": "   "}
_INDENT = {"envelope": 0, "interchange": 0, "group": 0, "batch": 0, "end": 0, "set": 2, "provider": 2, "claim": 2}


class Text:
    """Writes it for people, in 100 columns."""

    def __init__(self, ascii: bool = False) -> None:
        self._ascii = ascii

    def put(self, said: Said) -> Iterator[str]:
        """The lines of one thing."""
        pad = " " * _INDENT[said.about]
        lines = wrap(said.head, WIDTH - len(pad) - 3, break_on_hyphens=False)
        told = "" if said.about in ("set", "claim") and not said.rows else "\n"
        for number, line in enumerate(lines):
            told += f"{pad}{_SIGNS[said.tone] if not number else '   '}{line}\n"
        for label, words in said.rows:
            lead = f"{pad}     {label:9}"
            for line in wrap(words, WIDTH - len(lead), break_on_hyphens=False) or [""]:
                told += f"{lead}{line}".rstrip() + "\n"
                lead = " " * len(lead)
        yield safe.in_ascii(told) if self._ascii else told

    def close(self, summary: str) -> Iterator[str]:
        """Nothing: the summary is said beside it."""
        return iter(())


class Json:
    """Writes an object: what is said, in order, and the summary."""

    def __init__(self) -> None:
        self._lead = '{"says": [\n'

    def put(self, said: Said) -> Iterator[str]:
        """One thing."""
        outcome = {"good": "accepted", "bad": "rejected"}.get(said.tone, "")
        told = {
            "answer": said.kind, "about": said.about, "outcome": outcome,
            "head": said.head, "rows": [{"label": label, "words": words} for label, words in said.rows],
        }  # fmt: skip
        yield self._lead + json.dumps(told)
        self._lead = ",\n"

    def close(self, summary: str) -> Iterator[str]:
        """What ends the object."""
        yield (self._lead if self._lead != ",\n" else "\n") + '], "summary": ' + json.dumps(summary) + "}\n"


class Html:
    """Writes a page that needs nothing else; what was accepted is folded up."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts: list[str] = []

    def put(self, said: Said) -> Iterator[str]:
        """Nothing yet: the summary comes first."""
        rows = "".join(tag("dt", label) + tag("dd", words) for label, words in said.rows)
        level = f"said {said.tone} {said.about}"
        word = {"good": "accepted", "bad": "rejected", "note": ""}[said.tone]
        head = tag("span", said.head, class_="head") + (tag("span", word, class_=f"badge {word}") if word else "")
        if rows and said.tone == "good":
            body = tag("details", tag("summary", head, raw=True) + tag("dl", rows, raw=True), raw=True)
        elif rows:
            body = tag("p", head, raw=True) + tag("dl", rows, raw=True)
        else:
            body = tag("p", head, raw=True)
        self._parts.append(tag("section", body, raw=True, class_=level))
        return iter(())

    def close(self, summary: str) -> Iterator[str]:
        """The page."""
        head = tag("h1", self._title) + tag("p", summary, class_="verdict")
        yield page(self._title, head + "\n".join(self._parts))
