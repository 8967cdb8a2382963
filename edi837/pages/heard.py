"""The 277CA that answers a file, claim by claim: its segments, and what they say in plain words.

Enters: the stream of a 277CA of ours. Leaves: an `Answer` by the number of the claim, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from edi837 import x12
from edi837.replies.items import ClaimReply
from edi837.replies.read import read
from edi837.replies.words import Teller
from edi837.views import shown
from edi837.views.locate import Located
from edi837.x12 import Delimiters

GUIDE = "005010X214"
_ENDS = ("SE", "HL")


@dataclass(slots=True)
class Answer:
    """What a 277CA says of one claim."""

    pieces: list[str]
    marks: Delimiters
    reply: ClaimReply

    def segments(self, phi: bool = False) -> Iterator[str]:
        """The segments, what is a person's masked."""
        for piece in self.pieces:
            yield shown.line(Located(1, 0, 1, 1, piece, self.marks), GUIDE, phi=phi).text

    def words(self, phi: bool = False) -> list[tuple[str, str]]:
        """What they say: labels and words."""
        return [row for said in Teller(phi).say(self.reply) for row in said.rows]


class Heard:
    """The answers to the claims that are wanted."""

    def __init__(self, file: IO[bytes] | None, wanted: Collection[int]) -> None:
        self._answers: dict[int, Answer] = {}
        if file is None or not wanted:
            return
        stream = cast(BinaryIO, file)
        pieces = dict(_pieces(stream, wanted))
        stream.seek(0)
        replies = (item for item in read(stream) if isinstance(item, ClaimReply))
        for number, reply in enumerate(replies):
            if number in pieces:
                self._answers[number] = Answer(*pieces[number], reply)

    def of(self, number: int) -> Answer | None:
        """The answer to a claim; None when there is none."""
        return self._answers.get(number)


def _pieces(stream: BinaryIO, wanted: Collection[int]) -> Iterator[tuple[int, tuple[list[str], Delimiters]]]:
    """The segments of each wanted claim, from its HL on."""
    number = -1
    for raw in x12.read(stream):
        if isinstance(raw, x12.Stray):
            continue
        held: list[str] | None = None
        for piece in raw.pieces:
            text = piece.lstrip()
            seg = text.split(raw.delimiters.element)
            if seg[0] in _ENDS:
                if held:
                    yield number, (held, raw.delimiters)
                held = None
            if seg[0] == "HL" and x12.element(seg, 3) == "PT":
                number += 1
                held = [] if number in wanted else None
            if held is not None:
                held.append(text)
