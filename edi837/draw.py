"""The tree of a file, for people as text, for programs as JSON or XML.

Enters: a binary stream. Leaves: text, piece by piece. Patients' names, numbers, birth dates, addresses and
free text are masked unless asked for (module `personal`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, Literal, Protocol

from edi837.branches import leading
from edi837.companion import Guides
from edi837.gate import Judge
from edi837.outline import Count, Mark, UnknownClaim, walk
from edi837.snip import Codes
from edi837.treedata import Json, Xml
from edi837.treetext import Text
from edi837.views.full import Paint, plain
from edi837.wording import many

__all__ = ["Text", "UnknownClaim", "tree"]

Format = Literal["text", "json", "xml"]


class Writer(Protocol):
    """Writes marks in some format."""

    def put(self, mark: Mark) -> Iterable[str]:
        """The text of a mark."""

    def close(self) -> Iterable[str]:
        """What ends the text."""


def tree(
    stream: BinaryIO,
    *,
    claim: str = "",
    errors: bool = False,
    phi: bool = False,
    format: Format | str = "text",
    ascii: bool = False,
    raw: bool = False,
    depth: int = 0,
    width: int = 100,
    paint: Paint = plain,
    policies: Sequence[Judge] = (),
    codes: Codes | None = None,
    guides: Guides | None = None,
    watch: Callable[[object], None] | None = None,
) -> Iterator[str]:
    """Write the tree of a stream, piece by piece.

    ``claim`` is a CLM01: only claims of that number are written, with what is above them; ``errors`` writes
    only what leads to a finding. ``phi`` shows what is a person's; ``ascii`` writes nothing but ASCII; ``watch``
    is shown every event. Of text only: ``raw`` writes each segment, not just the parts; ``depth`` is how many
    levels are written, 1 being the interchanges, and ``width`` the columns of a line, 0 is no limit; ``paint``
    colours marks. Raises NotX12 when the stream holds no interchange, UnknownClaim when it holds no such claim,
    ValueError for another format.
    """
    count = Count()
    marks = walk(stream, policies, claim=claim, codes=codes, guides=guides, count=count, watch=watch)
    if errors:
        marks = leading(marks)
    if format == "text":
        text = Text(phi=phi, ascii=ascii, raw=raw, depth=depth, width=width, paint=paint)
        for mark in marks:
            text.put(mark)
        asked = {"--claim": claim, "--errors": errors, "--depth": depth}
        yield from text.close(_rest(count.claims - text.claims, asked))
        return
    if format not in ("json", "xml"):
        raise ValueError(f"a tree is text, json or xml, not {format!r}")
    writer: Writer = (Json if format == "json" else Xml)(phi=phi, ascii=ascii)
    for mark in marks:
        yield from writer.put(mark)
    yield from writer.close()


def _rest(claims: int, asked: dict[str, object]) -> str:
    """What is not shown, and why; empty for nothing."""
    if not claims:
        return ""
    words = [word for word, value in asked.items() if value]
    return f"{many(claims, 'claim')} more, shown without {' '.join(words)}"
