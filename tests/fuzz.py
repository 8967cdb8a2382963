"""Fuzzing: bytes made from good ones, guided by what code they reach, given to whatever reads bytes.

``python -m tests.fuzz TARGET SECONDS`` needs atheris (``pip install atheris``); it ends with a status other than
0 at the first input on which a target raises what it may not, says two things of one file, or takes longer than
twenty seconds; the input is then in ``crash-*`` or ``timeout-*`` beside it. With a folder as a third word, what was
found to reach new code is kept there, and the next run begins with it. ``tests/test_fuzz.py`` gives every target
the same mutations without a guide.

What goes in are the fixtures, of 16 KB at most. The mutator knows segments, elements and marks, so that most of what
it makes still looks like X12.
"""

from __future__ import annotations

import contextlib
import functools
import io
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.generate import Layout, write_837p

if TYPE_CHECKING:
    from edi837.terms import Terms

ROOT = Path(__file__).parent.parent
MOST = 16_384  # bytes of an input: what breaks does so in small files, and many are read a second
TEXT = 65_536  # of a policy file
NOW = datetime(2026, 1, 2, 3, 4, 5)

Target = Callable[[bytes], None]
Change = Callable[[list[bytes], random.Random], None]

_WORDS = (
    b"", b" ", b"0", b"00", b"1", b"-1", b"99999999999999999999", b"1E5", b"20250230", b"20250203-20250209", b"D8",
    b"RD8", b"XX", b"HC:S9500:SH", b"HC:99601", b"NU", b":", b"^", b"ABK:A419", b"2300", b"\x00", b"\xff", b"\r\n",
    b"005010X222A1", b"005010X223A2", b"837", b"12:B:7", b"S9366", b"UN", b"DA", b"Y", b"22", b"23", b"20",
)  # fmt: skip
_SEGMENTS = (
    b"ISA", b"GS*HC*A1*B1*20250101*1200*1*X*005010X222A1", b"ST*837*0001*005010X222A1", b"SE*1*0001", b"GE*1*1",
    b"IEA*1*000000001", b"HL*1**20*1", b"HL*2*1*22*0", b"HL*3*2*23*0", b"LX*1", b"SV1*HC:S9500*1*UN*1***1",
    b"SV2*0640*HC:S9500*1*UN*1", b"CLM*A*1***12:B:1*Y*A*Y*Y", b"CLM*A*1***34:A:7*Y*A*Y*Y", b"HI*ABK:A419", b"SBR*S*18",
    b"NM1*85*2*A*****XX*1234567893", b"NM1*QC*1*A*B", b"DTP*472*RD8*20250203-20250209", b"REF*F8*1", b"LIN**N4*1",
    b"CTP****1*ML", b"SVD*A*1*HC:S9500**1", b"CAS*CO*45*1", b"AMT*D*1", b"PWK*CT*AB",
    b"TA1*000000001*250101*1200*A*000",
)  # fmt: skip


# ------------------------------------------------------------------ the mutator


def _drop(parts: list[bytes], chance: random.Random) -> None:
    del parts[chance.randrange(len(parts))]


def _again(parts: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(parts))
    parts[at:at] = parts[at : at + chance.randint(1, 6)] * chance.choice((1, 1, 1, 3, 20))


def _swap(parts: list[bytes], chance: random.Random) -> None:
    one, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]


def _put(parts: list[bytes], chance: random.Random) -> None:
    parts.insert(chance.randrange(len(parts) + 1), chance.choice(_SEGMENTS))


def _element(parts: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(parts))
    elements = parts[at].split(b"*")
    elements[chance.randrange(len(elements))] = chance.choice(_WORDS)
    parts[at] = b"*".join(elements)


def _shift(parts: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(parts))
    elements = parts[at].split(b"*")
    elements.insert(chance.randrange(len(elements) + 1), chance.choice(_WORDS))
    parts[at] = b"*".join(elements)


