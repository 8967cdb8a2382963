"""What an acknowledgement says, as text, JSON or a page of HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import wrap
from typing import Protocol

from edi837 import safe
from edi837.replies.said import Said
from edi837.views.html import page, tag

WIDTH = 100


class Form(Protocol):
    """Writes what is said, a file after the other."""

    def begin(self, file: str) -> Iterator[str]:
        """What begins a file."""

    def put(self, said: Said) -> Iterator[str]:
        """The text of one thing."""

    def end(self, summary: str) -> Iterator[str]:
        """What ends a file."""

    def close(self) -> Iterator[str]:
        """What ends the text."""


_SIGNS = {"good": "ok ", "bad": "NO ", "note": "   "}
_INDENT = {"envelope": 0, "interchange": 0, "group": 0, "batch": 0, "end": 0, "set": 2, "provider": 2, "claim": 2}


class Text:
    """Writes it for people, in 100 columns."""

    def __init__(self, ascii: bool = False) -> None:
        self._ascii = ascii

    def begin(self, file: str) -> Iterator[str]:
        """Nothing: the answer says whose it is."""
        return iter(())

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

    def end(self, summary: str) -> Iterator[str]:
        """Nothing: the summary is said beside it."""
        return iter(())

    def close(self) -> Iterator[str]:
        """Nothing: each thing stands for itself."""
        return iter(())


class Json:
    """Writes an object for a file: its name, what is said, in order, and the summary; an array for several."""

    def __init__(self, several: bool = False) -> None:
        self._several = several
        self._open, self._lead = "[\n", "\n"

    def begin(self, file: str) -> Iterator[str]:
        """The name, and the head of what is said."""
        yield (self._open if self._several else "") + f'{{"file": {json.dumps(safe.text(file))}, "says": ['
        self._open, self._lead = ",\n", "\n"

    def put(self, said: Said) -> Iterator[str]:
        """One thing."""
        outcome = {"good": "accepted", "bad": "rejected"}.get(said.tone, "")
        told = {
            "answer": said.kind, "about": said.about, "outcome": outcome,
            "head": said.head, "rows": [{"label": label, "words": words} for label, words in said.rows],
        }  # fmt: skip
        yield self._lead + json.dumps(told)
        self._lead = ",\n"

    def end(self, summary: str) -> Iterator[str]:
        """What ends the object."""
        yield f'\n], "summary": {json.dumps(summary)}}}'

    def close(self) -> Iterator[str]:
        """What ends the array."""
        yield "\n]\n" if self._several else "\n"


class Html:
    """Writes a page that needs nothing else, of several files with a head each; what was accepted is folded up."""

    def __init__(self, title: str, several: bool = False) -> None:
        self._title, self._several = title, several
        self._head = ""
        self._parts: list[str] = []  # of the file at hand
        self._files: list[str] = []

    def begin(self, file: str) -> Iterator[str]:
        """Nothing yet: the summary comes first."""
        self._head = tag("h2", safe.text(file)) if self._several else ""
        return iter(())

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

    def end(self, summary: str) -> Iterator[str]:
        """Nothing yet."""
        self._files.append(self._head + tag("p", summary, class_="verdict") + "\n".join(self._parts))
        self._parts = []
        return iter(())

    def close(self) -> Iterator[str]:
        """The page."""
        yield page(self._title, tag("h1", self._title) + "\n".join(self._files))
