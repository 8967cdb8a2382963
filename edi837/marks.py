"""The separators of a file as they are shown: the usual ones in the place of those that cannot be seen.

Enters: the delimiters of an interchange. Leaves: the marks to put between what is shown, and words on those that are
not the file's own. A line end that ends segments is seen as one: no mark is shown for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from edi837.x12 import Delimiters

_USUAL = Delimiters()
_LINE_ENDS = ("\n", "\r")


@lru_cache(maxsize=64)
def shown(own: Delimiters) -> Delimiters:
    """The marks to show."""
    element, component, repetition, segment = (usual if unseen else mine for mine, usual, unseen in _pairs(own))
    return Delimiters(element, component, repetition, "" if own.segment in _LINE_ENDS else segment)


@lru_cache(maxsize=64)
def said(own: Delimiters) -> str:
    """Which marks stand for separators that cannot be seen; empty where all are the file's own."""
    unseen = [usual for mine, usual, unseen in _pairs(own) if unseen and mine and mine not in _LINE_ENDS]
    return f"separators shown as {' '.join(unseen)}" if unseen else ""


class Once:
    """Says it once of each interchange's marks."""

    def __init__(self) -> None:
        self._said: set[Delimiters] = set()

    def of(self, several: Iterable[Delimiters]) -> list[str]:
        """What is to be said of these, and was not yet."""
        new = [own for own in dict.fromkeys(several) if own not in self._said and said(own)]
        self._said.update(new)
        return [said(own) for own in new]


def _pairs(own: Delimiters) -> Iterator[tuple[str, str, bool]]:
    """Each mark, the usual one, and whether it cannot be seen."""
    for mine, usual in (
        (own.element, _USUAL.element), (own.component, _USUAL.component),
        (own.repetition, _USUAL.repetition), (own.segment, _USUAL.segment),
    ):  # fmt: skip
        yield mine, usual, not (mine.isascii() and mine.isprintable() and mine)