def _letter(parts: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(parts))
    part = bytearray(parts[at])
    if part:
        part[chance.randrange(len(part))] = chance.choice(b"*:^~ \n\x00\xff019AZ-.")
    parts[at] = bytes(part)


def _cut(parts: list[bytes], chance: random.Random) -> None:
    del parts[chance.randrange(1, len(parts) + 1) :]


def _mark(parts: list[bytes], chance: random.Random) -> None:
    old, new = chance.sample((b"*", b":", b"^", b"|", b">", b"\n"), 2)
    parts[:] = [part.replace(old, new) for part in parts]


def _word(parts: list[bytes], chance: random.Random) -> None:
    """Put a word of one line between the quotation marks of another."""
    one, other = (parts[chance.randrange(len(parts))].split(b'"') for _ in range(2))
    if len(one) > 2 and len(other) > 2:
        at = parts.index(b'"'.join(one))
        one[chance.randrange(len(one))] = other[chance.randrange(len(other))]
        parts[at] = b'"'.join(one)


_CHANGES: tuple[Change, ...] = (
    _drop, _again, _swap, _put, _put, _element, _element, _element, _element, _shift, _letter, _letter, _cut, _mark,
)  # fmt: skip


def mutated(data: bytes, chance: random.Random, most: int = MOST) -> bytes:
    """The bytes with a few changes, each of a segment, an element, a letter or a mark; of text, of a line."""
    end, changes = (b"~", _CHANGES) if b"~" in data else (b"\n", (_drop, _again, _swap, _letter, _letter, _cut, _word))
    parts = data.split(end)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if len(parts) > 1:
            chance.choice(changes)(parts, chance)
    return end.join(parts)[:most]


# ------------------------------------------------------------------ the targets


def reader(data: bytes) -> None:
    """The wire: any bytes, in any blocks, are the same items, and the same bytes again."""
    from edi837 import x12
    from edi837.findings import NotX12

    written = []
    for block in (1, 65_536) if len(data) < 500 else (7, 65_536) if len(data) < 2_000 else (97, 65_536):
        sink = io.BytesIO()
        try:
            x12.write(x12.read(io.BytesIO(data), block=block), sink)
            written.append(sink.getvalue())
        except NotX12:
            written.append(b"")
    assert len(set(written)) == 1, "the size of blocks changes what is read"
    assert written[0] in (data, b""), "other bytes come out than went in"


def walk(data: bytes) -> None:
    """The guide alone: every event of an interchange, and the tree of it."""
    from edi837 import draw, process
    from edi837.findings import NotX12

    with contextlib.suppress(NotX12):
        told = sum(1 for _ in process.tell(io.BytesIO(data)))
        assert told
    with contextlib.suppress(NotX12):
        for form in ("text", "json", "xml"):
            for _ in draw.tree(io.BytesIO(data), format=form):
                pass


def parts(data: bytes) -> None:
    """A set read in parts is told as if it had been read whole."""
    from tests.hands import same

    same(data)


@functools.cache
def _terms() -> Terms:
    """Those of policy 042, whose file is read once: it is not what is tried here."""
    from edi837.rules import load
    from edi837.terms import Terms

    return Terms([load("042")])


def check(data: bytes) -> None:
    """The whole: judged by 042 and answered; what is answered can be read, and counts every claim once."""
    from edi837 import answer
    from edi837.findings import NotX12
    from edi837.replies.items import ClaimReply
    from edi837.replies.read import read

    try:
        outcome = answer.answer(io.BytesIO(data), _terms(), file="f.edi", now=NOW, control=1)
    except NotX12:
        return
    for kind, content in outcome.files.items():
        if kind in ("ta1", "999", "277ca"):
            items = list(read(io.BytesIO(content.read())))
            claims = sum(isinstance(item, ClaimReply) for item in items)
            assert claims <= outcome.claims, f"{claims} claims are answered and {outcome.claims} were sent"
        content.close()


