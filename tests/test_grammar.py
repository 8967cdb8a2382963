"""The guides as they are read, held against the XML they were read from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from edi837 import grammar, maps
from edi837.grammar import ElementUse, GrammarError, Guide, LoopUse, SegmentUse

GUIDES = ("005010X222A1", "005010X223A2", "005010X214", "005010X231A1")
SCHEMAS = Path(__file__).parent.parent / "schemas"


def xml(guide: str) -> etree._Element:
    """The map of a guide, read with nothing of ours."""
    source = resources.files("pyx12.map") / str(maps.overlays()[guide].get("map"))
    return etree.fromstring(source.read_bytes())


def loops(use: LoopUse) -> Iterator[LoopUse]:
    for child in use.children:
        if isinstance(child, LoopUse):
            yield child
            yield from loops(child)


def elements(use: SegmentUse) -> Iterator[ElementUse]:
    for element in use.elements:
        yield element
        yield from element.components


def loop(guide: str, id: str) -> LoopUse:
    return next(each for each in loops(grammar.load(guide).root) if each.id == id)


def segment(guide: str, place: str) -> SegmentUse:
    """``2300 CLM``, or ``2300 REF Prior`` where the name begins so."""
    id, tag, *name = place.split(" ", 2)
    return next(s for s in loop(guide, id).segments() if s.tag == tag and s.name.startswith(" ".join(name)))


def element(guide: str, place: str, refdes: str) -> ElementUse:
    return next(each for each in elements(segment(guide, place)) if each.refdes == refdes)


# ------------------------------------------------------------------ what the map says


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_holds_what_its_map_holds(name: str) -> None:
    tree = xml(name).find(".//loop[@xid='ST_LOOP']")
    assert tree is not None
    guide = grammar.load(name)
    told = [node for node in tree.iter("loop") if node.get("type") != "wrapper"][1:]
    assert Counter(use.id for use in loops(guide.root)) == Counter(str(node.get("xid")) for node in told)
    segments = [node for node in tree.iter("segment") if node.get("xid") != "SE"]
    assert Counter(use.tag for use in guide.root.segments()) == Counter(str(node.get("xid")) for node in segments)
    parts = [
        node for node in tree.iter("element", "composite") if node.getparent() is not None and _segment(node) != "SE"
    ]
    assert sum(1 for use in guide.root.segments() for _ in elements(use)) == len(parts)
    assert guide.tags == {str(node.get("xid")) for node in segments}


def _segment(node: etree._Element) -> str:
    return next(str(above.get("xid")) for above in node.iterancestors("segment"))


@pytest.mark.parametrize("name", GUIDES)
def test_each_use_says_what_its_node_says(name: str) -> None:
    """Facts of each segment and element, node by node in document order, where no overlay changes them."""
    tree = xml(name).find(".//loop[@xid='ST_LOOP']")
    assert tree is not None
    changed = {"ST_LOOP" if c.get("loop") == "HEADER" else c.get("loop") for c in maps.overlays()[name].iter("change")}
    facts: list[tuple[str, ...]] = []
    for node in tree.iter("segment"):
        above = next(a for a in node.iterancestors("loop") if a.get("type") != "wrapper")
        where, tag = str(above.get("xid")), str(node.get("xid"))
        if tag == "SE" or where in changed:
            continue
        facts.append((where, tag, *(node.findtext(f, "").strip() for f in ("name", "usage", "max_use"))))
        for part in node.iter("element", "composite"):
            named, usage, seq, number, repeat = (
                part.findtext(f, "").strip() for f in ("name", "usage", "seq", "data_ele", "repeat")
            )
            facts.append((where, tag, named, usage, str(int(seq)), number, repeat or "1", *_values(part)))
    found: list[tuple[str, ...]] = []
    for use in grammar.load(name).root.segments():
        if use.loop.id in changed:
            continue
        times = str(use.max_use) if use.max_use else ">1"
        found.append((use.loop.id, use.tag, use.name, use.usage, times))
        for e in elements(use):
            repeat = str(e.repeat) if e.repeat else ">1"
            found.append((use.loop.id, use.tag, e.name, e.usage, str(e.seq), e.data_element, repeat, e.shape, codes(e)))
    assert Counter(found) == Counter(facts)
    assert len(found) > 50


LISTS = {each.codes: name for name, each in maps.code_lists().items()}


def _values(part: etree._Element) -> tuple[str, str]:
    """The pattern and the codes of an element; an external list by its name."""
    valid = part.find("valid_codes")
    if valid is None:
        return part.findtext("regex", ""), ""
    return part.findtext("regex", ""), valid.get("external") or " ".join(sorted(str(c.text) for c in valid))


def codes(use: ElementUse) -> str:
    return use.code_list or LISTS.get(use.codes) or " ".join(sorted(use.codes))


@pytest.mark.parametrize("name", GUIDES)
def test_types_and_lengths_come_from_the_data_element_dictionary(name: str) -> None:
    tree = etree.fromstring((resources.files("pyx12.map") / "dataele.xml").read_bytes())
    known = {
        str(n.get("ele_num")): (n.get("data_type"), int(n.get("min_len", 0)), int(n.get("max_len", 0)))
        for n in tree.iter("data_ele")
    }
    count = 0
    for use in grammar.load(name).root.segments():
        for each in elements(use):
            if not each.components and each.data_element in known:
                assert (each.type, each.min, each.max) == known[each.data_element], each.refdes
                count += 1
    assert count > 50


@pytest.mark.parametrize("name", GUIDES)
def test_every_child_has_a_bit_and_the_required_ones_are_known(name: str) -> None:
    for each in (grammar.load(name).root, *loops(grammar.load(name).root)):
        bits = [child.bit for child in each.children]
        assert len(set(bits)) == len(bits)
        assert all(bit.bit_count() == 1 for bit in bits)
        assert each.required == sum(child.bit for child in each.children if child.usage == "R")
        assert [child.pos for child in each.children] == sorted(child.pos for child in each.children)
        assert each.entry is each.children[0]
        for child in each.children:
            above = child.parent if isinstance(child, LoopUse) else child.loop
            assert above is each


@pytest.mark.parametrize("name", ["005010X222A1", "005010X223A2"])
def test_loops_of_one_table_position_stand_in_any_order(name: str) -> None:
    shared = 0
    for each in (grammar.load(name).root, *loops(grammar.load(name).root)):
        places: dict[int, set[int]] = {}
        for child in each.children:
            if isinstance(child, LoopUse) and child.entry.tag == "NM1":
                places.setdefault(child.entry.pos, set()).add(child.pos)
        shared += len(places)
        assert all(len(positions) == 1 for positions in places.values()), (each.id, places)
    assert shared > 8


@pytest.mark.parametrize("name", GUIDES)
def test_refdes_names_every_element_by_its_place(name: str) -> None:
    for use in grammar.load(name).root.segments():
        for each in use.elements:
            assert each.refdes == f"{use.tag}{each.seq:02d}"
            assert [c.refdes for c in each.components] == [f"{each.refdes}-{c.seq}" for c in each.components]
        assert [each.seq for each in use.elements] == list(range(1, len(use.elements) + 1))


def facts(use: LoopUse | SegmentUse | ElementUse) -> Any:
    """All that a use says, without where it hangs."""
    if isinstance(use, LoopUse):
        return (
            use.id,
            use.name,
            use.usage,
            use.pos,
            use.repeat,
            use.required,
            use.bit,
            [facts(c) for c in use.children],
        )
    if isinstance(use, SegmentUse):
        return (
            use.tag,
            use.name,
            use.usage,
            use.pos,
            use.max_use,
            use.notes,
            use.bit,
            [facts(e) for e in use.elements],
        )
    return tuple(getattr(use, slot) for slot in ElementUse.__slots__ if slot != "components") + tuple(
        map(facts, use.components)
    )


@pytest.mark.parametrize("name", GUIDES[:2])
def test_a_claim_is_the_same_under_subscriber_and_dependant(name: str) -> None:
    subscriber, dependant = (
        next(child for child in loop(name, level).children if isinstance(child, LoopUse) and child.id == "2300")
        for level in ("2000B", "2000C")
    )
    assert [facts(c) for c in subscriber.children] == [facts(c) for c in dependant.children]
    assert sum(1 for _ in subscriber.segments()) > 90


# ------------------------------------------------------------------ facts of the guides that the rest relies on


@pytest.mark.parametrize(
    ("guide", "place", "usage", "times"),
    [
        ("005010X222A1", "2300 CLM", "R", 1),
        ("005010X222A1", "2300 HI", "R", 1),
        ("005010X222A1", "2400 SV1", "R", 1),
        ("005010X222A1", "2400 DTP Date - Service", "R", 1),
        ("005010X222A1", "2410 CTP", "R", 1),
        ("005010X223A2", "2300 CL1", "R", 1),
        ("005010X223A2", "2300 DTP Statement", "R", 1),
        ("005010X223A2", "2400 SV2", "R", 1),
        ("005010X223A2", "2400 DTP Date - Service", "S", 1),
        ("005010X214", "2220D STC", "R", 0),
    ],
)
def test_segments(guide: str, place: str, usage: str, times: int) -> None:
    use = segment(guide, place)
    assert (use.usage, use.max_use) == (usage, times)


@pytest.mark.parametrize(
    ("guide", "id", "usage", "repeat"),
    [
        ("005010X222A1", "2000A", "R", 0),
        ("005010X222A1", "2010AA", "R", 1),
        ("005010X222A1", "2000C", "S", 0),
        ("005010X222A1", "2300", "S", 100),
        ("005010X222A1", "2400", "R", 50),
        ("005010X223A2", "2300", "S", 100),
        ("005010X223A2", "2400", "R", 999),
        ("005010X222A1", "2320", "S", 10),
    ],
)
def test_loops(guide: str, id: str, usage: str, repeat: int) -> None:
    use = loop(guide, id)
    assert (use.usage, use.repeat) == (usage, repeat)


@pytest.mark.parametrize(
    ("guide", "place", "refdes", "expected"),
    [
        ("005010X222A1", "2300 CLM", "CLM01", ("R", "1028", "AN", 1, 38)),
        ("005010X222A1", "2300 CLM", "CLM02", ("R", "782", "R", 1, 18)),
        ("005010X222A1", "2400 SV1", "SV101-2", ("R", "234", "AN", 1, 48)),
        ("005010X222A1", "2400 SV1", "SV104", ("R", "380", "R", 1, 15)),
        ("005010X223A2", "2400 SV2", "SV201", ("R", "234", "AN", 1, 48)),
        ("005010X222A1", "2400 DTP Date - Service", "DTP03", ("R", "1251", "AN", 1, 35)),
    ],
)
def test_elements(guide: str, place: str, refdes: str, expected: tuple[str, str, str, int, int]) -> None:
    use = element(guide, place, refdes)
    assert (use.usage, use.data_element, use.type, use.min, use.max) == expected


@pytest.mark.parametrize(
    ("tag", "elements"), [("NM1", (1,)), ("REF", (1,)), ("DTP", (1,)), ("HI", (1,)), ("HL", (3,)), ("PWK", (1, 2))]
)
def test_what_tells_the_uses_of_a_tag_apart(tag: str, elements: tuple[int, ...]) -> None:
    assert grammar.load("005010X222A1").keys[tag] == elements


@pytest.mark.parametrize("name", GUIDES)
def test_a_key_leaves_no_two_uses_of_a_place_alike(name: str) -> None:
    """Within a loop, uses of a tag with a key share no code in all their key elements."""
    guide = grammar.load(name)
    for each in (guide.root, *loops(guide.root)):
        entries = [c if isinstance(c, SegmentUse) else c.entry for c in each.children]
        for index, one in enumerate(entries):
            for other in entries[index + 1 :]:
                if one.tag == other.tag and one.tag in guide.keys and one.tag != "HL":
                    shared = [_codes(one, k) & _codes(other, k) for k in guide.keys[one.tag]]
                    assert not all(shared), f"{name} {each.id}: {one.name} and {other.name}"


def _codes(use: SegmentUse, index: int) -> frozenset[str]:
    first = use.elements[index - 1]
    return first.components[0].codes if first.components else first.codes


@pytest.mark.parametrize(
    ("gs08", "judge"),
    [
        ("005010X222", "005010X222A1"),
        ("005010X222A1", "005010X222A1"),
        ("005010X222A2", "005010X222A1"),
        ("005010X223", "005010X223A2"),
        ("005010X223A1", "005010X223A2"),
        ("005010X223A2", "005010X223A2"),
        ("005010X223A3", "005010X223A2"),
        ("005010X214", "005010X214"),
        ("005010X231", "005010X231A1"),
        ("005010X231A1", "005010X231A1"),
    ],
)
def test_each_name_of_a_guide_is_judged_by_one(gs08: str, judge: str) -> None:
    assert grammar.answers()[gs08] == judge


@pytest.mark.parametrize("gs08", ["005010X224A2", "005010X221A1", "004010X098A1", "", "005010x222a1"])
def test_other_guides_are_judged_by_none(gs08: str) -> None:
    assert gs08 not in grammar.answers()


@pytest.mark.parametrize(
    ("guide", "kind", "functional", "set"),
    [
        ("005010X222A1", "P", "HC", "837"),
        ("005010X223A2", "I", "HC", "837"),
        ("005010X214", "277", "HN", "277"),
        ("005010X231A1", "999", "FA", "999"),
    ],
)
def test_what_a_guide_is_for(guide: str, kind: str, functional: str, set: str) -> None:
    loaded: Guide = grammar.load(guide)
    assert (loaded.id, loaded.kind, loaded.functional_id, loaded.set_id) == (guide, kind, functional, set)


def test_known_tags_are_those_of_x12_and_no_more() -> None:
    known = grammar.known_tags()
    assert {"ISA", "CLM", "SV1", "SV2", "SV3", "BPR", "CLP", "INS", "TOO"} <= known
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", tag) for tag in known)
    assert not {"ZZZ", "SV9", "XXX"} & known


# ------------------------------------------------------------------ code lists


def test_a_complete_list_is_enforced_with_what_we_add() -> None:
    codes = element("005010X222A1", "2010BA N4", "N402").codes
    assert {"MI", "QC", "NU", "PW"} <= codes
    assert "XX" not in codes


def test_a_list_of_which_we_say_nothing_is_not_enforced() -> None:
    ours = {str(entry.get("list")) for entry in maps.parse(SCHEMAS / "codes.overlay.xml", "overlay.rng").iter("codes")}
    others = {name: each.complete for name, each in maps.code_lists().items() if name not in ours}
    assert others
    assert not any(others.values())


def test_a_pattern_is_kept() -> None:
    numbers = [
        e.shape for use in loop("005010X222A1", "2010BA").segments() for e in use.elements if e.refdes == "REF02"
    ]
    assert "[0-9]{9}" in numbers
    assert element("005010X223A2", "2010AA N4", "N403").shape == "", "ours: five digits are no fault of the set"


def test_every_state_is_judged_by_the_list_of_states() -> None:
    states = maps.code_lists()["states"][0]
    for name in GUIDES[:2]:
        uses = [use for use in grammar.load(name).root.segments() if use.tag == "N4"]
        assert len(uses) > 8
        assert all(use.elements[1].codes == states for use in uses), name


def test_an_overlay_points_only_to_lists_there_are_and_where_there_are_none() -> None:
    tree = maps.parse(resources.files("pyx12.map") / "837.5010.X222.A1.xml", "map.rng")
    for element, name, wrong in (("N402", "provinces", "no code list"), ("N404", "country", "codes in the map")):
        change = f'<change loop="2010AA" segment="N4" element="{element}" fact="external" value="{name}"/>'
        with pytest.raises(GrammarError, match=wrong):
            maps.apply(etree.fromstring(f"<overlay>{change}</overlay>"), tree, "the map")


def test_a_list_that_has_grown_old_is_named_and_not_enforced() -> None:
    old = [
        each
        for name in GUIDES[:2]
        for use in grammar.load(name).root.segments()
        for each in elements(use)
        if each.code_list
    ]
    assert {each.code_list for each in old} >= {"remark_code", "currency"}
    assert all(not each.codes for each in old)


def test_every_list_that_we_add_to_exists_in_pyx12() -> None:
    tree = etree.fromstring((resources.files("pyx12.map") / "codes.xml").read_bytes())
    held = {n.findtext("id"): {c.text for c in n.iter("code")} for n in tree.iter("codeset")}
    ours = maps.parse(SCHEMAS / "codes.overlay.xml", "overlay.rng")
    for entry in ours.iter("codes"):
        name = entry.get("list")
        assert name in held
        assert not held[name] & set(entry.get("add", "").split()), f"{name}: pyx12 has these now"


# ------------------------------------------------------------------ what is refused at load

MAP = """<transaction xid="837"><name>T</name>
<loop xid="ISA_LOOP"><name>I</name><usage>R</usage><pos>1</pos><repeat>1</repeat>
<segment xid="ISA"><name>I</name><usage>R</usage><pos>1</pos><max_use>1</max_use>
<element xid="ISA01"><data_ele>I01</data_ele><name>E</name><usage>R</usage><seq>1</seq></element>
</segment></loop></transaction>"""

OVERLAY = """<overlay guide="G" map="m.xml" kind="P" functional-id="HC" set-id="837">
<answers gs08="OTHER" reason="it is much the same"/>
<change loop="2300" segment="CL1" element="CL101" fact="usage" value="R" reason="the guide requires it"/>
</overlay>"""

CODES = '<code-lists><codes list="states" add="QC NU" complete="yes" reason="assigned since"/></code-lists>'


def write(folder: Path, text: str) -> Path:
    path = folder / "given.xml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("schema", "text"), [("map.rng", MAP), ("overlay.rng", OVERLAY), ("overlay.rng", CODES)])
def test_what_is_as_it_should_be_is_taken(schema: str, text: str, tmp_path: Path) -> None:
    assert maps.parse(write(tmp_path, text), schema) is not None


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("map.rng", MAP.replace("<pos>1</pos><max_use>", "<pos>1</pos><colour>red</colour><max_use>")),
        ("map.rng", MAP.replace("<usage>R</usage><pos>1</pos><max_use>", "<usage>X</usage><pos>1</pos><max_use>")),
        ("map.rng", MAP.replace("<max_use>1</max_use>", "<max_use>many</max_use>")),
        ("map.rng", MAP.replace("<max_use>1</max_use>", "")),
        ("map.rng", MAP.replace("<pos>1</pos>", "<pos>first</pos>", 1)),
        ("map.rng", MAP.replace(' xid="ISA01"', ' xid="ISA01" new="1"')),
        ("map.rng", MAP.replace("</segment>", "<syntax>Z0102</syntax></segment>")),
        ("map.rng", OVERLAY),
        ("overlay.rng", OVERLAY.replace(' reason="the guide requires it"', "")),
        ("overlay.rng", OVERLAY.replace("the guide requires it", "so")),
        ("overlay.rng", OVERLAY.replace(' reason="it is much the same"', "")),
        ("overlay.rng", OVERLAY.replace('fact="usage"', 'fact="colour"')),
        ("overlay.rng", OVERLAY.replace(' set-id="837"', "")),
        ("overlay.rng", CODES.replace(' reason="assigned since"', "")),
        ("overlay.rng", CODES.replace('complete="yes"', 'complete="maybe"')),
    ],
)
def test_what_is_of_another_shape_stops_the_load(schema: str, text: str, tmp_path: Path) -> None:
    assert (schema, text) not in (("map.rng", MAP), ("overlay.rng", OVERLAY), ("overlay.rng", CODES))
    with pytest.raises(GrammarError, match=rf"given\.xml:\d+ does not fit schemas/{schema}"):
        maps.parse(write(tmp_path, text), schema)


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE code-lists>",
        '<!DOCTYPE code-lists [<!ENTITY yes "yes">]>',
        '<!DOCTYPE code-lists SYSTEM "other.dtd">',
    ],
)
def test_a_doctype_is_refused(doctype: str, tmp_path: Path) -> None:
    with pytest.raises(GrammarError, match="DOCTYPE"):
        maps.parse(write(tmp_path, doctype + CODES), "overlay.rng")


def test_an_entity_does_not_vanish(tmp_path: Path) -> None:
    """A parser that leaves entities unresolved reads &none; as nothing at all, and says nothing."""
    text = '<!DOCTYPE code-lists [<!ENTITY none "NU">]>' + CODES.replace("QC NU", "QC &none;")
    with pytest.raises(GrammarError):
        maps.parse(write(tmp_path, text), "overlay.rng")


@pytest.mark.parametrize("text", ["", "not XML", "<overlay>", MAP + "<more/>"])
def test_what_is_not_xml_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(GrammarError, match=r"given\.xml cannot be read"):
        maps.parse(write(tmp_path, text), "map.rng")


CHANGE = ("loop", "segment", "name", "element", "fact", "value")


def change(**attributes: str) -> etree._Element:
    overlay = etree.Element("overlay", guide="G")
    etree.SubElement(overlay, "change", attributes)
    return overlay


@pytest.mark.parametrize(
    "attributes",
    [
        {"loop": "2999", "fact": "usage", "value": "R"},
        {"loop": "ISA_LOOP", "segment": "CLM", "fact": "usage", "value": "R"},
        {"loop": "ISA_LOOP", "segment": "ISA", "element": "ISA99", "fact": "usage", "value": "R"},
        {"loop": "ISA_LOOP", "segment": "ISA", "name": "Another", "fact": "usage", "value": "R"},
    ],
)
def test_a_correction_that_hits_nothing_stops_the_load(attributes: dict[str, str]) -> None:
    with pytest.raises(GrammarError, match=r"m\.xml to change"):
        maps.apply(change(**attributes), etree.fromstring(MAP), "m.xml")


def test_a_correction_changes_adds_and_takes_away() -> None:
    tree = etree.fromstring(MAP)
    place = {"loop": "ISA_LOOP", "segment": "ISA"}
    maps.apply(change(**place, fact="max_use", value=">1"), tree, "m.xml")
    maps.apply(change(**place, element="ISA01", fact="regex", value="[0-9]{2}"), tree, "m.xml")
    maps.apply(change(**place, element="ISA01", fact="usage"), tree, "m.xml")
    node = tree.find(".//segment")
    assert node is not None
    assert [n.text for n in node.findall("max_use")] == [">1"]
    assert node.findtext("element/regex") == "[0-9]{2}"
    assert node.find("element/usage") is None


@pytest.mark.parametrize("name", GUIDES)
def test_every_correction_of_ours_changes_something(name: str) -> None:
    """One that says what the map says already has become needless."""
    for each in maps.overlays()[name].iter("change"):
        tree = xml(name)
        before = said(tree)
        maps.apply(change(**{k: str(each.get(k)) for k in CHANGE if each.get(k) is not None}), tree, name)
        assert said(tree) != before, each.get("reason")


def said(tree: etree._Element) -> Counter[tuple[str, str, str]]:
    """All facts of a map, whatever their order."""
    facts: Counter[tuple[str, str, str]] = Counter()
    for node in tree.iter("*"):
        above = node.getparent()
        if above is not None and len(node) == 0:
            facts[str(node.tag), str(above.get("xid")), (node.text or "").strip()] += 1
    return facts


def test_a_guide_of_no_overlay_is_refused_with_those_there_are() -> None:
    with pytest.raises(GrammarError, match=r"'005010X999'.*005010X222A1"):
        grammar.load("005010X999")


def test_a_map_without_a_transaction_set_is_refused() -> None:
    with pytest.raises(GrammarError, match="no ST_LOOP"):
        grammar._Reader(etree.fromstring(MAP), etree.fromstring(OVERLAY)).guide("G")


def test_an_element_that_the_dictionary_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "data_elements", dict)
    with pytest.raises(GrammarError, match=r"ST01: data element 143 is not in pyx12's dataele\.xml"):
        grammar._Reader(*maps.corrected("005010X222A1")).guide("005010X222A1")


def test_a_map_that_pyx12_no_longer_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "overlays", lambda: {"G": etree.fromstring(OVERLAY)})
    with pytest.raises(GrammarError, match=r"no map m\.xml.*4\.0\.0"):
        maps.corrected("G")


# ------------------------------------------------------------------ syntax notes


@pytest.mark.parametrize(
    ("note", "usage", "left"),
    [
        ("P0304", "SSSS", ("P", (3, 4))),
        ("P0304", "SSRR", None),
        ("P0304", "SSNN", None),
        ("P0304", "SSRS", ("P", (3, 4))),
        ("P030405", "SSSSN", ("P", (3, 4))),
        ("R0102", "SS", ("R", (1, 2))),
        ("R0102", "RS", None),
        ("R0102", "SN", ("R", (1,))),
        ("C0304", "SSSS", ("C", (3, 4))),
        ("C0304", "SSNS", None),
        ("C0304", "SSSN", None),
        ("L030405", "SSSSS", ("L", (3, 4, 5))),
        ("L030405", "SSSRS", None),
        ("L030405", "SSSNS", ("L", (3, 5))),
        ("E0102", "SS", ("E", (1, 2))),
        ("E0102", "SN", None),
    ],
)
def test_a_note_keeps_only_what_usage_leaves_open(
    note: str, usage: str, left: tuple[str, tuple[int, ...]] | None
) -> None:
    assert grammar._note(note, dict(enumerate(usage, 1))) == left


@pytest.mark.parametrize("name", GUIDES)
def test_no_note_speaks_of_an_element_that_is_not_used(name: str) -> None:
    for use in grammar.load(name).root.segments():
        usage = {e.seq: e.usage for e in use.elements}
        for _, seqs in use.notes:
            assert all(usage[seq] != "N" for seq in seqs)
