"""Every acknowledgement of every slip made from the guide, 7,900 of them, judged by pyx12.

pyx12 reads its maps once for all of them (`judge_all`), which makes it a matter of seconds.
"""

from __future__ import annotations

import re

from tests.ack_events import TOLERATED
from tests.judge import judge_all
from tests.test_acks import JUDGED_OTHERWISE
from tests.test_guide_mutants import CLEAN, result

KNOWN = {**TOLERATED, **JUDGED_OTHERWISE}


def answers() -> list[tuple[str, bytes]]:
    return [answer for kind in CLEAN for answer in result(kind).answers]


def test_pyx12_accepts_the_answer_to_every_slip() -> None:
    written = answers()
    assert len(written) > 7_800
    against = []
    for (name, _), complaints in zip(written, judge_all([data for _, data in written]), strict=True):
        against += [f"{name}: {c}" for c in complaints if not any(re.fullmatch(known, c) for known in KNOWN)]
    assert not against, "\n".join(against)


def test_maps_read_once_judge_as_maps_read_anew() -> None:
    written = [data for _, data in answers()]
    good = next(data for data in written if b"IK3*" in data)
    sample = [*written[:: len(written) // 40], b"ISA*broken~"]
    broken = [good.replace(b"IK5*R", b"IK5*Z"), good.replace(b"AK9*R", b"AK9*Q"), good.replace(b"IK3*", b"IK9*")]
    told = judge_all([*sample, *broken, good])
    assert told == judge_all([*sample, *broken, good], anew=True)
    assert all(told[len(sample) : -1]) and not told[-1]
