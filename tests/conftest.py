"""Shared by all tests: ``--update`` rewrites expected answers instead of comparing them.

With ``EDI837_EXTRAS=1`` every extra is said to be installed: then a test that is skipped has failed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write expected answers anew")


def pytest_configure(config: pytest.Config) -> None:
    os.environ["EDI837_CODES"] = os.devnull  # the tables of this machine's user are none of ours
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _here(getattr(socket.socket, name)))


def _here(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a socket that goes to this machine alone: no test, and nothing it tries out, may reach another."""

    def reaching(self: socket.socket, *said: Any) -> Any:
        if self.family != socket.AF_UNIX and said[-1][0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError("a connection to another machine")
        return plain(self, *said)

    return reaching


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("EDI837_EXTRAS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, though every extra should be installed: {call.excinfo and call.excinfo.value}"
    return report
