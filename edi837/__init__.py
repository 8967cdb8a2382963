"""edi837: an X12 837 processor. Claims in; TA1, 999, 277CA and a report in words out.

Seven verbs are the public interface; everything streams, with one claim in memory::

    segments  every segment of a file, as lists: seg[2] is element 02
    tree      each claim's loop, hanging from its open ancestors
    claims    each claim, with its service lines
    check     what is wrong: findings from the guide and from policies
    acknowledge  write the TA1, 999, 277CA and report of a file
    policy    a payer's policy, by name or from a file
    text      a value as it may be shown

Text is as sent, one character a byte.

The house, in the order in which a byte becomes a rejection: `x12` the wire, `grammar` the
guides, `accept` and `syntax` the elements, `misfits` and `loops` the places, `envelope` the
frames, `mapper` and `claim` the claim, `checks` and `rules` the payer's policy, `process`
where they meet, `acks` and `report` the answers, `gateway` the folders, `cli` the commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from edi837 import answer, process, x12
from edi837.acks.reply import LAST_NUMBER
from edi837.chart import Loop
from edi837.claim import Claim, Drug, Party, ServiceLine
from edi837.codetables import CodeTableError, Tables
from edi837.companion import Guides
from edi837.findings import Edi837Error, Finding, NotX12, Place, Proposal, StatusCode
from edi837.frames import Verdict
from edi837.history import HistoryError
from edi837.maps import GrammarError
from edi837.rules import Policy, PolicyError
from edi837.safe import text
from edi837.snip import Codes
from edi837.sources import Policies, Source, loaded, opened, own, read, spooled
from edi837.terms import Terms

__all__ = [
    "Claim", "CodeTableError", "Codes", "Drug", "Edi837Error", "Finding", "GrammarError", "Guides", "HistoryError",
    "Loop", "NotX12", "Party", "Place", "Policy", "PolicyError", "Proposal", "ServiceLine", "StatusCode", "Tables",
    "Verdict", "acknowledge", "check", "claims", "policy", "segments", "text", "tree",
]  # fmt: skip
__version__ = "0.1.0"


def segments(source: Source) -> Iterator[x12.Segment]:
    """Yield every segment of every interchange in a file, envelope included.

    A segment is a list: ``seg[0]`` is its tag, ``seg[2]`` its element 02. One byte is one
    character (latin-1). Raises NotX12 when the file holds no interchange.
    """
    with opened(source) as stream:
        for item in x12.read(stream):
            if isinstance(item, x12.RawInterchange):
                for piece in item.pieces:
                    seg = x12.split(piece, item.delimiters)
                    if seg != [""]:
                        yield seg


def tree(source: Source) -> Iterator[Loop]:
    """Yield each claim's 2300 `Loop` as it closes; `Loop.parent` leads up to the set."""
    with opened(source) as stream:
        for event in process.tell_loops(stream):
            if isinstance(event, Loop) and event.use.id == "2300":
                yield event


def claims(source: Source) -> Iterator[Claim]:
    """Yield each claim of a file, well formed or not, in file order.

    Text is as sent, one character a byte (latin-1): `text` reads a name that is UTF-8.
    """
    with opened(source) as stream:
        for event in process.tell(stream):
            if isinstance(event, Verdict):
                yield event.claim


def check(
    source: Source, policies: Policies = ("042",), *, codes: Codes | None = None,
    guides: Guides | None = None, history: str | Path | None = None,
) -> Iterator[Finding]:
    """Yield what is wrong with a file, in file order; what is missing is told where its absence shows, when its loop
    ends. ``policies`` is one, or several, each by its name, its path or as read; an empty list judges by the guide
    alone.

    ``codes`` are tables of codes with their dates (``Tables.load(folder)``), ``guides`` the guides as
    companions change them (``Guides.read(paths)``), ``history`` the store of claims accepted
    before, which `acknowledge` begins and this only looks into. Raises NotX12 when the file holds no interchange,
    PolicyError when a policy cannot be used, and Edi837Error when there is no such store.
    """
    if history and not Path(history).exists():
        raise HistoryError(f"there is no history {Path(history).name}: acknowledge(..., history=...) begins one")
    terms = _terms(policies, codes, guides, history)
    with opened(source) as stream, spooled(stream) as whole:
        for event in terms.read(whole).tell():
            if isinstance(event, Finding):
                yield event
            elif isinstance(event, Verdict):
                yield from event.findings


def acknowledge(
    source: Source,
    policies: Policies = ("042",),
    *,
    out: str | Path,
    now: datetime,
    control: int | None = None,
    name: str = "",
    codes: Codes | None = None,
    guides: Guides | None = None,
    history: str | Path | None = None,
) -> dict[str, Path]:
    """Write the TA1, 999, 277CA and report of a file into folder ``out``; all of them or none.

    ``now`` dates them, a zone left out. ``control`` is the first control number; without one it is taken from
    the bytes of the file, so that the same file gives the same answers. ``name`` (default: the
    file's own) begins each name written. What is accepted is kept in ``history``, if one is
    named. Returns kind to path: ``ta1``, ``999``, ``277ca``, ``report.json``, ``report.txt``,
    without those that there is no need of.
    """
    if not isinstance(now, datetime):
        raise TypeError(f"now is a datetime, for the answers say the time too, not a {type(now).__name__}")
    if control is not None and not 1 <= control <= LAST_NUMBER:
        raise ValueError(f"control is from 1 to {LAST_NUMBER}, as ISA13 holds it, not {control}")
    if name and (Path(name).name != name or "\0" in name):
        raise ValueError(f"name is what the files in out are called by, without a folder or a NUL in it, not {name!r}")
    terms = _terms(policies, codes, guides, history)
    name = name or (Path(source).name if isinstance(source, str | Path) else "interchange")
    with (
        opened(source) as stream, spooled(stream) as whole,
        closing(answer.answer(whole, terms, file=name, now=now, control=control)) as outcome,
    ):  # fmt: skip
        return answer.publish(outcome, Path(out), name)


def policy(name: str | Path) -> Policy:
    """A shipped policy or profile by name (`edi837 policy list` lists them), or a policy file by its path.

    What a shipped one holds is read once and shared by all who ask for it: it is not to be changed.
    """
    return loaded(name)


def _terms(
    policies: Policies, codes: Codes | None, guides: Guides | None, history: str | Path | None
) -> Terms:
    own(codes, guides)
    return Terms(read(policies), codes=codes, guides=guides or Guides(), history=Path(history) if history else None)
