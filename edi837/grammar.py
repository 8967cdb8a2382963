"""The implementation guides: what may stand where, read from pyx12's maps.

Enters: a map with our corrections, as XML (`maps`). Leaves: a tree of `LoopUse`, `SegmentUse`
and `ElementUse`, the words of X12 for "this loop, segment, element, in this place of this
guide".

Read anew at each start (30 ms): a cache would be a second truth to go stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from lxml import etree

from edi837 import maps
from edi837.maps import UNBOUNDED, GrammarError, known_tags

__all__ = [
    "UNBOUNDED", "ElementUse", "GrammarError", "Guide", "LoopUse", "SegmentUse", "answers", "known_tags", "load",
    "uses",
]  # fmt: skip


@dataclass(slots=True)
class ElementUse:
    """An element, component or composite in its place."""

    refdes: str  # CLM02, SV101-3
    name: str
    usage: str  # R required, S situational, N not used
    seq: int  # position in its segment or composite, from 1
    data_element: str  # X12 data element number; C003 for a composite
    type: str = "AN"  # AN, ID, R, N0, N2, DT, TM, B
    min: int = 1
    max: int = 1
    repeat: int = 1
    codes: frozenset[str] = frozenset()  # the only values allowed; empty: any
    shape: str = ""  # a pattern the value must have besides
    code_list: str = ""  # an external list too old to judge by: only named, never enforced
    components: tuple[ElementUse, ...] = ()


@dataclass(eq=False, slots=True)
class SegmentUse:
    """A segment in its place."""

    tag: str
    name: str
    usage: str
    pos: int  # order among the children of its loop; equal positions stand in any order
    max_use: int
    elements: tuple[ElementUse, ...]
    notes: tuple[tuple[str, tuple[int, ...]], ...]  # syntax notes that can matter: ("P", (3, 4))
    loop: LoopUse = field(repr=False)
    bit: int = 0  # its bit in the mask of what its loop has seen
    unused: bool = False  # it may not stand here, or its loop may not: only a companion guide says so

    def __str__(self) -> str:
        return f"{self.loop.id} {self.tag}"


@dataclass(eq=False, slots=True)
class LoopUse:
    """A loop in its place. `entry` is the segment that opens it."""

    id: str
    name: str
    usage: str
    pos: int
    repeat: int
    parent: LoopUse | None = field(default=None, repr=False)
    children: list[SegmentUse | LoopUse] = field(default_factory=list, repr=False)
    required: int = 0  # bits of the children that must appear
    told: bool = False  # a claim or a hierarchical level: told when it closes, and let go
    bit: int = 0
    unused: bool = False  # it may not stand here, or a loop it is in may not

    @property
    def entry(self) -> SegmentUse:
        """The first segment, whose arrival opens the loop."""
        first = self.children[0]
        assert isinstance(first, SegmentUse)
        return first

    def segments(self) -> Iterator[SegmentUse]:
        """Every segment use below, in guide order."""
        for child in self.children:
            if isinstance(child, SegmentUse):
                yield child
            else:
                yield from child.segments()


@dataclass(frozen=True, eq=False, slots=True)
class Guide:
    """One implementation guide, ready to place segments."""

    id: str  # 005010X222A1
    kind: str  # P, I; 277, 999 for the answers
    functional_id: str  # GS01
    set_id: str  # ST01
    root: LoopUse  # the ST loop; SE is left to the envelope
    keys: dict[str, tuple[int, ...]]  # tags told apart by these elements (HI and the like: component 1)
    tags: frozenset[str]


@cache
def load(guide: str) -> Guide:
    """Load a guide by its own name, such as ``005010X222A1``; GrammarError when it cannot be used."""
    return fresh(guide)


@lru_cache(maxsize=16)
def uses(guide: Guide) -> dict[str, list[SegmentUse]]:
    """The uses of each tag of a guide, in guide order."""
    found: dict[str, list[SegmentUse]] = {}
    for use in guide.root.segments():
        found.setdefault(use.tag, []).append(use)
    return found


def fresh(guide: str) -> Guide:
    """As `load`, anew at each call, for one who is going to change it."""
    tree, overlay = maps.corrected(guide)
    return _Reader(tree, overlay).guide(guide)


@cache
def answers() -> dict[str, str]:
    """Which guide judges a GS08: ``{"005010X222": "005010X222A1", ...}``; reasons in the overlays."""
    table = {}
    for guide, overlay in maps.overlays().items():
        table[guide] = guide
        table.update((alias.get("gs08", ""), guide) for alias in overlay.iter("answers"))
    return table


class _Reader:
    """Turns the XML of one map into uses."""

    def __init__(self, tree: etree._Element, overlay: etree._Element) -> None:
        self._tree, self._overlay = tree, overlay
        self._elements = maps.data_elements()

    def guide(self, name: str) -> Guide:
        st = self._tree.find(".//loop[@xid='ST_LOOP']")
        if st is None:
            raise GrammarError(f"the map of {name} has no ST_LOOP")
        root = LoopUse("ST_LOOP", "Transaction Set", "R", 0, 1)
        self._fill(root, st, 0)
        root.children = [c for c in root.children if not (isinstance(c, SegmentUse) and c.tag == "SE")]
        number(root)
        uses = list(root.segments())
        get = self._overlay.get
        return Guide(
            name, get("kind", ""), get("functional-id", ""), get("set-id", ""), root, keys(uses),
            frozenset(use.tag for use in uses),
        )  # fmt: skip

    def _fill(self, loop: LoopUse, node: etree._Element, base: int) -> None:
        for child in node:
            if child.tag == "segment":
                loop.children.append(self._segment(child, loop, base))
            elif child.tag == "loop" and child.get("type") == "wrapper":  # HEADER, DETAIL: order only
                self._fill(loop, child, (maps.number(child, "pos") + 1) * 100_000)
            elif child.tag == "loop":
                use = LoopUse(
                    str(child.get("xid")), maps.fact(child, "name"), maps.fact(child, "usage"),
                    base + maps.number(child, "pos"), maps.times(child, "repeat"), loop,
                )  # fmt: skip
                self._fill(use, child, 0)
                loop.children.append(use)
        loop.children.sort(key=lambda use: use.pos)

    def _segment(self, node: etree._Element, loop: LoopUse, base: int) -> SegmentUse:
        elements = tuple(self._element(c, "") for c in node if c.tag in ("element", "composite"))
        usage = {e.seq: e.usage for e in elements}
        notes = (_note(str(n.text), usage) for n in node.findall("syntax"))
        return SegmentUse(
            str(node.get("xid")), maps.fact(node, "name"), maps.fact(node, "usage"), base + maps.number(node, "pos"),
            maps.times(node, "max_use"), elements, tuple(n for n in notes if n), loop,
        )  # fmt: skip

    def _element(self, node: etree._Element, within: str) -> ElementUse:
        number, seq = maps.fact(node, "data_ele"), maps.number(node, "seq")
        parent = node.getparent()
        tag = parent.get("xid") if parent is not None else ""
        refdes = f"{within}-{seq}" if within else node.get("xid") or f"{tag}{seq:02d}"
        use = ElementUse(refdes, maps.fact(node, "name"), maps.fact(node, "usage"), seq, number)
        use.repeat = maps.times(node, "repeat") if node.find("repeat") is not None else 1
        if node.tag == "composite":
            use.components = tuple(self._element(c, refdes) for c in node.findall("element"))
            return use
        if number not in self._elements:
            raise GrammarError(f"{refdes}: data element {number} is not in pyx12's dataele.xml")
        use.type, use.min, use.max = self._elements[number]
        use.shape = node.findtext("regex") or ""
        valid = node.find("valid_codes")
        if valid is not None:
            inline = frozenset(str(c.text) for c in valid.findall("code"))
            listed = maps.code_lists().get(valid.get("external", ""), maps.CodeList(frozenset(), True))
            if listed.complete:
                use.codes = inline | listed.codes
            else:
                use.code_list = valid.get("external", "")
        return use


def _note(text: str, usage: dict[int, str]) -> tuple[str, tuple[int, ...]] | None:
    """A syntax note without what usage already settles; None when nothing is left of it."""
    kind, all_seqs = text[0], tuple(int(text[i : i + 2]) for i in range(1, len(text), 2))
    uses = [usage.get(seq, "N") for seq in all_seqs]
    if kind in "PC" and (set(uses) <= {"R"} or set(uses) <= {"N"}):
        return None
    if kind in "RL" and "R" in uses[kind == "L" :]:
        return None
    if kind in "CL" and uses[0] == "N":
        return None
    seqs = tuple(seq for seq, use in zip(all_seqs, uses, strict=True) if use != "N")
    if (kind == "E" and len(seqs) < 2) or not seqs or (kind != "R" and len(seqs) < 2):
        return None
    return kind, seqs


def keys(uses: list[SegmentUse]) -> dict[str, tuple[int, ...]]:
    """Which elements tell the uses of a tag apart: those whose code sets differ between uses."""
    sets: dict[str, set[frozenset[str]]] = {}
    for use in uses:
        sets.setdefault(use.tag, set()).add(_first(use).codes)
    found: dict[str, tuple[int, ...]]
    found = {tag: (1,) for tag, codes in sets.items() if len(codes) > 1 and frozenset() not in codes}
    if "HL" in sets:
        found["HL"] = (3,)  # the level code; the parent is checked apart
    if "PWK" in sets:
        found["PWK"] = (1, 2)  # 2400 has CT twice: supplemental information and certificate differ in PWK02
    return found


def _first(use: SegmentUse) -> ElementUse:
    first = use.elements[0]
    return first.components[0] if first.components else first


def number(loop: LoopUse) -> None:
    """Give each child its bit, and the loop the mask of those it requires; say what may not stand in it."""
    loop.required = 0
    for index, child in enumerate(loop.children):
        child.bit = 1 << index
        child.unused = loop.unused or child.usage == "N"
        if child.usage == "R":
            loop.required |= child.bit
        if isinstance(child, LoopUse):
            child.told = child.id == "2300" or child.entry.tag == "HL"
            number(child)
