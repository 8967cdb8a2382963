"""Every acknowledgement of every slip made from the guide, judged by pyx12.

pyx12 takes too long for all 7,900 at each change. They say few different things, so one of each
`shape` is judged; with ``EDI837_DEEP=1`` in the environment every one is.
"""

from __future__ import annotations

import os
import re

from tests.ack_events import TOLERATED
from tests.judge import judge_all
from tests.test_acks import JUDGED_OTHERWISE
from tests.test_guide_mutants import CLEAN, result

DEEP = bool(os.environ.get("EDI837_DEEP"))
KNOWN = {**TOLERATED, **JUDGED_OTHERWISE}

# What is made equal in a shape, element by element: all else stays as it is, every code above all.
_NUMBER = re.compile(r"\d+")
_LIKE = {
    "ISA": {9: "date", 10: "time", 13: "number"},
    "GS": {4: "date", 5: "time", 6: "number"},
    "AK1": {2: "number"},  # GS06 received
    "AK2": {2: "ST02"},
    "IK3": {1: "segment", 2: "position", 3: "loop"},  # id, place and loop; an absent loop stays absent
    "CTX": {2: "segment", 3: "position", 4: "loop"},
    "IK4": {2: "data element", 4: "value"},
    "TA1": {1: "number", 2: "date", 3: "time"},
    "SE": {2: "number"},
    "GE": {2: "number"},
    "IEA": {2: "number"},
}


def shape(data: bytes) -> str:
    """A 999 or TA1 with its control numbers, dates, positions, ids and values made equal; a 277CA as it is.

    Of an id or value its length in characters is kept, of a position (IK401, CTX05) which parts it has, of
    the claim's CTX only that it is there. A value that pyx12 may hold to hold a bad character is kept whole.
    """
    text = data.decode("latin-1")
    if "*277*" in text:
        return text
    lines = []
    for line in text.split("~"):
        tag, *elements = line.strip().split("*")
        for at, like in _LIKE.get(tag, {}).items():
            if at <= len(elements) and elements[at - 1]:
                value = elements[at - 1]
                plain = re.fullmatch(r"[A-Za-z0-9 .-]+", value)
                elements[at - 1] = f"<{like} of {len(value)}>" if plain else value
        if tag == "IK4":
            elements[0] = _NUMBER.sub("n", elements[0])
        if tag == "CTX":
            elements[4:] = [_NUMBER.sub("n", part) for part in elements[4:]]
            elements[0] = re.sub(r"^CLM01:[A-Za-z0-9 .-]+$", "CLM01:<id>", elements[0])
        lines.append("*".join([tag, *elements]))
    return "~".join(lines)


def test_pyx12_accepts_the_answer_to_every_slip() -> None:
    answers = [answer for kind in CLEAN for answer in result(kind).answers]
    assert len(answers) > 7_800
    chosen = answers if DEEP else list({shape(data): (name, data) for name, data in answers}.values())
    against = []
    for (name, _), complaints in zip(chosen, judge_all([d for _, d in chosen], 1_200.0), strict=True):
        against += [f"{name}: {c}" for c in complaints if not any(re.fullmatch(known, c) for known in KNOWN)]
    assert not against, "\n".join(against)


def test_the_shapes_are_many_and_far_fewer_than_the_answers() -> None:
    answers = [data for kind in CLEAN for _, data in result(kind).answers]
    shapes = {shape(data) for data in answers}
    assert 200 < len(shapes) < 1_500
    kept = {code for text in shapes for code in re.findall(r"IK4\*[n:]+\*[^*~]*\*(\w+)", text)}
    assert kept == {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12", "13", "I10", "I12"}


def test_what_is_kept_of_an_answer_makes_another_shape() -> None:
    ack = b"IK3*SV1*30*2400*8~CTX*CLM01:HIT1~IK4*1:3*1339*7*SH~IK5*R*5~"
    for old, new in ((b"*7*SH", b"*7*SHX"), (b"*7*SH", b"*6*SH"), (b"1:3", b"1"), (b"*2400*", b"**"), (b"1339", b""),
                     (b"CTX*CLM01:HIT1~", b""), (b"*SH", b"*S_"), (b"R*5", b"R*I5"), (b"SV1", b"LX")):  # fmt: skip
        assert shape(ack.replace(old, new)) != shape(ack)
    for old, new in ((b"*SH", b"*TJ"), (b"*30*", b"*41*"), (b"HIT1", b"OTHER"), (b"SV1", b"SV2"), (b"1:3", b"5:4")):
        assert shape(ack.replace(old, new)) == shape(ack)


def test_maps_read_once_judge_as_maps_read_anew() -> None:
    answers = [data for kind in CLEAN for _, data in result(kind).answers]
    sample = [*answers[:: len(answers) // 40], b"ISA*broken~", answers[0].replace(b"*IK5*R", b"*IK5*Z")]
    sample += [answers[0].replace(b"IK304", b""), answers[0].replace(b"AK9*R", b"AK9*Q"), answers[0]]
    told = judge_all(sample)
    assert told == judge_all(sample, anew=True)
    assert any(told)
