"""What CI and an installation take from others: all of it pinned by version and hash, listed, and asked for faults."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = {path.stem: path.read_text("utf-8") for path in (ROOT / ".ci" / "lock").glob("*.txt")}
PIN = re.compile(
    r"^([\w.-]+)==([^\s;\\]+)(?: ; [^\\\n]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)
HOLDS = {  # the extras whose needs a lock file holds, beside those of the program
    "run": {"watch", "parquet", "fhir"},
    "test": {"test"},
    "beside": {"test", "docs", "watch", "parquet", "fhir"},
    "spark": {"test", "spark"},
}


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version, _ in PIN.findall(LOCKS[lock]):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def setup() -> ConfigParser:
    read = ConfigParser()
    read.read(ROOT / "setup.cfg", "utf-8")
    return read


def needs(lock: str) -> list[Requirement]:
    """What a lock file has to hold."""
    said = setup()
    texts = [said["options"]["install_requires"], *(said["options.extras_require"][extra] for extra in HOLDS[lock])]
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    needed = sorted([*lines, *(built if lock != "run" else ())])  # in one order, for tests that are shared out
    return [Requirement(line) for line in needed]


@pytest.mark.parametrize(("lock", "need"), [(lock, need) for lock in HOLDS for need in needs(lock)], ids=str)
def test_every_need_is_locked_in_a_version_that_fits(lock: str, need: Requirement) -> None:
    versions = pins(lock)[canonicalize_name(need.name)]
    assert versions and all(need.specifier.contains(version) for version in versions)


def test_every_extra_is_locked_somewhere() -> None:
    assert set(setup()["options.extras_require"]) == {extra for extras in HOLDS.values() for extra in extras}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_its_hashes_and_nothing_else_is_there(lock: str) -> None:
    assert len(PIN.findall(LOCKS[lock])) == LOCKS[lock].count("==") - LOCKS[lock].count(" == ")
    rest = PIN.sub("", LOCKS[lock])
    assert all(not line or line.startswith((" ", "#")) for line in rest.splitlines())
    assert not re.search(r"//|/(?:work|home|root|tmp)\b|--(?:index|extra|find|trusted)", LOCKS[lock])


@pytest.mark.parametrize("lock", ["run", "test", "tools"])
def test_what_is_tested_is_what_is_run_and_what_is_beside(lock: str) -> None:
    beside = pins("beside")
    assert {name: beside.get(name) for name in pins(lock)} == pins(lock)


def test_what_ci_installs_is_checked_by_hash_before_the_tests_command() -> None:
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    installs = [line for line in run.splitlines() if "pip install" in line]
    assert all("--require-hashes" in line or "PIP_NO_INDEX=1" in line for line in installs) and len(installs) == 3
    assert "PIP_NO_INDEX=1 PIP_NO_BUILD_ISOLATION=0 bash" in run


# ------------------------------------------------------------------ the audit

SAYS = """
import json, sys
asked = [line.strip().split("==") for line in open(sys.argv[sys.argv.index("--requirement") + 1])]
service = sys.argv[sys.argv.index("--vulnerability-service") + 1]
told = [{"name": name, "version": version, "vulns": []} for name, version in asked]
"""
END = """
print(json.dumps({"dependencies": told, "fixes": []}))
sys.exit(status)
"""


def audit(place: Path, says: str) -> subprocess.CompletedProcess[str]:
    """.ci/audit with another's word for pip-audit's."""
    (place / "bin").mkdir()
    program = place / "bin" / "pip-audit"
    program.write_text(f"#!{sys.executable}\n{SAYS}\n{says}")
    program.chmod(0o755)
    return subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit", place], capture_output=True, encoding="utf-8", timeout=60
    )


def test_an_audit_that_knows_of_nothing_passes_and_says_how_many_it_asked_for(tmp_path: Path) -> None:
    done = audit(tmp_path, "status = 0" + END)
    every = {(name, version) for lock in LOCKS for name, versions in pins(lock).items() for version in versions}
    assert (done.returncode, done.stdout) == (0, f"{len(every)} packages asked for, a vulnerability known of 0\n")


def test_an_audit_that_knows_of_one_fails_with_its_name(tmp_path: Path) -> None:
    found = 'hit = [each for each in told if each["name"] == "lxml"]\nstatus = bool(hit)\n'
    done = audit(tmp_path, found + 'for each in hit:\n    each["vulns"] = [{"id": "PYSEC-0-1"}]\n' + END)
    assert done.returncode == 1 and re.search(r"^lxml [\d.]+: PYSEC-0-1$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "says",
    [
        'told[3] = {"name": told[3]["name"], "skip_reason": "not found"}; status = 0' + END,
        "told.pop(); status = 0" + END,
        "told = []; status = 0" + END,
        "status = 1" + END,
        'sys.exit("no network")',
        "print('fine')",
        "print('[]')",
        "",
    ],
    ids=["skipped", "one short", "none", "failed", "no network", "no JSON", "no table", "silent"],
)
def test_an_audit_that_did_not_hear_of_every_package_is_none(tmp_path: Path, says: str) -> None:
    done = audit(tmp_path, says)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("not audited: ")


def test_an_audit_asks_the_second_service_when_the_first_will_not_answer(tmp_path: Path) -> None:
    done = audit(tmp_path, 'status = 0\nif service == "pypi":\n    sys.exit(1)' + END)
    assert done.returncode == 0


def test_the_real_tool_without_a_network_is_no_audit(tmp_path: Path) -> None:
    here = Path(sys.prefix)
    if not (here / "bin" / "pip-audit").exists():
        pytest.skip("pip-audit is beside the program, in an environment of its own")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit", here], capture_output=True, encoding="utf-8", timeout=120,
        env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "") and "not audited" in done.stderr


# ------------------------------------------------------------------ the bill


def test_the_bill_names_what_is_pinned_and_no_more(tmp_path: Path) -> None:
    here, out = Path(sys.prefix), tmp_path / "sbom.json"
    if not (here / "bin" / "cyclonedx-py").exists():
        pytest.skip("cyclonedx-bom is beside the program, in an environment of its own")
    command = [sys.executable, str(ROOT / ".ci" / "sbom"), str(out), str(here)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)
    bom = json.loads(out.read_text("utf-8"))
    assert {canonicalize_name(each["name"]): {each["version"]} for each in bom["components"]} == pins("run")
    assert bom["metadata"]["component"]["name"] == "edi837" and "timestamp" not in bom["metadata"]
    whole = bom["metadata"]["component"]["bom-ref"]
    direct = next(each["dependsOn"] for each in bom["dependencies"] if each["ref"] == whole)
    assert {Requirement(ref).name.lower() for ref in direct} == {need.name.lower() for need in needs("run")}
    assert all(each.get("licenses") for each in bom["components"])
