"""Whether a FHIR claim is one: by the R4B models of fhir.resources, and by what no model sees.

Enters: a resource as `claim` makes it. Leaves: its faults, each with the field by its path; no values. The models know
names, types, how many of each, and the form of primitive values; they know no value sets and no invariants. Beside
them are verified here: nothing is empty, sequences are used once, links lead to one, what is contained is
referred to, and the codes of the required value sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from edi837.fhir.form import Json
from edi837.findings import Edi837Error

_NUMBERED = ("careTeam", "supportingInfo", "diagnosis", "procedure", "insurance", "item")
_LINKS = {"careTeamSequence": "careTeam", "diagnosisSequence": "diagnosis"}
# Value sets with a required binding, of the fields that are filled here.
_CODES = {
    ("Claim", "status"): ("active", "cancelled", "draft", "entered-in-error"),
    ("Claim", "use"): ("claim", "preauthorization", "predetermination"),
    ("Coverage", "status"): ("active", "cancelled", "draft", "entered-in-error"),
    ("Patient", "gender"): ("male", "female", "other", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a resource from being one."""

    field: str  # its path: Claim.item[0].quantity.value
    why: str


def faults(resource: Json) -> list[Fault]:
    """The faults of a claim. Raises Edi837Error when fhir.resources is not installed."""
    model, error = _model()
    try:
        model.model_validate(resource)
    except error as refused:
        told = refused.errors(include_url=False, include_input=False, include_context=False)
        return [Fault(_path(each["loc"]), _why(each)) for each in told]
    return list(_beyond(resource))


def _why(told: dict[str, Any]) -> str:
    """What the model says, which is of its own words; a message of a validator's may hold a value."""
    kind = str(told["type"])
    return "is missing" if kind == "missing" else "is not allowed" if kind == "value_error" else str(told["msg"])


def _path(parts: tuple[int | str, ...]) -> str:
    told = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return f"Claim{told}".removesuffix(".root")


def _beyond(claim: Json) -> Iterator[Fault]:
    for path in _empty(claim, "Claim"):
        yield Fault(path, "is empty")
    numbers = {name: [each["sequence"] for each in claim.get(name, ())] for name in _NUMBERED}
    for name, told in numbers.items():
        if len(set(told)) < len(told):
            yield Fault(f"Claim.{name}.sequence", "a number comes twice")
    for at, item in enumerate(claim.get("item", ())):
        for link, name in _LINKS.items():
            if not set(item.get(link, ())) <= set(numbers[name]):
                yield Fault(f"Claim.item[{at}].{link}", f"there is no such {name}")
    inside = [each["id"] for each in claim.get("contained", ())]
    named = {reference[1:] for reference in _references(claim)}
    for id in sorted(named - set(inside)):
        yield Fault("Claim.contained", f"nothing is called {id}")
    for id in sorted(set(inside) - named):
        yield Fault("Claim.contained", f"nothing refers to {id}")
    if len(set(inside)) < len(inside):
        yield Fault("Claim.contained.id", "an id comes twice")
    for resource in (claim, *claim.get("contained", ())):
        for (kind, field), codes in _CODES.items():
            if resource["resourceType"] == kind and resource.get(field, codes[0]) not in codes:
                yield Fault(f"{kind}.{field}", "is not a code of its value set")


def _empty(value: object, path: str) -> Iterator[str]:
    """Values that are none: the models take them for fields that are left out."""
    if value is None or value in ("", [], {}):
        yield path
    elif isinstance(value, dict):
        for name, held in value.items():
            yield from _empty(held, f"{path}.{name}")
    elif isinstance(value, list):
        for at, held in enumerate(value):
            yield from _empty(held, f"{path}[{at}]")


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(said := value.get("reference"), str):
            yield said
        for held in value.values():
            yield from _references(held)
    elif isinstance(value, list):
        for held in value:
            yield from _references(held)


@cache
def _model() -> tuple[Any, Any]:
    try:
        from fhir.resources.R4B.claim import Claim
        from pydantic import ValidationError
    except ImportError:
        raise Edi837Error("FHIR needs fhir.resources: pip install 'edi837[fhir]'") from None
    return Claim, ValidationError
