"""The XML behind the guides: pyx12's maps, our corrections to them, and the code lists.

Enters: the files of pyx12 4.0.0 and those in ``schemas/``. Leaves: XML in which every fact is
there and of its type. Maps and overlays are held to a RELAX NG schema, so a map of another
shape stops the load instead of the first claim.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from edi837 import safe
from edi837.findings import Edi837Error

MOST = 16 << 20  # bytes of a file
REASON = 8  # characters that the reason of a change has at least, by the schemas
COMPANIONS = ("005010X222A1", "005010X223A2")  # the guides that a companion may change, by its schema
UNBOUNDED = 0  # of repeat and max_use
_OVERLAYS = ("837P.overlay.xml", "837I.overlay.xml", "277CA.overlay.xml", "999.overlay.xml")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, huge_tree=False)


class GrammarError(Edi837Error):
    """A map, overlay or schema of ours, or a companion guide, cannot be used; raised at load."""


def corrected(guide: str) -> tuple[etree._Element, etree._Element]:
    """The map of a guide with our corrections made, and the overlay they came from.

    GrammarError when there is no overlay of that name, or it does not fit the map.
    """
    overlay = overlays().get(guide)
    if overlay is None:
        raise GrammarError(f"no overlay in schemas/ answers for {guide!r}; there are {', '.join(sorted(overlays()))}")
    source = resources.files("pyx12.map") / overlay.get("map", "")
    if not source.is_file():
        raise GrammarError(f"pyx12 has no map {source.name}; edi837 needs pyx12 4.0.0")
    tree = parse(source, "map.rng")
    apply(overlay, tree, source.name)
    return tree, overlay


@cache
def overlays() -> dict[str, etree._Element]:
    """Our corrections, by the guide they correct."""
    trees = [parse(schema_file(name), "overlay.rng") for name in _OVERLAYS]
    return {str(tree.get("guide")): tree for tree in trees}


def schema_file(name: str) -> Traversable:
    """A file of schemas/: the installed package edi837.schemas, or the folder of a checkout."""
    beside = Path(__file__).parent.parent / "schemas" / name
    if beside.is_file():
        return beside
    return resources.files("edi837.schemas") / name


def parse(source: Traversable, schema: str) -> etree._Element:
    """Parse and validate; an internal DTD or entity is refused, as is anything off the schema."""
    try:
        with source.open("rb") as stream:
            data = stream.read(MOST + 1)
        tree = etree.fromstring(data, _PARSER) if len(data) <= MOST else None
    except (OSError, etree.XMLSyntaxError) as error:
        raise GrammarError(f"{source.name} cannot be read: {error}") from error
    if tree is None:
        raise GrammarError(f"{source.name} is longer than {MOST >> 20} MiB")
    if tree.getroottree().docinfo.internalDTD is not None:
        raise GrammarError(f"{source.name} has a DOCTYPE; none is needed and none is read")
    rules = etree.RelaxNG(etree.fromstring(schema_file(schema).read_bytes(), _PARSER))
    if not rules.validate(tree):
        raise GrammarError(f"{source.name}:{_misfit(tree, rules, schema)}")
    return tree


def _misfit(tree: etree._Element, rules: etree.RelaxNG, schema: str) -> str:
    """Row and cause of the first thing off the schema: lxml often knows neither."""
    log = [(entry.line, entry.message) for entry in rules.error_log]
    row, message = next((found for found in log if found[0]), log[0])
    if not row:  # the first of its children that does not fit, alone either
        row = next((child.sourceline for child in tree if not _fits(child, tree, rules)), tree.sourceline)
    guide = tree.get("guide", "")
    if schema == "companion.rng" and guide not in COMPANIONS:
        row, message = tree.sourceline, f"guide is {' or '.join(COMPANIONS)}, not {safe.text(guide) or 'left out'}"
    short = (node for node in tree.iter("change") if node.sourceline == row)
    if any(len(node.get("reason", "")) < REASON for node in short):
        message = f"reason needs {REASON} characters at least"
    return f"{row} does not fit schemas/{schema}: {message}"


def _fits(child: etree._Element, tree: etree._Element, rules: etree.RelaxNG) -> bool:
    alone = etree.Element(tree.tag, {str(key): str(value) for key, value in tree.attrib.items()})
    alone.append(etree.fromstring(etree.tostring(child, with_tail=False), _PARSER))
    return bool(rules.validate(alone))


def apply(overlay: etree._Element, tree: etree._Element, name: str) -> None:
    """Make the corrections of an overlay; each must hit something, or the map has changed."""
    for change in overlay.iter("change"):
        loop, segment, element = change.get("loop"), change.get("segment"), change.get("element")
        hits = [n for n in tree.iter("loop") if n.get("xid") == loop]
        if segment:
            named = change.get("name", "")
            hits = [s for n in hits for s in n.findall("segment") if s.get("xid") == segment]
            hits = [s for s in hits if named in fact(s, "name")]
        if element:
            hits = [e for s in hits for e in s.iter("element", "composite") if e.get("xid") == element]
        if not hits:
            raise GrammarError(f"{overlay.get('guide')}: no {loop} {segment or ''} {element or ''} in {name} to change")
        for node in hits:
            what, value = change.get("fact", ""), change.get("value")
            if what == "external":
                _point(node, value or "")
                continue
            old = node.find("valid_codes" if what == "codes" else what)
            if old is not None:
                node.remove(old)
            if what == "codes":
                listed = etree.SubElement(node, "valid_codes")
                for code in (value or "").split():
                    etree.SubElement(listed, "code").text = code
            elif value is not None:
                etree.SubElement(node, what).text = value


def _point(element: etree._Element, name: str) -> None:
    """Have an outside code list judge an element that has no codes of its own in the map."""
    if name not in code_lists():
        raise GrammarError(f"pyx12 has no code list {name!r} to judge {element.get('xid')} by")
    if element.find("valid_codes") is not None:
        raise GrammarError(f"{element.get('xid')} has codes in the map already")
    etree.SubElement(element, "valid_codes", external=name)


@cache
def known_tags() -> frozenset[str]:
    """Segment ids that X12 knows, as far as pyx12's 5010 maps name them (code source 77)."""
    tags: set[str] = set()
    for source in resources.files("pyx12.map").iterdir():
        if source.name.endswith(".xml") and source.name[0].isdigit() and "v2" not in source.name:
            tags.update(str(s.get("xid")) for s in etree.fromstring(source.read_bytes(), _PARSER).iter("segment"))
    return frozenset(tags)


