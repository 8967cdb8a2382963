"""Every fuzzing target takes mutations of the fixtures, and sees what it is to see; atheris guides it deeper."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from edi837 import process, x12
from tests.fuzz import MOST, TARGETS, corpus, mutated

TRIES = {"reader": 600, "walk": 60, "parts": 60, "check": 60, "replies": 300, "policies": 60, "overlays": 100}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_bears_what_is_made_of_good_input(target: str) -> None:
    chance = random.Random(837)
    seeds = [seed for seed in corpus(target) if len(seed) < 6_000] or list(corpus(target))
    for _ in range(TRIES[target]):
        TARGETS[target](mutated(chance.choice(seeds), chance))


def test_what_is_made_differs_and_is_mostly_x12() -> None:
    chance = random.Random(1)
    seeds = list(corpus("walk"))
    made = [mutated(chance.choice(seeds), chance) for _ in range(400)]
    assert len(set(made)) > 390 and max(map(len, made)) <= MOST
    assert sum(data.startswith(b"ISA") for data in made) > 300


def test_a_reader_whose_blocks_matter_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    read = x12.read

    def torn(stream: object, *, block: int = 0) -> Iterator[object]:
        yield from [] if block == 97 else read(stream, block=block)  # type: ignore[arg-type]

    monkeypatch.setattr(x12, "read", torn)
    with pytest.raises(AssertionError, match="blocks"):
        TARGETS["reader"](next(seed for seed in corpus("reader") if len(seed) > 2_000))


def test_an_exception_of_ours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_OUTSIDE", None)
    with pytest.raises(AttributeError):
        TARGETS["walk"](next(corpus("walk")).replace(b"ST*", b"NM1*1~ST*", 1))
