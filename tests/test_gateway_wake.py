"""Events wake the gateway where watchfiles is there, and nothing is missed where it is not."""

from __future__ import annotations

import os
import select
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from edi837.gateway import labour, mounts
from edi837.gateway.wake import waker
from tests.gateways import drop, numbered, tree
from tests.test_gateway_crew import until, working


def test_without_watchfiles_there_is_no_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert waker(["/nowhere"]) == -1


def test_an_event_makes_the_handle_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    asked: list[str] = []

    def watch(*folders: str, **_: object) -> Iterator[set[object]]:
        asked.extend(folders)
        go.wait(10)
        yield set()
        raise RuntimeError("the folder went away")

    module = types.ModuleType("watchfiles")
    module.watch = watch  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "watchfiles", module)
    handle = waker(["/a", "/b"])
    assert select.select([handle], [], [], 0.05)[0] == []
    go.set()
    assert select.select([handle], [], [], 10)[0] == [handle]
    assert os.read(handle, 9) == b"." and asked == ["/a", "/b"]


MOUNTS = r"""/dev/vda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
nas:/edi /srv/edi nfs4 rw 0 0
//win/share /srv/edi\040win cifs rw 0 0
/dev/vdb /srv/edi/local xfs rw 0 0
/dev/vdc /srv/edi9 ext4 rw 0 0
nas:/over /srv/edi9 nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind", "remote"),
    [("/", "ext4", False), ("/srv/edi", "nfs4", True), ("/srv/edi/in", "nfs4", True),
     ("/srv/edi/local/in", "xfs", False), ("/srv/edi win/in", "cifs", True), ("/srv/edi9/in", "nfs", True),
     ("/srv/edix", "ext4", False)],
)  # fmt: skip
def test_what_lies_on_a_share(path: str, kind: str, remote: bool, tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    table = str(tmp_path / "mounts")
    assert (mounts.kind(path, table), mounts.remote(path, table)) == (kind, remote)
    assert mounts.kind(path, str(tmp_path / "none")) == "" and not mounts.remote(path, str(tmp_path / "none"))


@pytest.mark.parametrize("remote", [True, False])
def test_events_of_a_share_are_not_asked_for(remote: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They get lost there; what comes is found by looking."""

    def waking(folders: list[str]) -> int:
        (tmp_path / "asked").write_text(str(folders))
        return -1

    monkeypatch.setattr(labour, "waker", waking)
    monkeypatch.setattr(mounts, "remote", lambda path: remote and path.endswith("/in"))
    drop(tmp_path / "gate", "a.edi", numbered(1))
    with working(tmp_path / "gate"):
        until(lambda: len(tree(tmp_path / "gate", "out")) == 2 if (tmp_path / "gate" / "out").exists() else False)
        assert (tmp_path / "asked").exists() is not remote