@cache
def data_elements() -> dict[str, tuple[str, int, int]]:
    """Data element number to type, shortest and longest (pyx12's dataele.xml)."""
    tree = etree.fromstring((resources.files("pyx12.map") / "dataele.xml").read_bytes(), _PARSER)
    return {
        str(e.get("ele_num")): (str(e.get("data_type")), int(e.get("min_len", 1)), int(e.get("max_len", 1)))
        for e in tree.iter("data_ele")
    }


class Named(NamedTuple):
    """An element of a frame's segment, as pyx12's map of the frames has it."""

    refdes: str
    name: str
    data_element: str


@cache
def frames() -> dict[str, tuple[str, tuple[Named, ...]]]:
    """Name and elements of ISA, GS, ST, SE, GE and IEA (pyx12's x12.control.00501.xml; ST and SE of the 837P's map)."""
    found = {}
    for source, tags in (("x12.control.00501.xml", ("ISA", "GS", "GE", "IEA")), ("837.5010.X222.A1.xml", ("ST", "SE"))):
        tree = etree.fromstring((resources.files("pyx12.map") / source).read_bytes(), _PARSER)
        for segment in tree.iter("segment"):
            if (tag := str(segment.get("xid"))) in tags:
                elements = segment.findall("element")
                named = (Named(str(e.get("xid")), fact(e, "name"), fact(e, "data_ele")) for e in elements)
                found[tag] = fact(segment, "name"), tuple(named)
    return found


class CodeList(NamedTuple):
    """An external list of codes."""

    codes: frozenset[str]
    complete: bool  # so that the guide refuses what is missing
    until: date | None = None  # a list that grows: the last day it is complete for


@cache
def code_lists() -> dict[str, CodeList]:
    """The external lists by name (pyx12's codes.xml), with what we add to them."""
    tree = etree.fromstring((resources.files("pyx12.map") / "codes.xml").read_bytes(), _PARSER)
    lists = {fact(n, "id"): frozenset(str(c.text) for c in n.iter("code")) for n in tree.iter("codeset")}
    overlay = parse(schema_file("codes.overlay.xml"), "overlay.rng")
    result = {name: CodeList(codes, False) for name, codes in lists.items()}
    for entry in overlay.iter("codes"):
        name, until = str(entry.get("list")), entry.get("until")
        codes = result[name].codes | frozenset(entry.get("add", "").split())
        last = date.fromisoformat(until) if until else None
        result[name] = CodeList(codes, entry.get("complete") == "yes", last)
    return result


def fact(node: etree._Element, name: str) -> str:
    """What a map says of a loop, segment or element; empty when it says nothing."""
    return (node.findtext(name) or "").strip()


def number(node: etree._Element, name: str) -> int:
    """A fact that is a number, 0 when there is none."""
    return int(fact(node, name) or 0)


def times(node: etree._Element, name: str) -> int:
    """A fact that says how often: ``3``, ``>1``."""
    text = fact(node, name)
    return UNBOUNDED if text in (">1", "") else int(text)