def replies(data: bytes) -> None:
    """What reads acknowledgements, and says them in words: as text, as JSON or as a page, by the size of the input."""
    from edi837.findings import NotX12
    from edi837.replies import form
    from edi837.replies.read import read
    from edi837.replies.words import Teller

    with contextlib.suppress(NotX12):
        writer = (form.Text(), form.Json(), form.Html("f"))[len(data) % 3]
        teller = Teller()
        for item in read(io.BytesIO(data)):
            for said in teller.say(item):
                assert all(isinstance(text, str) for text in writer.put(said))


def policies(data: bytes) -> None:
    """A policy file: it is read, or its faults are told."""
    from edi837.findings import Edi837Error
    from edi837.rules import load

    path = Path(_beside_policies().name, "p.toml")
    path.write_bytes(data)
    with contextlib.suppress(Edi837Error):
        load(path)


@functools.cache
def _beside_policies() -> tempfile.TemporaryDirectory[str]:
    """A folder with the texts, tables and cases that a policy file names."""
    folder = tempfile.TemporaryDirectory()
    for source in (ROOT / "edi837" / "policies").iterdir():
        (Path(folder.name) / source.name).symlink_to(source)
    return folder


def overlays(data: bytes) -> None:
    """A companion guide: it is read, or its faults are told."""
    from edi837.companion import Guides
    from edi837.findings import Edi837Error

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.xml"
        path.write_bytes(data)
        with contextlib.suppress(Edi837Error):
            Guides.read([path])


COMPANION = b"""<companion guide="005010X222A1" receiver="PAYER042">
  <change loop="2400" fact="repeat" value="99" reason="the payer takes 99 lines"/>
  <change loop="2300" segment="CLM" element="CLM05-3" fact="codes" value="1 7 8" reason="no other is taken"/>
  <change loop="2310B" fact="usage" value="R" reason="always asked for"/>
</companion>
"""
TARGETS: dict[str, Target] = {
    "reader": reader, "walk": walk, "parts": parts, "check": check, "replies": replies, "policies": policies,
    "overlays": overlays,
}  # fmt: skip


def corpus(target: str) -> Iterator[bytes]:
    """What a target begins with."""
    if target == "policies":
        yield from (path.read_bytes()[:TEXT] for path in sorted((ROOT / "edi837" / "policies").glob("*.toml")))
    elif target == "overlays":
        yield COMPANION
    elif target == "replies":
        for path in sorted((ROOT / "fixtures").rglob("*.edi")):
            if path.name.endswith((".999.edi", ".277ca.edi", ".ta1.edi")):
                yield path.read_bytes()[:MOST]
    else:
        if target == "parts":
            several = io.BytesIO()
            write_837p(several, 8, layout=Layout(per_set=5, per_provider=2))
            yield several.getvalue()[:MOST]
        for path in sorted((ROOT / "fixtures").rglob("*.edi")):
            if "expected" not in path.parts and not path.name.endswith((".999.edi", ".277ca.edi", ".ta1.edi")):
                yield path.read_bytes()[:MOST]


def main(target: str, seconds: str, *more: str) -> None:
    """Fuzz one target for so many seconds; ``more`` are folders and options of libFuzzer's."""
    import atheris

    with atheris.instrument_imports(include=["edi837"]):
        import edi837.draw
        import edi837.replies.words
        import edi837.terms  # noqa: F401

    def change(data: bytes, most: int, seed: int) -> bytes:
        if seed % 8 == 0:
            return bytes(atheris.Mutate(data, most))
        return mutated(data, random.Random(seed), most)

    for word in more:
        if not word.startswith("-"):
            Path(word).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(corpus(target)):
            (Path(folder) / f"{number:04}").write_bytes(seed)
        bounds = (f"-max_total_time={seconds}", f"-max_len={TEXT if target == 'policies' else MOST}", "-timeout=20")
        words: list[Any] = [sys.argv[0], *more, folder, *bounds, "-print_final_stats=1"]
        atheris.Setup(words, TARGETS[target], custom_mutator=change)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
