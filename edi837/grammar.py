"""The implementation guides: what may stand where, read from pyx12's maps.

Enters: a map (XML, pyx12 4.0.0), its corrections in ``schemas/*.overlay.xml`` and the code
lists of both. Leaves: a tree of `LoopUse`, `SegmentUse` and `ElementUse`, the words of X12
for "this loop, segment, element, in this place of this guide". Maps and overlays are held
to a RELAX NG schema, so a map of another shape stops the load instead of the first claim.

Read anew at each start (30 ms): a cache would be a second truth to go stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from lxml import etree

from edi837.findings import Edi837Error

UNBOUNDED = 0  # of repeat and max_use


class GrammarError(Edi837Error):
    """A map, overlay or schema of ours cannot be used; raised at load."""


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
    bit: int = 0

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
    overlay = _overlays().get(guide)
    if overlay is None:
        raise GrammarError(f"no overlay in schemas/ answers for {guide!r}; there are {', '.join(sorted(_overlays()))}")
    source = resources.files("pyx12.map") / overlay.get("map", "")
    if not source.is_file():
        raise GrammarError(f"pyx12 has no map {source.name}; edi837 needs pyx12 4.0.0")
    tree = _parse(source, "map.rng")
    _apply(overlay, tree, source.name)
    return _Reader(tree, overlay).guide(guide)


@cache
def answers() -> dict[str, str]:
    """Which guide judges a GS08: ``{"005010X222": "005010X222A1", ...}``; reasons in the overlays."""
    table = {}
    for guide, overlay in _overlays().items():
        table[guide] = guide
        table.update((alias.get("gs08", ""), guide) for alias in overlay.iter("answers"))
    return table


@cache
def known_tags() -> frozenset[str]:
    """Segment ids that X12 knows, as far as pyx12's 5010 maps name them (code source 77)."""
    tags: set[str] = set()
    for source in resources.files("pyx12.map").iterdir():
        if source.name.endswith(".xml") and source.name[0].isdigit() and "v2" not in source.name:
            tags.update(str(s.get("xid")) for s in etree.fromstring(source.read_bytes(), _PARSER).iter("segment"))
    return frozenset(tags)


@cache
def code_list(name: str) -> frozenset[str]:
    """An external code list, completed by ``schemas/codes.overlay.xml``."""
    return _code_lists().get(name, (frozenset(), False))[0]


class _Reader:
    """Turns the XML of one map into uses."""

    def __init__(self, tree: etree._Element, overlay: etree._Element) -> None:
        self._tree, self._overlay = tree, overlay
        self._elements = _data_elements()

    def guide(self, name: str) -> Guide:
        st = self._tree.find(".//loop[@xid='ST_LOOP']")
        if st is None:
            raise GrammarError(f"the map of {name} has no ST_LOOP")
        root = LoopUse("ST_LOOP", "Transaction Set", "R", 0, 1)
        self._fill(root, st, 0)
        root.children = [c for c in root.children if not (isinstance(c, SegmentUse) and c.tag == "SE")]
        _number(root)
        uses = list(root.segments())
        get = self._overlay.get
        return Guide(
            name, get("kind", ""), get("functional-id", ""), get("set-id", ""), root, _keys(uses),
            frozenset(use.tag for use in uses),
        )  # fmt: skip

    def _fill(self, loop: LoopUse, node: etree._Element, base: int) -> None:
        for child in node:
            if child.tag == "segment":
                loop.children.append(self._segment(child, loop, base))
            elif child.tag == "loop" and child.get("type") == "wrapper":  # HEADER, DETAIL: order only
                self._fill(loop, child, (_int(child, "pos") + 1) * 100_000)
            elif child.tag == "loop":
                use = LoopUse(
                    str(child.get("xid")), _text(child, "name"), _text(child, "usage"),
                    base + _int(child, "pos"), _count(child, "repeat"), loop,
                )  # fmt: skip
                self._fill(use, child, 0)
                loop.children.append(use)
        loop.children.sort(key=lambda use: use.pos)

    def _segment(self, node: etree._Element, loop: LoopUse, base: int) -> SegmentUse:
        elements = tuple(self._element(c, "") for c in node if c.tag in ("element", "composite"))
        usage = {e.seq: e.usage for e in elements}
        notes = (_note(str(n.text), usage) for n in node.findall("syntax"))
        return SegmentUse(
            str(node.get("xid")), _text(node, "name"), _text(node, "usage"), base + _int(node, "pos"),
            _count(node, "max_use"), elements, tuple(n for n in notes if n), loop,
        )  # fmt: skip

    def _element(self, node: etree._Element, within: str) -> ElementUse:
        number, seq = _text(node, "data_ele"), _int(node, "seq")
        parent = node.getparent()
        tag = parent.get("xid") if parent is not None else ""
        refdes = f"{within}-{seq}" if within else node.get("xid") or f"{tag}{seq:02d}"
        use = ElementUse(refdes, _text(node, "name"), _text(node, "usage"), seq, number)
        use.repeat = _count(node, "repeat") if node.find("repeat") is not None else 1
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
            listed, complete = _code_lists().get(valid.get("external", ""), (frozenset(), True))
            if complete:
                use.codes = inline | listed
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
    if kind == "E" and len(seqs) < 2 or not seqs or (kind != "R" and len(seqs) < 2):
        return None
    return kind, seqs


