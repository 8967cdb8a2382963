"""The commands on single files of a gateway: where is it, answer it again, put it back, clear away, compare.

Exit status: 0 good, 1 it cannot be done or is not as it should be, 5 the gateway cannot work.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from edi837 import safe
from edi837.console import REJECTED
from edi837.gateroot import Make, on_root, opened, shown, working
from edi837.gateway import audit, pruning, upkeep, waiting


@click.command("list")
@on_root
@click.option("--folder", type=click.Choice(["in", "archive", "error", "quarantine"]),
              help="Those of one folder; of in, the files that wait there.")  # fmt: skip
@click.option("--stuck", is_flag=True, help="Those that are not done, those in quarantine, and files stuck in in/.")
@click.option("--most", default=50, show_default=True, help="How many jobs, and how many files of in/; newest first.")
def list_command(make: Make, as_json: bool, folder: str | None, stuck: bool, most: int) -> int:
    """List the jobs of DIR, newest first."""
    world, rows = make(), []
    with working(), opened(world, reading=True) as ledger:
        if stuck or folder == "in":
            rows += waiting.listed(world, ledger, stuck=stuck, most=most)
        rows += waiting.taken(world, ledger)[:most] if stuck else []
        if stuck or folder != "in":
            met = {row["job"] for row in rows if row["job"]}  # entered since
            rows += [row for row in audit.listed(ledger, folder=folder or "", stuck=stuck, most=most)
                     if row["job"] not in met]  # fmt: skip
    lines = [
        f"{r['job'] or '-':18}  {r['state']:9} {r['folder'] or '-':10} {_counts(r):29} {r['reason'] or '-':12} "
        f"{safe.text(r['name'])}" for r in rows
    ]  # fmt: skip
    shown(rows, as_json, "\n".join(lines) or "no jobs")
    return 0


@click.command()
@on_root
@click.argument("what")
def show(make: Make, as_json: bool, what: str) -> int:
    """Tell the whole life of a file: WHAT is a job, a file's name, an ISA13, a SHA-256, or a number of ours.

    A file that is still in in/ is found by its name or ISA13, with what it waits for.
    """
    world = make()
    with working(), opened(world, reading=True) as ledger:
        lives = [audit.life(world, ledger, job) for job in audit.find(ledger, what)]
        lives += waiting.lives(world, ledger, what)
    shown(lives, as_json, "\n\n".join(map(_life, lives)) or f"nothing of {safe.text(what)} is known here")
    return 0 if lives else REJECTED


@click.command()
@on_root
@click.argument("job")
def replay(make: Make, as_json: bool, job: str) -> int:
    """Answer the original of JOB again, as a new job, though its number came before."""
    world = make()
    with working(), opened(world) as ledger:
        again = upkeep.replay(world, ledger, job)
    shown({"job": again}, as_json, f"job {again} answers it again with the next run")
    return 0


@click.command()
@on_root
@click.argument("job")
def requeue(make: Make, as_json: bool, job: str) -> int:
    """Put the original of JOB from quarantine/ back into in/."""
    world = make()
    with working(), opened(world) as ledger:
        name = upkeep.requeue(world, ledger, job)
    shown({"name": name}, as_json, f"in/{safe.text(name)}")
    return 0


@click.command()
@on_root
@click.argument("what")
def release(make: Make, as_json: bool, what: str) -> int:
    """Let WHAT, a name in in/ or a held job, be read as it is, without waiting any longer."""
    world = make()
    with working(), opened(world) as ledger:
        upkeep.release(world, ledger, what)
    shown({"released": what}, as_json, f"{safe.text(what)} is read with the next scan")
    return 0


@click.command()
@on_root
@click.argument("isa13")
@click.option("--sender", required=True, help="ISA06 of the sender.")
def forget(make: Make, as_json: bool, isa13: str, sender: str) -> int:
    """Let ISA13 of a sender come again: it is no duplicate then."""
    world = make()
    with working(), opened(world) as ledger:
        count = upkeep.forget(world, ledger, isa13, sender)
    shown({"forgotten": count}, as_json, f"{count} interchanges are forgotten")
    return 0


@click.command()
@on_root
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def prune(make: Make, as_json: bool, dry_run: bool) -> int:
    """Take away originals older than archive_days and error_days, and rows of the ledger older than ledger_days.

    Never those of quarantine/, nor what a duplicate check needs. `verify` still finds whatever was changed.
    """
    world = make()
    with working(), opened(world, reading=dry_run) as ledger:
        gone = pruning.prune(world, ledger, dry=dry_run)
    said = f"{len(gone.folders)} folders, {gone.jobs} jobs and {gone.events} events of the ledger"
    shown(asdict(gone), as_json, "\n".join([*gone.folders, f"{said} {'would go' if dry_run else 'gone'}"]))
    return 0


@click.command()
@on_root
def verify(make: Make, as_json: bool) -> int:
    """Compare ledger and folders: the chain of events, every original, manifest and report, every control number.

    And every answer that is still in out/; one that was fetched is no difference.
    """
    world = make()
    with working(), opened(world, reading=True) as ledger:
        found = list(audit.differences(world, ledger))
    shown(found, as_json, "\n".join(found) or "everything is as it was written")
    return REJECTED if found else 0


@click.command()
@on_root
@click.argument("target", type=click.Path(path_type=Path))
def backup(make: Make, as_json: bool, target: Path) -> int:
    """Copy the ledger into the new file TARGET, while the gateway works. Keep .edi837/key with it."""
    world = make()
    with working(), opened(world, reading=True) as ledger:
        upkeep.backup(world.disk, ledger, str(target))
    shown({"backup": str(target)}, as_json, str(target))
    return 0


def _counts(row: dict[str, Any]) -> str:
    """Claims of a job, or the size of a file that waits."""
    if not row["job"]:
        return f"{row['size']:6} bytes"
    return f"{row['claims']:6} claims {row['rejected']:5} rejected "


def _life(life: dict[str, Any]) -> str:
    """A life as text, newest facts last."""
    if not life["id"]:
        head = f"{safe.text(os.path.join(life['folder'], life['name']))}  {life['state']}"
        return f"{head}  {life['size']} bytes, not changed for {life['seconds']} seconds\n  {life['why']}"
    lines = [f"job {life['id']}  {safe.text(life['name'])}  {life['state']} {life['folder']} {life['reason']}".rstrip()]
    lines.append(f"  original {life['original'] or 'gone (pruned, or put back into in/)'}  {life['size']} bytes")
    for each in life["interchanges"]:
        number, sender, usage = (safe.text(each[key]) for key in ("number", "sender", "usage"))
        taken = "" if each["taken"] else ", not taken"
        lines.append(f"  ISA13 {number} from {sender} ({usage}), TA1 note {each['code']}{taken}")
    for each in life["outputs"]:
        place = each["folder"] or "with the original"
        lines.append(f"  {each['kind']:12} {place}: {each['name']}{'' if each['there'] else ' (fetched or gone)'}")
    for event in life["events"]:
        detail = " ".join(f"{key}={value}" for key, value in event.items() if key not in ("at", "kind") and value != "")
        lines.append(f"  {event['at']}  {event['kind']}  {detail}".rstrip())
    return "\n".join(lines)


COMMANDS = (list_command, show, replay, requeue, release, forget, prune, verify, backup)
