"""Shared by all tests: ``--update`` rewrites expected answers instead of comparing them."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write expected answers anew")


def pytest_configure() -> None:
    os.environ["EDI837_CODES"] = os.devnull  # the tables of this machine's user are none of ours


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
