"""What is wrong with a policy file: all of it at once, each with its place and the nearest right word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from edi837.findings import Edi837Error


class PolicyError(Edi837Error):
    """A policy cannot be read. ``problems``: one sentence each, beginning with file and line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[PolicyError], tuple[tuple[str, ...]]]:
        """Between processes it goes by its problems: by its message, each letter would be one."""
        return type(self), (self.problems,)


class Problems:
    """Gathers what is wrong with one file."""

    def __init__(self, file: str, rows: Mapping[str, Sequence[int]] | None = None) -> None:
        """``rows``: of the tables of the file, for what is told of a table as a whole."""
        self.file = file
        self.rows = rows or {}
        self.found: list[str] = []

    def add(self, row: int, where: str, what: str) -> None:
        """``row``: line of the file, 0 when unknown; ``where``: the edit, code set or table."""
        row = row or next(iter(self.rows.get(where, ())), 0)  # of a table as a whole
        place = f"{self.file}:{row}" if row else self.file
        said = f"{place}: {where}: {what}" if where else f"{place}: {what}"
        if said not in self.found:
            self.found.append(said)

    def settle(self) -> None:
        """Raise `PolicyError` if anything was found."""
        if self.found:
            raise PolicyError(self.found)


def nearest(word: str, words: Iterable[str]) -> str:
    """``; did you mean "codes"?``, or the words there are, when none comes near."""
    options = list(words)
    close = get_close_matches(word, options, n=1, cutoff=0.5)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; there are {', '.join(options)}" if 0 < len(options) <= 12 else ""
