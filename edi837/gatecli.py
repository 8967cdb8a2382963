"""The commands that run a gateway and say how it is; those on single files are in `gatejobs`.

Exit status: 0 good, 1 something was rejected or is not as it should be, 2 usage or settings, 3 a file could
not be answered, 5 the gateway cannot work.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import click

from edi837 import gatejobs, options, safe
from edi837.config import tables_of
from edi837.console import REJECTED, UNREADABLE, Run
from edi837.findings import Edi837Error
from edi837.gateroot import (
    CANNOT,
    Make,
    Outside,
    json_option,
    made,
    on_judging_root,
    on_root,
    ours,
    root_argument,
    shown,
    working,
)
from edi837.gateway import Filed, World, begun, doctor, keys, settingsfile, status
from edi837.gateway.crew import Crew
from edi837.gateway.fsops import Disk
from edi837.gateway.layout import SETTINGS, Layout
from edi837.gateway.ledger import Ledger
from edi837.gateway.logs import Log
from edi837.gateway.outside import stamp
from edi837.gateway.reading import REASONS
from edi837.gateway.settings import Settings
from edi837.problems import PolicyError
from edi837.terms import Terms

_OPENING = """# Settings of this gateway; docs/gateway.md says what each means. `edi837 gateway doctor` checks them.
[gateway]
usage = "{usage}"          # ISA15 that is taken here: P production, T test, any
unknown = "accept"     # senders without a [partner.NAME]: accept, reject, quarantine

[policies]
default = ["042"]

