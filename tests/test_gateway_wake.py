"""Events wake the gateway where watchfiles is there, and nothing is missed where it is not."""

from __future__ import annotations

import os
import select
import sys
import threading
import types
from collections.abc import Iterator

import pytest

from edi837.gateway.wake import waker


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
