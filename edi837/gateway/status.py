"""How a gateway is: its folders counted, its workers looked for, for people, health checks and Prometheus.

Enters: the folders, and what the crew has noted. Leaves: a table of plain values; ``status.json`` and
``metrics.prom`` in ``.edi837/``, each replaced as a whole.
"""

from __future__ import annotations

import errno
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edi837.gateway import ready
from edi837.gateway.claims import held
from edi837.gateway.layout import Claimed
from edi837.gateway.outside import World
from edi837.gateway.waiting import late

_EVERY = 5.0  # seconds
_MINUTE = 12  # of them
_SLACK = 10.0  # seconds for what is written, and rounded to seconds


@dataclass(slots=True)
class Watched:
    """What the crew knows and the folders do not."""

    filed: int = 0
    trouble: str = ""  # errno name or kind of error of the last trouble, empty after a success
    pressure: str = ""
    scanned: str = ""  # when a worker looked into in/ last
    heard: str = ""  # when a worker told of anything last
    busy: bool = False  # one reads, or looks at, a file, for which it has `timeout`
    failed: str = ""  # the last trouble, whatever came after it
    failed_at: str = ""
    written: float = -_EVERY
    before: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_MINUTE))  # when, filed until then

    def fail(self, trouble: str, at: str) -> None:
        """Trouble came."""
        self.trouble = self.failed = trouble
        self.failed_at = at

    def rate(self, now: float) -> float:
        """Files a minute, over the last minute."""
        then, filed = self.before[0] if self.before else (now, self.filed)
        self.before.append((now, self.filed))
        return round(60 * (self.filed - filed) / (now - then), 1) if now > then else 0.0


def look(world: World, trouble: str = "", pressure: str = "") -> dict[str, Any]:
    """The state of a root now."""
    layout, disk, rules, folders = world.layout, world.disk, world.settings.rules, world.settings.folders
    now = world.clock.moment().timestamp()
    waiting = [
        stat
        for folder in ("", *folders)
        for name, stat in disk.entries(layout("in", folder))
        if ready.candidate(name, stat, rules)
    ]
    workers = sum(held(layout.own("workers", name)) for name in disk.names(layout.own("workers")))
    oldest = max((now - stat.st_mtime for stat in waiting), default=0.0)
    free = min(disk.free(layout("in")), disk.free(layout.own()))
    degraded = trouble or pressure or ("waiting" if late(oldest, world.settings) else "")
    return {
        "state": "DOWN" if not workers else "DEGRADED" if degraded else "OK",
        "because": degraded if workers else "no worker",
        "workers": workers,
        "in": len(waiting),
        "oldest_seconds": round(max(0.0, oldest)),
        "work": sum(Claimed.read(name) is not None for name in disk.names(layout.own("work"))),
        "out": sum(len(disk.names(layout("out", f))) for f in ("", *folders)) - len(folders),
        "quarantine": len(disk.names(layout("quarantine"))),
        "free_bytes": free,
        "at": world.clock.moment().isoformat(timespec="seconds"),
    }


def _still(world: World, heard: str, busy: bool, at: str) -> str:
    """Why nothing goes on though workers are there, and none reads: they have told of no scan for long."""
    settings, last = world.settings, at if busy else heard
    with suppress(ValueError):
        quiet = (world.clock.moment() - datetime.fromisoformat(last)).total_seconds()
        return "no scan" if quiet > settings.lull + settings.grace + _SLACK else ""
    return ""


def write(world: World, watched: Watched, now: float, *, force: bool = False) -> None:
    """Write status.json and metrics.prom, every few seconds; a full disk does not matter here."""
    if now - watched.written < _EVERY and not force:
        return
    watched.written = now
    with suppress(OSError):
        said = {**_seen(world, watched), "filed": watched.filed,
                "filed_a_minute": watched.rate(now), "last_scan": watched.scanned, "last_trouble": watched.failed,
                "last_trouble_at": watched.failed_at, "trouble": watched.trouble, "pressure": watched.pressure,
                "heard": watched.heard, "busy": watched.busy}  # fmt: skip
        _put(world, "status.json", json.dumps(said, indent=1) + "\n")
        _put(world, "metrics.prom", metrics(said))


def _seen(world: World, watched: Watched) -> dict[str, Any]:
    """The state now; where a folder is not there, that it is not."""
    try:
        at = world.clock.moment().isoformat(timespec="seconds")
        still = _still(world, watched.heard, watched.busy, at)
        return look(world, watched.trouble, watched.pressure or still)
    except OSError as error:
        because = watched.trouble or errno.errorcode.get(error.errno or 0, type(error).__name__)
        return {"state": "DOWN", "because": because, "at": world.clock.moment().isoformat(timespec="seconds")}


def metrics(said: dict[str, Any]) -> str:
    """The numbers of a state in Prometheus' text form."""
    lines = []
    for key in ("workers", "in", "oldest_seconds", "work", "out", "quarantine", "free_bytes", "filed"):
        kind = "counter" if key == "filed" else "gauge"
        lines += [f"# TYPE edi837_gateway_{key} {kind}", f"edi837_gateway_{key} {said.get(key, 0)}"]
    lines += ["# TYPE edi837_gateway_up gauge", f"edi837_gateway_up {int(said['state'] == 'OK')}"]
    return "\n".join(lines) + "\n"


def noted(world: World) -> dict[str, Any]:
    """What the crew wrote last; empty when it never did."""
    try:
        with world.disk.open(world.layout.own("status.json")) as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def current(world: World) -> dict[str, Any]:
    """The state of a root now, with what its crew noted."""
    said = noted(world)
    more = ("filed", "filed_a_minute", "last_scan", "last_trouble", "last_trouble_at")
    heard = str(said.get("heard", "")) if said.get("state") != "DOWN" else ""  # what ended tells nothing of the next
    still = _still(world, heard, bool(said.get("busy")), str(said.get("at", "")))
    now = look(world, said.get("trouble", ""), said.get("pressure", "") or still)
    return {**now, **{k: said[k] for k in more if k in said}}


def _put(world: World, name: str, text: str) -> None:
    path = world.layout.own(name)
    world.disk.unlink(f"{path}.tmp")
    world.disk.write(f"{path}.tmp", [text.encode()])
    world.disk.replace(f"{path}.tmp", path)

