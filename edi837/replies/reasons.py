"""The reasons of an answer in words: what its status codes mean, and where in the claim to look.

Enters: the STC of a 277. Leaves: rows of a label and words, each once; the payer's own words masked unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi837 import safe
from edi837.replies import codes
from edi837.replies.items import Status

LINES = "A3:247"  # the reason is told with a line


def rows(
    statuses: Sequence[Status], phi: bool, but: str = "", inquiry: bool = False
) -> Iterator[tuple[str, str]]:
    """Of each code what it means; ``but`` is passed over, ``inquiry`` says that it is no acknowledgement."""
    told: dict[tuple[str, str], None] = {}
    for status in statuses:
        for code in status.codes:
            if code == but:
                continue
            told["status" if inquiry else "why", f"{safe.text(code)}: {codes.status(code, inquiry)}"] = None
            if not inquiry and (place := codes.place(code)):
                told["look at", place] = None
        if status.text:
            text = safe.text(status.text) if phi else f"{safe.MASK} (the payer's own words: --phi show)"
            told["text", text] = None
    yield from told


def of(statuses: Sequence[Status]) -> list[str]:
    """The codes of several statuses."""
    return [code for status in statuses for code in status.codes]
