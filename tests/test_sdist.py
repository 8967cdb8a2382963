"""What a source distribution holds: all of the repository, so that who packages it can run the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.test_supply import setup

ROOT = Path(__file__).parent.parent


def packed(path: str, manifest: str) -> bool:
    """Whether a file of the repository is in the source distribution: by MANIFEST.in, or by what setuptools adds."""
    said = [line.split() for line in manifest.splitlines() if line and not line.startswith("#")]
    if any(verb == "graft" and path.startswith(f"{name}/") for verb, name, *_ in said):
        return True
    if path in {name for verb, *names in said if verb == "include" for name in names}:
        return True
    if path in ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.cfg"):
        return True
    folder, _, name = path.rpartition("/")
    package = folder.replace("/", ".")
    data = setup()["options.package_data"].get(package, "").replace(",", " ").split()
    listed = package in setup()["options"]["packages"].split()
    return listed and (name.endswith(".py") or any(Path(name).match(each) for each in data))


def test_a_source_distribution_holds_the_tests_and_all_they_read() -> None:
    """What setuptools takes by itself is tests/test_*.py without their conftest and fixtures: half a suite."""
    manifest = (ROOT / "MANIFEST.in").read_text("utf-8")
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if asked.returncode:
        pytest.skip("no git, or no clone: the files cannot be listed")
    files = [name for name in asked.stdout.decode().split("\0") if name]
    assert [name for name in files if not packed(name, manifest)] == [".gitignore"]
    less = manifest.replace("graft fixtures", "")
    assert less != manifest and not packed("fixtures/demo.edi", less), "and a missing row is seen"
