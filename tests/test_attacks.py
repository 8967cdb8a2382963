"""Files that an operator was talked into using: refused with a reason, soon, in little memory, and without a look
at any other file or at the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOON = 1.0  # seconds beyond the start
LITTLE = 100_000  # KiB beyond the start

COMPANION = '<companion guide="005010X222A1">{}</companion>'
CHANGE = '<change loop="2300" segment="CLM" element="CLM05" fact="usage" value="R" reason="because it is so"/>'
SECRET = "SECRET-OF-ANOTHER-FILE"


def bomb(levels: int) -> str:
    """A billion laughs."""
    parts = ['<!ENTITY l0 "lol">']
    parts += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels)]
    return f"<!DOCTYPE companion [{''.join(parts)}]>" + COMPANION.format(f"&l{levels - 1};")


# Each with what has to be said of it.
XML: dict[str, tuple[str, str]] = {
    "external entity": (
        '<!DOCTYPE companion [<!ENTITY x SYSTEM "file://{secret}">]>' + COMPANION.format("&x;" + CHANGE), "DOCTYPE",
    ),
    "external entity in a value": (
        '<!DOCTYPE companion [<!ENTITY x SYSTEM "file://{secret}">]>'
        + COMPANION.format(CHANGE.replace("because it is so", "&x;")), "cannot be read",
    ),
    "parameter entity": ('<!DOCTYPE companion [<!ENTITY % x SYSTEM "file://{secret}"> %x;]>' + COMPANION, "DOCTYPE"),
    "external DTD": ('<!DOCTYPE companion SYSTEM "file://{secret}">' + COMPANION.format(CHANGE), "DOCTYPE"),
    "DTD from the network": ('<!DOCTYPE companion SYSTEM "http://example.com/x.dtd">' + COMPANION, "DOCTYPE"),
    "internal entity": ('<!DOCTYPE companion [<!ENTITY x "2300">]>' + COMPANION.format(CHANGE), "DOCTYPE"),
    "billion laughs": (bomb(12), ""),
    "quadratic": (
        f'<!DOCTYPE companion [<!ENTITY x "{"x" * 50_000}">]>' + COMPANION.format("&x;" * 50_000), "",
    ),
    "XInclude": (
        COMPANION.format('<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file://{secret}"/>'),
        "does not fit schemas/companion.rng",
    ),
    "stylesheet": (
        '<?xml-stylesheet href="file://{secret}"?><stylesheet xmlns="http://www.w3.org/1999/XSL/Transform"/>',
        "does not fit schemas/companion.rng",
    ),
    "depth": ("<companion>" * 100_000, "cannot be read"),
    "long value": (COMPANION.format(CHANGE.replace("because", "b" * 12_000_000)), "cannot be read"),
    "long file": (COMPANION.format(CHANGE + " " * (17 << 20)), "longer than 16 MiB"),
    "gzip": ("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "cannot be read"),
}

POLICY: dict[str, tuple[str, str]] = {
    "nested arrays": ("a = " + "[" * 200_000, "nested too deeply"),
    "nested tables": ("a = " + "{b = " * 100_000, "nested too deeply"),
    "long key": (".".join(["a"] * 100_000) + " = 1", ""),
    "number bomb": ("a = " + "9" * 100_000, ""),
    "long file": ("# " + "x" * (17 << 20), "longer than 16 MiB"),
    "text that lies elsewhere": ('[policy]\nnumber = "7"\ntitle = "T"\ntext = "{secret}"\n', "does not lie beside"),
    "text above": ('[policy]\nnumber = "7"\ntitle = "T"\ntext = "../secret.txt"\n', "does not lie beside"),
    "code in a check": ('[[edit]]\nid = "7-A01"\ncheck = "__import__(\'os\').system(\'id\')"\n', ""),
}

# What is watched: every file that is opened, every socket, program and thing compiled on the way.
WATCH = """
import json, resource, sys, time
from edi837 import cli
secret, command = sys.argv[1], sys.argv[2:]
seen = []
BAD = ("socket", "subprocess", "os.system", "os.exec", "os.fork", "os.posix_spawn", "urllib", "ctypes.dlopen")
def hook(event, details):
    if event.startswith(BAD) or (event == "open" and secret in str(details[0])):
        seen.append(event)
sys.addaudithook(hook)
before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    status = cli.main(command, prog_name="edi837", standalone_mode=False)
except Exception as error:
    status = type(error).__name__
    print(getattr(error, "message", error), file=sys.stderr)
took, grown = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([status, took, grown, seen]))
"""


def tried(tmp_path: Path, option: str, name: str, text: str) -> tuple[object, float, int, list[str], str]:
    """What came of a command with this file: status, seconds, KiB, what it did that it may not, and what it said."""
    (tmp_path / "secret.txt").write_text(SECRET, "utf-8")
    folder = tmp_path / "own"
    folder.mkdir()
    path = folder / name
    path.write_bytes(text.replace("{secret}", str(tmp_path / "secret.txt")).encode("latin-1"))
    claims = ROOT / "fixtures" / "837P" / "pass" / "dependants.edi"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WATCH, "secret.txt", "check", option, str(path), str(claims)],
        capture_output=True, text=True, cwd=ROOT, timeout=60, env=environment, errors="replace",
    )  # fmt: skip
    status, took, grown, seen = json.loads(done.stdout.splitlines()[-1])
    return status, took, grown, seen, done.stderr


ATTACKS = [("--guide-overlay", "companion.xml", name, *each) for name, each in XML.items()]
ATTACKS += [("--policy", "trial.toml", name, *each) for name, each in POLICY.items()]


@pytest.mark.parametrize(
    ("option", "file", "text", "said"),
    [(option, file, text, said) for option, file, _, text, said in ATTACKS],
    ids=[f"{file} {name}" for _, file, name, *_ in ATTACKS],
)
def test_an_attack(tmp_path: Path, option: str, file: str, text: str, said: str) -> None:
    status, took, grown, seen, told = tried(tmp_path, option, file, text)
    assert status == "UsageError" and said in told and file in told and SECRET not in told
    assert seen == [] and took < SOON and grown < LITTLE


def test_the_watch_sees_a_file_that_is_read(tmp_path: Path) -> None:
    *_, seen, _ = tried(tmp_path, "--baseline", "../secret.txt", SECRET)
    assert seen


def test_a_good_companion_is_none_of_these(tmp_path: Path) -> None:
    status, *_ = tried(tmp_path, "--guide-overlay", "companion.xml", COMPANION.format(CHANGE))
    assert status == 0
