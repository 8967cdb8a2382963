"""The settings for people and editors: every key with its value, where that comes from and what it means; a schema.

Enters: settings as they were read, and the file's own table. Leaves: rows, and JSON Schema of ``edi837.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edi837.gateway.layout import FOLDERS
from edi837.gateway.settings import BY_USAGE, KEYS, LEAST, WORDS, Settings

PREFIX = "EDI837_GATEWAY_"
_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,50}$"}


@dataclass(frozen=True, slots=True)
class Row:
    """A key of [gateway]."""

    key: str
    value: Any
    origin: str  # environment, file, or default
    says: str


def environment(variables: Mapping[str, str]) -> dict[str, object]:
    """Keys that variables set, ``EDI837_GATEWAY_WORKERS=4``: values as in the file, texts without quotes too."""
    return {
        name.removeprefix(PREFIX).lower(): _value(text)
        for name, text in variables.items()
        if name.startswith(PREFIX)
    }


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def rows(settings: Settings, said: Mapping[str, object], over: Mapping[str, object]) -> list[Row]:
    """Every key; ``said`` are those of the file, ``over`` those of the environment."""
    return [Row(each.name, getattr(settings, each.name), _origin(each.name, said, over), each.metadata["says"])
            for each in KEYS]  # fmt: skip


def _origin(key: str, said: Mapping[str, object], over: Mapping[str, object]) -> str:
    return "environment" if key in over else "file" if key in said else "default"


def schema() -> dict[str, Any]:
    """JSON Schema of ``edi837.toml``, for editors; what it lets pass `doctor` and every start still read in full."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "edi837.toml", **_table({
            "gateway": _table({each.name: _gateway(each.name, each.default, each.metadata["says"]) for each in KEYS}),
            "folders": _table(dict.fromkeys(FOLDERS, _NAME)),
            "policies": _table({"default": _TEXTS}),
            "route": {"type": "array", "items": _table({"payers": _TEXTS, "policies": _TEXTS})},
            "replies": _replies(),
            "partner": {"type": "object", "additionalProperties": _partner()},
        }),
    }  # fmt: skip


def _table(properties: Mapping[str, object], **more: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _gateway(key: str, default: Any, says: str) -> dict[str, Any]:
    more = {"description": says, "default": list(default) if isinstance(default, tuple) else default}
    if key in BY_USAGE:
        return {**_by_usage(key), **more}
    if key in WORDS:
        return {"enum": list(WORDS[key]), **more}
    if isinstance(default, bool):
        return {"type": "boolean", **more}
    if isinstance(default, int | float):
        kind = "number" if isinstance(default, float) else "integer"
        return {"type": kind, "minimum": LEAST.get(key, 0), **more}
    return {**(_TEXTS if isinstance(default, tuple) else _TEXT), **more}


def _by_usage(key: str) -> dict[str, Any]:
    words = {"enum": list(WORDS[key])}
    return {"anyOf": [words, _table({"P": words, "T": words})]}


def _replies() -> dict[str, Any]:
    flag = {"type": "boolean"}
    return _table({
        "role": {"enum": ["payer", "clearinghouse"]}, "name": _TEXT, "id": _TEXT, "line_stc_date": flag,
        "stc12_text": flag, "instead": {"type": "object", "additionalProperties": _TEXTS},
    })  # fmt: skip


def _partner() -> dict[str, Any]:
    return _table(
        {
            "isa06": _TEXTS, "gs02": _TEXTS, "folder": _NAME, "policies": _TEXTS, "overlays": _TEXTS, "names": _TEXT,
            "duplicates": _by_usage("duplicates"), "batches": _by_usage("batches"), "replies": _replies(),
        },
        required=["isa06"],
    )  # fmt: skip
