"""Companion guides: how a payer or a sender narrows or widens an implementation guide.

Enters: files held to `schemas/companion.rng`, each a list of changes with their reasons. Leaves:
the guide that judges a group, by its GS08 and by who sends it to whom. GrammarError names the
file and what in it cannot be used, at load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from edi837 import grammar, maps
from edi837.grammar import ElementUse, Guide, LoopUse, SegmentUse
from edi837.maps import GrammarError
from edi837.x12 import element


@dataclass(frozen=True, eq=False, slots=True)
class Companion:
    """One file."""

    name: str
    guide: str
    sender: str  # GS02 it is for; empty: any
    receiver: str  # GS03 it is for; empty: any
    changes: etree._Element

    def fits(self, guide: str, sender: str, receiver: str) -> bool:
        """Whether it speaks of this guide between these two."""
        return guide == self.guide and self.sender in ("", sender) and self.receiver in ("", receiver)

    def fits_group(self, gs: Sequence[str]) -> bool:
        """As `fits`, of the GS of a group."""
        version, (sender, receiver) = element(gs, 8), (element(gs, 2), element(gs, 3))
        return self.fits(grammar.answers().get(version, ""), sender, receiver)


class Guides:
    """The guides to judge by, as companions change them."""

    def __init__(self, companions: Sequence[Companion] = ()) -> None:
        self.companions = tuple(companions)
        self._made: dict[tuple[str, tuple[Companion, ...]], Guide] = {}
        for each in companions:  # its faults are ours, and told before the first claim
            self._adapted(each.guide, (each,))

    @classmethod
    def read(cls, paths: str | Path | Iterable[str | Path]) -> Guides:
        """The guides with the companions of these files, each later one over those before; or of one file."""
        found = []
        for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):
            tree = maps.parse(path, "companion.rng")
            get = tree.get
            found.append(Companion(path.name, get("guide", ""), get("sender", ""), get("receiver", ""), tree))
        return cls(found)

    def guide(self, version: str, sender: str, receiver: str) -> Guide:
        """The guide for a group of this GS08, GS02 and GS03. KeyError when none answers for the version."""
        name = grammar.answers()[version]
        mine = tuple(each for each in self.companions if each.fits(name, sender, receiver))
        return self._adapted(name, mine) if mine else grammar.load(name)

    def _adapted(self, name: str, companions: tuple[Companion, ...]) -> Guide:
        guide = self._made.get((name, companions))
        if guide is None:
            guide = grammar.fresh(name)
            for companion in companions:
                for change in companion.changes.iter("change"):
                    _change(guide, change, companion.name)
            grammar.number(guide.root)
            guide = replace(guide, keys=grammar.keys(list(guide.root.segments())))
            self._made[name, companions] = guide
        return guide


def _change(guide: Guide, change: etree._Element, file: str) -> None:
    get = change.get
    loop, segment, element = get("loop", ""), get("segment", ""), get("element", "")
    where = f"{file}:{change.sourceline}"
    hits: list[LoopUse | SegmentUse | ElementUse] = [use for use in _loops(guide.root) if use.id == loop]
    if segment:
        name = get("name", "")
        segments = [use for use in guide.root.segments() if (use.loop.id, use.tag) == (loop, segment)]
        segments = [use for use in segments if name in use.name]
        hits = list(segments)
        if element:
            hits = [each for use in segments for each in _elements(use) if each.refdes == element]
    if not hits:
        raise GrammarError(f"{where}: {guide.id} has no {' '.join(filter(None, (loop, segment, element)))}")
    fact = get("fact", "")
    for use in hits:
        if fact == "codes" and isinstance(use, ElementUse) and not use.components:
            use.codes = _codes(use, change, where)
        elif fact == "usage":
            if isinstance(use, LoopUse):
                use.entry.usage = get("value", "")
            elif isinstance(use, SegmentUse) and use is use.loop.entry and "N" in (use.usage, get("value")):
                use.loop.usage = get("value", "")  # without the segment that opens it there is no loop
            if use in (guide.root, guide.root.entry):
                raise GrammarError(f"{where}: without ST there is no set")
            use.usage = get("value", "")
        elif fact == "repeat" and isinstance(use, LoopUse | ElementUse):
            use.repeat = int(get("value", ""))
        elif fact == "max_use" and isinstance(use, SegmentUse):
            use.max_use = int(get("value", ""))
        else:
            what = {LoopUse: "a loop", SegmentUse: "a segment", ElementUse: "a composite"}[type(use)]
            raise GrammarError(f"{where}: {fact} says nothing of {what}")


def _codes(use: ElementUse, change: etree._Element, where: str) -> frozenset[str]:
    """The codes of an element after a change; never none, for that would allow any."""
    said = {name: frozenset(change.get(name, "").split()) for name in ("value", "add", "remove")}
    for name in said:
        if change.get(name) is not None and not said[name]:
            raise GrammarError(f"{where}: {name} is empty; name codes of {use.refdes}, with blanks between them")
    if not use.codes and not said["value"]:
        raise GrammarError(f"{where}: {use.refdes} has no list of codes to change; give the whole list as value")
    codes = said["value"] or (use.codes | said["add"]) - said["remove"]
    if not codes:
        raise GrammarError(f"{where}: no code of {use.refdes} would be left")
    return codes


def _loops(loop: LoopUse) -> list[LoopUse]:
    below = [each for child in loop.children if isinstance(child, LoopUse) for each in _loops(child)]
    return [loop, *below]


def _elements(use: SegmentUse) -> list[ElementUse]:
    return [each for element in use.elements for each in (element, *element.components)]