def _keys(uses: list[SegmentUse]) -> dict[str, tuple[int, ...]]:
    """Which elements tell the uses of a tag apart: those whose code sets differ between uses."""
    sets: dict[str, set[frozenset[str]]] = {}
    for use in uses:
        sets.setdefault(use.tag, set()).add(_first(use).codes)
    keys: dict[str, tuple[int, ...]]
    keys = {tag: (1,) for tag, codes in sets.items() if len(codes) > 1 and frozenset() not in codes}
    if "HL" in sets:
        keys["HL"] = (3,)  # the level code; the parent is checked apart
    if "PWK" in sets:
        keys["PWK"] = (1, 2)  # 2400 has CT twice: supplemental information and certificate differ in PWK02
    return keys


def _first(use: SegmentUse) -> ElementUse:
    first = use.elements[0]
    return first.components[0] if first.components else first


def _number(loop: LoopUse) -> None:
    """Give each child its bit, and the loop the mask of those it requires."""
    for index, child in enumerate(loop.children):
        child.bit = 1 << index
        if child.usage == "R":
            loop.required |= child.bit
        if isinstance(child, LoopUse):
            _number(child)


# ------------------------------------------------------------------ our own data, read at load

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, huge_tree=False)


def schema_file(name: str) -> Traversable:
    """A file of schemas/: the installed package edi837.schemas, or the folder of a checkout."""
    beside = Path(__file__).parent.parent / "schemas" / name
    if beside.is_file():
        return beside
    return resources.files("edi837.schemas") / name


def _parse(source: Traversable, schema: str) -> etree._Element:
    """Parse and validate; an internal DTD or entity is refused, as is anything off the schema."""
    try:
        tree = etree.fromstring(source.read_bytes(), _PARSER)
    except (OSError, etree.XMLSyntaxError) as error:
        raise GrammarError(f"{source.name} cannot be read: {error}") from error
    if b"<!DOCTYPE" in source.read_bytes():
        raise GrammarError(f"{source.name} has a DOCTYPE; none is needed and none is read")
    rules = etree.RelaxNG(etree.fromstring(schema_file(schema).read_bytes(), _PARSER))
    if not rules.validate(tree):
        first = rules.error_log[0]
        raise GrammarError(f"{source.name}:{first.line} does not fit schemas/{schema}: {first.message}")
    return tree


@cache
def _overlays() -> dict[str, etree._Element]:
    names = ("837P.overlay.xml", "837I.overlay.xml", "277CA.overlay.xml", "999.overlay.xml")
    trees = [_parse(schema_file(name), "overlay.rng") for name in names]
    return {str(tree.get("guide")): tree for tree in trees}


def _apply(overlay: etree._Element, tree: etree._Element, name: str) -> None:
    """Make the corrections of an overlay; each must hit something, or the map has changed."""
    for change in overlay.iter("change"):
        loop, segment, element = change.get("loop"), change.get("segment"), change.get("element")
        hits = [n for n in tree.iter("loop") if n.get("xid") == loop]
        if segment:
            named = change.get("name", "")
            hits = [s for n in hits for s in n.findall("segment") if s.get("xid") == segment]
            hits = [s for s in hits if named in _text(s, "name")]
        if element:
            hits = [e for s in hits for e in s.iter("element", "composite") if e.get("xid") == element]
        if not hits:
            raise GrammarError(f"{overlay.get('guide')}: no {loop} {segment or ''} {element or ''} in {name} to change")
        for node in hits:
            fact, value = change.get("fact", ""), change.get("value")
            old = node.find(fact)
            if old is not None:
                node.remove(old)
            if value is not None:
                etree.SubElement(node, fact).text = value


@cache
def _data_elements() -> dict[str, tuple[str, int, int]]:
    """Data element number to type, shortest and longest (pyx12's dataele.xml)."""
    tree = etree.fromstring((resources.files("pyx12.map") / "dataele.xml").read_bytes(), _PARSER)
    return {
        str(e.get("ele_num")): (str(e.get("data_type")), int(e.get("min_len", 1)), int(e.get("max_len", 1)))
        for e in tree.iter("data_ele")
    }


@cache
def _code_lists() -> dict[str, tuple[frozenset[str], bool]]:
    """External lists: the codes, and whether they are complete enough to refuse what is missing."""
    tree = etree.fromstring((resources.files("pyx12.map") / "codes.xml").read_bytes(), _PARSER)
    lists = {_text(n, "id"): frozenset(str(c.text) for c in n.iter("code")) for n in tree.iter("codeset")}
    overlay = _parse(schema_file("codes.overlay.xml"), "overlay.rng")
    result = {name: (codes, False) for name, codes in lists.items()}
    for entry in overlay.iter("codes"):
        name = str(entry.get("list"))
        codes, _ = result[name]
        result[name] = (codes | frozenset(entry.get("add", "").split()), entry.get("complete") == "yes")
    return result


def _text(node: etree._Element, fact: str) -> str:
    return (node.findtext(fact) or "").strip()


def _int(node: etree._Element, fact: str) -> int:
    return int(_text(node, fact) or 0)


def _count(node: etree._Element, fact: str) -> int:
    text = _text(node, fact)
    return UNBOUNDED if text in (">1", "") else int(text)
