"""The tree of a file for programs: JSON, and XML valid against ``schemas/tree.rng``.

Enters: the marks of `outline`. Leaves: text, piece by piece. A segment's elements are taken
apart where the guide says composite or repeated. Everything is `safe.text`: control
characters stand as visible escapes, so any file gives legal JSON and XML.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from edi837 import personal, wording
from edi837.chart import Loop
from edi837.findings import Finding
from edi837.frames import FunctionalGroup, Interchange, TransactionSet
from edi837.outline import Begin, Finish, Mark, Node, Piece
from edi837.safe import text
from edi837.x12 import Delimiters

Fact = str | int | bool

_ISA = {"number": 13, "sender_qualifier": 5, "sender": 6, "receiver_qualifier": 7, "receiver": 8,
        "date": 9, "time": 10, "version": 12, "usage": 15}  # fmt: skip
_GS = {"number": 6, "functional_id": 1, "sender": 2, "receiver": 3, "date": 4, "time": 5, "version": 8}
_ST = {"number": 2, "id": 1, "version": 3}
_PLACE = ("file", "interchange", "group", "set")  # the tree says where


def facts(begin: Begin) -> dict[str, Fact]:
    """What is told of a node when it begins."""
    node = begin.node
    if isinstance(node, Loop):
        return {"id": node.use.id, "name": node.use.name}
    table = _ISA if isinstance(node, Interchange) else _GS if isinstance(node, FunctionalGroup) else _ST
    header = node.header
    told: dict[str, Fact] = {
        name: text(header[at].strip()) if at < len(header) else "" for name, at in table.items()
    }
    if isinstance(node, TransactionSet):
        bht = begin.root.first("BHT") if begin.root else []
        told.update(guide=node.guide, reference=text(bht[3]) if len(bht) > 3 else "", read=begin.root is not None)
    return told


def counts(node: Node) -> dict[str, Fact]:
    """What is told of a frame when it ends."""
    if isinstance(node, Interchange):
        return {"group_count": node.groups, "refused": node.refused}
    if isinstance(node, FunctionalGroup):
        return {"set_count": node.sets, "accepted_count": node.accepted, "refused": bool(node.codes)}
    if isinstance(node, TransactionSet):
        return {"segment_count": node.segments, "claim_count": node.claims, "refused": node.refused}
    return {}


def _said(finding: Finding, phi: bool) -> dict[str, Any]:
    told = wording.as_dict(finding, "", phi)
    for key in _PLACE:
        told.pop(key, None)
    told.setdefault("fix", text(finding.fix))
    return told


class Json:
    """Writes one document: ``{"interchanges": [...], "findings": [...]}``.

    An interchange holds groups, a group sets, a set or loop segments and loops, in these
    orders; each may have findings. ``elements`` begin with element 01; a composite is a list
    of its components, a repeated element ``{"repetitions": [...]}``. ``misplaced`` segments
    came after loops that they should stand before.
    """

    def __init__(self, *, phi: bool = False, ascii: bool = False) -> None:
        self._phi = phi
        self._dump = json.JSONEncoder(ensure_ascii=ascii).encode
        self._delimiters = Delimiters()
        self._open = [_Object(("interchanges",), lead="{")]

    def put(self, mark: Mark) -> Iterator[str]:
        """The text of a mark."""
        node = self._open[-1]
        if isinstance(mark, Piece):
            told: dict[str, Any] = {"tag": text(mark.seg[0]), "number": mark.number, "name": mark.use.name}
            told["elements"] = list(personal.values(mark.use, mark.seg, self._delimiters, self._phi))
            if mark.findings:
                told["findings"] = [_said(finding, self._phi) for finding in mark.findings]
            if "segments" in node.arrays:
                yield node.enter("segments") + self._line() + self._dump(told)
            else:
                node.misplaced.append(told)
        elif isinstance(mark, Begin):
            kind = mark.node
            arrays: tuple[str, ...]
            if isinstance(kind, Interchange):
                self._delimiters = delimiters(kind)
                array, arrays = "interchanges", ("groups",)
            elif isinstance(kind, FunctionalGroup):
                array, arrays = "groups", ("sets",)
            else:
                array, arrays = "sets" if isinstance(kind, TransactionSet) else "loops", ("segments", "loops")
            yield node.enter(array) + self._line() + "{" + self._members(facts(mark))[2:]
            self._open.append(_Object(arrays))
        elif isinstance(mark, Finish):
            self._open.pop()
            yield self._left(node) + self._members(counts(mark.node)) + "}"
        else:
            node.findings.append(_said(mark, self._phi))

    def close(self) -> Iterator[str]:
        """What ends the document."""
        yield self._left(self._open[0]) + "}\n"

    def _left(self, node: _Object) -> str:
        waited: dict[str, Any] = {"misplaced": node.misplaced, "findings": node.findings}
        return node.leave() + self._members({name: found for name, found in waited.items() if found})

    def _line(self) -> str:
        return "\n" + " " * len(self._open)

    def _members(self, told: Mapping[str, object]) -> str:
        return "".join(f', "{name}": {self._dump(value)}' for name, value in told.items())


class _Object:
    """An open JSON object: its arrays, and what waits for its end."""

    def __init__(self, arrays: Sequence[str], lead: str = ", ") -> None:
        self.arrays = list(arrays)  # not yet closed, in order
        self.findings: list[dict[str, Any]] = []
        self.misplaced: list[dict[str, Any]] = []
        self._lead = lead
        self._entered = False  # the first array is open

    def enter(self, array: str) -> str:
        """What stands before the next entry of an array."""
        told = ""
        while self.arrays[0] != array:
            told += self._shut()
        if self._entered:
            return ","
        self._entered = True
        return f'{told}{self._comma()}"{array}": ['

    def leave(self) -> str:
        """What ends the arrays."""
        return "".join(self._shut() for _ in list(self.arrays))

    def _shut(self) -> str:
        array, entered = self.arrays.pop(0), self._entered
        self._entered = False
        return "]" if entered else f'{self._comma()}"{array}": []'

    def _comma(self) -> str:
        lead, self._lead = self._lead, ", "
        return lead


class Xml:
    """Writes one document valid against ``schemas/tree.rng``; see there for what it holds."""

    def __init__(self, *, phi: bool = False, ascii: bool = False) -> None:
        self._phi, self._ascii = phi, ascii
        self._delimiters = Delimiters()
        self._depth = 1
        self._head = f'<?xml version="1.0" encoding="{"US-ASCII" if ascii else "UTF-8"}"?>\n<edi>\n'

    def put(self, mark: Mark) -> Iterator[str]:
        """The text of a mark."""
        told, self._head = self._head, ""
        pad = " " * self._depth
        if isinstance(mark, Piece):
            values = personal.values(mark.use, mark.seg, self._delimiters, self._phi)
            inner = "".join(_element(n, value) for n, value in enumerate(values, 1) if value)
            inner += "".join(self._finding(finding) for finding in mark.findings)
            start = _tag("segment", {"tag": text(mark.seg[0]), "number": mark.number, "name": mark.use.name})
            told += f"{pad}{start}{inner}</segment>\n"
        elif isinstance(mark, Begin):
            if isinstance(mark.node, Interchange):
                self._delimiters = delimiters(mark.node)
            told += f"{pad}{_tag(_name(mark.node), facts(mark))}\n"
            self._depth += 1
        elif isinstance(mark, Finish):
            self._depth -= 1
            ends = counts(mark.node)
            if ends:
                told += pad + _tag("end", ends)[:-1] + "/>\n"
            told += f"{pad[1:]}</{_name(mark.node)}>\n"
        else:
            told += pad + self._finding(mark) + "\n"
        yield self._encoded(told)

    def close(self) -> Iterator[str]:
        """What ends the document."""
        yield self._head + "</edi>\n"

    def _finding(self, finding: Finding) -> str:
        told = _said(finding, self._phi)
        message, says, fix = told.pop("message"), told.pop("says"), told.pop("fix")
        told.update((key, " ".join(told[key])) for key in ("status", "because") if key in told)
        told["proposal"] = text(str(finding.proposal or ""))
        start = _tag("finding", {name: value for name, value in told.items() if value})
        inner = f"<message>{escape(message)}</message>"
        inner += f"<says>{escape(text(says))}</says>" if says else ""
        inner += f"<fix>{escape(fix)}</fix>" if fix else ""
        return f"{start}{inner}</finding>"

    def _encoded(self, told: str) -> str:
        return told.encode("ascii", "xmlcharrefreplace").decode() if self._ascii else told


def delimiters(node: Interchange) -> Delimiters:
    """The delimiters of an interchange."""
    return Delimiters(node.element, node.component, node.repetition, node.segment)


def _name(node: Node) -> str:
    if isinstance(node, Interchange):
        return "interchange"
    if isinstance(node, FunctionalGroup):
        return "group"
    return "set" if isinstance(node, TransactionSet) else "loop"


def _element(number: int, value: personal.Value) -> str:
    if isinstance(value, dict):
        inner = "".join(
            f'<repetition n="{n}">{_simple(one)}</repetition>' for n, one in enumerate(value["repetitions"], 1)
        )
    else:
        inner = _simple(value)
    return f'<element n="{number}">{inner}</element>'


def _simple(value: personal.Simple) -> str:
    if isinstance(value, str):
        return escape(value, quote=False)
    parts = ((n, escape(part, quote=False)) for n, part in enumerate(value, 1) if part)
    return "".join(f'<component n="{n}">{part}</component>' for n, part in parts)


def _tag(name: str, told: Mapping[str, object]) -> str:
    facts = "".join(f' {key.replace("_", "-")}="{escape(_plain(value))}"' for key, value in told.items())
    return f"<{name}{facts}>"


def _plain(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