# [partner.EXAMPLE]
# isa06 = ["SUBMIT042"]
"""


@click.group("gateway")
def gateway() -> None:
    """A folder that answers what is dropped into it: in/ to out/, originals filed.

    \b
    edi837 gateway init /srv/edi --usage T     make the folders and the settings
    edi837 gateway doctor /srv/edi             is everything as it has to be?
    edi837 gateway run /srv/edi                until it is told to stop
    edi837 gateway show /srv/edi 000000001     where is my file?
    """


@gateway.command()
@root_argument
@json_option
@click.option("--usage", type=click.Choice(["P", "T", "any"]),
              help="ISA15 that a new root takes; any without it. Give tests and production a root each.")  # fmt: skip
@options.ledger_control
@click.option("--new-ledger", "anew", is_flag=True,
              help="The ledger of DIR is gone for good: begin another, with --control.")  # fmt: skip
def init(root: Path, as_json: bool, usage: str | None, control: int | None, anew: bool) -> int:
    """Make the folders of DIR, its ledger, and settings to begin with; what is there stays, and settings are heeded."""
    if anew and not control:
        raise click.UsageError("--new-ledger needs --control N, above every control number that was given")
    path, disk = root / SETTINGS, Disk()
    try:
        known = settingsfile.read(path, Terms()) if path.exists() else Settings()
    except PolicyError as error:
        raise click.UsageError(str(error)) from None
    if usage and path.exists() and known.usage != usage:
        raise click.UsageError(f'usage is "{known.usage}" in {path}: change it there, or give no other here')
    layout = Layout(str(root), known.named)
    found = 0
    with working():
        ours(layout)
        if anew and begun.holds(layout.ledger):
            raise click.UsageError("there is a ledger: move .edi837/ledger.db away first, if it cannot be restored")
        if not anew:
            begun.heed(disk, layout)
        layout.make(disk, known.folders)
        if not path.exists():
            disk.write(str(path), [_OPENING.format(usage=usage or known.usage).encode()])
        ledger = Ledger(layout.ledger, layout.own("key"), anew=control if anew and control else 0)
        if control:
            ledger.begin_at(control)
            found = begun.note(disk, layout, ledger, stamp(Outside().moment()))
        ledger.close()
    more = f"; {found} jobs filed before that the ledger does not know are noted in it" if found else ""
    shown({"root": str(root), "settings": str(path), "found": found}, as_json,
          f"{root}: ready; settings in {path}{more}")  # fmt: skip
    return 0


@gateway.command("doctor")
@on_judging_root
def doctor_command(make: Make, as_json: bool) -> int:
    """Try out everything a gateway in DIR rests on, and say what to do where it fails."""
    with working():
        checks = list(doctor.examine(make()))
    said = [(check, safe.text(check.name)) for check in checks]
    lines = [f"ok   {name}" if check.good else f"BAD  {name}\n     {check.fix}" for check, name in said]
    shown([asdict(check) for check in checks], as_json, "\n".join(lines))
    return 0 if all(check.good for check in checks) else CANNOT


@gateway.command()
@on_judging_root
@click.option("--all", "all_", is_flag=True, help="Take every file as it is: nobody is writing any more.")
@options.now
@options.ledger_control
def once(make: Make, as_json: bool, all_: bool, now: datetime | None, control: int | None) -> int:
    """Answer every file of DIR/in that is complete, then stop.

    Each original moves to DIR/archive when it was answered, DIR/error when a TA1 or 999 refused it or part of
    it, DIR/quarantine when it could not be answered; in a folder of its job, with a manifest.
    """
    run, found = Run(), []
    world = make(now)

    def told(filed: Filed) -> None:
        found.append(asdict(filed))
        why = f": {REASONS[filed.reason]}" if filed.reason else ""
        if not as_json:
            click.echo(f"{safe.text(filed.name)} -> {filed.path}, {len(filed.answers)} answers{why}")
        if filed.reason:
            run.worsen(UNREADABLE)
        elif filed.folder == "error" or filed.rejected:
            run.worsen(REJECTED)

    with working():
        made(world)
        if control:
            ledger = Ledger(world.layout.ledger, world.layout.own("key"))
            ledger.begin_at(control)
            ledger.close()
        quiet = replace(world, log=Log(lambda _: None, world.clock.moment))
        run.worsen(Crew(quiet, told).run(drain=True, all=all_))
        left, waiting = len(world.disk.names(world.layout.own("work"))), status.look(world)["in"]
    if left:
        run.say(f"{left} files are claimed and not done: run again; `edi837 gateway doctor` may say why")
        run.worsen(CANNOT)
    if waiting:
        marker = world.settings.ready == "marker"
        unready = "no marker stands beside them" if marker else "they are not complete, or just came"
        run.say(f"{waiting} files wait in in/: {unready}; --all takes them as they are")
    if as_json:
        click.echo(json.dumps(found, indent=1))
    return run.status


@gateway.command("run")
@on_judging_root
@click.option("--http", metavar="HOST:PORT", help="Answer /healthz, /readyz and /metrics on a loopback address.")
def run_command(make: Make, as_json: bool, http: str | None) -> int:
    """Answer what comes into DIR/in until told to stop (SIGTERM); SIGHUP reads the settings again.

    Log lines go to standard error, one JSON object each.
    """
    if http:
        try:
            settingsfile.loopback(http)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    def with_http() -> World:
        world = make()
        return replace(world, settings=replace(world.settings, http=http)) if http else world

    world = with_http()
    with working():
        made(world)
        code = Crew(world, remade=_careful(with_http), beat=_notifier(os.environ.get("NOTIFY_SOCKET", ""))).run()
    if as_json:
        click.echo(json.dumps({"status": code}))
    return code


@gateway.command("status")
@on_root
def status_command(make: Make, as_json: bool) -> int:
    """Say how the gateway in DIR is; exit 0 OK, 1 degraded, 5 down: a health check."""
    world = make()
    with working():
        said = status.current(world)
    shown(said, as_json, "\n".join(f"{key:15} {value}" for key, value in said.items()))
    return {"OK": 0, "DEGRADED": 1}.get(said["state"], CANNOT)


@gateway.command("settings")
@on_root
@click.option("--schema", is_flag=True, help="JSON Schema of edi837.toml, for editors that check while one writes.")
def settings_command(make: Make, as_json: bool, schema: bool) -> int:
    """Check DIR/edi837.toml, and say what every key of it is, where that comes from and what it means."""
    if schema:
        click.echo(json.dumps(keys.schema(), indent=1))
        return 0
    world = make()
    path = Path(world.layout(SETTINGS))
    said = tables_of(path).get("gateway", {}) if path.exists() else {}
    rows = keys.rows(world.settings, said if isinstance(said, dict) else {}, keys.environment(os.environ))
    marks = {"file": "*", "environment": "+", "default": " "}
    lines = [f"{marks[r.origin]} {r.key:17}{_written(r.value):24}{r.says}" for r in rows]
    partners = [partner.name for partner in world.settings.partners]
    found = {"keys": [asdict(row) for row in rows], "folders": dict(world.settings.named), "partners": partners}
    legend = "* in edi837.toml, + in the environment (EDI837_GATEWAY_KEY); all others are as they come"
    shown(found, as_json, "\n".join([*lines, "", legend]))
    return 0


def _written(value: object) -> str:
    """A value as it stands in the file."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{usage} = {_written(word)}" for usage, word in value.items()) + " }"
    return json.dumps(list(value) if isinstance(value, tuple) else value)


for _command in gatejobs.COMMANDS:
    gateway.add_command(_command)


def _careful(make: Callable[[], World]) -> Callable[[], World]:
    """Settings read again; what is wrong with them is an Edi837Error, and the old ones stay."""

    def remade() -> World:
        try:
            return make()
        except click.ClickException:
            raise Edi837Error("the settings cannot be used") from None

    return remade


def _notifier(address: str) -> Callable[[str], None]:
    """Tells systemd how we are (sd_notify), where it asked for it."""
    if not address:
        return lambda _: None
    link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    target = "\0" + address[1:] if address.startswith("@") else address
    said: dict[str, float] = {}

    def beat(word: str) -> None:
        if time.monotonic() - said.get(word, -9.0) > 1:
            said[word] = time.monotonic()
            try:
                link.sendto(word.encode(), target)
            except OSError:
                return

    return beat
