"""The public functions, as a program calls them: what they take, what they refuse, and in which words."""

from __future__ import annotations

import io
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click
import pytest

import edi837
from edi837 import claimrows, rows, rules
from edi837.spark.tables import Manner
from tests.formats import edi837 as edi837_command
from tests.snippets import interchange
from tests.test_kin import LATE, WEEK, body, claim, level, trial, with_cases

DEMO = Path(__file__).parent.parent / "fixtures" / "demo.edi"
BYTES = DEMO.read_bytes()
NOW = datetime(2026, 1, 15, 9, 30)


class OnlyRead:
    """A stream that can be read and nothing else, as some libraries hand out."""

    def __init__(self) -> None:
        self._stream = io.BytesIO(BYTES)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


class GivesText:
    """A stream that was opened as text, and does not look it."""

    def read(self, size: int = -1) -> str:
        return "ISA*"


def _answered(source: Any, folder: Path) -> list[str]:
    paths = edi837.acknowledge(source, out=folder, now=NOW, name="demo.edi")
    return [path.read_text() for path in paths.values()]


TAKING: dict[str, Callable[[Any, Path], object]] = {
    "segments": lambda source, folder: list(edi837.segments(source)),
    "tree": lambda source, folder: len(list(edi837.tree(source))),
    "claims": lambda source, folder: list(edi837.claims(source)),
    "check": lambda source, folder: list(edi837.check(source)),
    "acknowledge": _answered,
}


@pytest.mark.parametrize("name", TAKING)
@pytest.mark.parametrize(
    "make",
    [lambda: str(DEMO), lambda: BYTES, lambda: bytearray(BYTES), lambda: memoryview(BYTES), OnlyRead],
    ids=["str", "bytes", "bytearray", "memoryview", "read alone"],
)
def test_a_file_is_taken_in_each_form_alike(name: str, make: Callable[[], Any], tmp_path: Path) -> None:
    assert TAKING[name](make(), tmp_path) == TAKING[name](DEMO, tmp_path)


@pytest.mark.parametrize("name", TAKING)
@pytest.mark.parametrize("source", [io.StringIO("ISA"), None, 3, (b for b in [BYTES]), [BYTES]])
def test_what_is_no_file_is_refused_in_words(name: str, source: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"a path, bytes or a binary stream, not as a \w+"):
        TAKING[name](source, tmp_path)


def test_a_file_open_as_text_is_refused(tmp_path: Path) -> None:
    with open(DEMO) as stream, pytest.raises(TypeError, match="not as a TextIOWrapper"):
        list(edi837.check(stream))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "policies",
    ["042", edi837.policy("042"), rules.locate("042")[0], [rules.locate("042")[0]], iter(["042"])],
    ids=["name", "policy", "path", "paths", "iterator"],
)
def test_one_policy_or_several_in_each_form(policies: Any) -> None:
    assert list(edi837.check(DEMO, policies)) == list(edi837.check(DEMO, ["042"]))


def test_a_policy_without_cases_judges_no_claim(tmp_path: Path) -> None:
    """Nobody tried its edits; it may be read all the same."""
    trial(tmp_path, "claim")
    draft = tmp_path / "7.toml"
    asked: list[Any] = [draft, str(draft), edi837.policy(draft), ["042", draft]]
    judges: list[Any] = [
        edi837.check, rows.rows, claimrows.rows,
        lambda file, by: edi837.acknowledge(file, by, out=tmp_path / "out", now=NOW),
    ]  # fmt: skip
    for policy in asked:
        for judge in judges:
            with pytest.raises(edi837.PolicyError, match=r"7\.toml: policy: no cases"):
                list(judge(DEMO, policy))
    assert not (tmp_path / "out").exists()
    with pytest.raises(edi837.PolicyError, match=r"7\.toml: policy: no cases"):
        Manner(policies=(str(draft),)).bench()
    tried = with_cases(tmp_path)
    assert any("7-D01" in str(row["findings"]) for row in rows.rows(DEMO, tried))
    assert Manner(policies=(str(tried),)).bench().names == ["7"]


@pytest.mark.parametrize("command", ["lines", "claims", "check", "tree"])
def test_nor_does_a_command(command: str, tmp_path: Path) -> None:
    trial(tmp_path, "claim")
    with pytest.raises(click.UsageError, match=r"7\.toml: policy: no cases"):
        edi837_command(command, DEMO, "--policy", tmp_path / "7.toml")
    assert edi837_command("explain", "7-A01", "--policy", tmp_path / "7.toml").status == 0, "it may be looked at"


def test_a_moment_may_name_its_zone(tmp_path: Path) -> None:
    told = [
        {kind: path.read_bytes() for kind, path in edi837.acknowledge(DEMO, out=tmp_path / str(n), now=now).items()}
        for n, now in enumerate((NOW, NOW.replace(tzinfo=timezone(timedelta(hours=2)))))
    ]
    assert told[0] == told[1]


def test_a_policy_twice_is_asked_once_and_two_profiles_of_one_are_refused() -> None:
    assert list(edi837.check(DEMO, ["042", edi837.policy("042")])) == list(edi837.check(DEMO, ["042"]))
    for call in (edi837.check, rows.rows, claimrows.rows):
        with pytest.raises(edi837.PolicyError, match="042-strict and 042 are profiles of one policy"):
            list(call(DEMO, ["042-strict", "042"]))


@pytest.mark.parametrize("told", [rows.rows, claimrows.rows])
def test_rows_take_a_file_and_policies_in_each_form(told: Any) -> None:
    with open(DEMO, "rb") as stream:
        expected = list(told(stream, [edi837.policy("042")]))
    assert "rejected" in {row["status"] for row in expected}
    for source in (DEMO, str(DEMO), BYTES, OnlyRead()):
        assert list(told(source, "042")) == expected
    assert {row["status"] for row in told(DEMO)} == {"not judged"}
    with pytest.raises(TypeError, match="not as a list"):
        list(told([BYTES]))


def test_rows_judge_the_claims_of_a_patient_together_as_check_does() -> None:
    """042-A03 looks at the whole file: the other first therapy stands under another HL."""
    data = interchange(body(level(2, claim("C1", WEEK)), level(3, claim("C2", LATE))))
    found = [each for each in edi837.check(data) if each.rule == "042-A03" and each.rejects]
    assert [each.place.claim for each in found] == ["C2"]
    assert {row["claim"]: row["status"] for row in rows.rows(data, ["042"])} == {"C1": "accepted", "C2": "rejected"}


def test_text_reads_a_name_that_is_utf_8() -> None:
    data = BYTES.replace(b"NM1*IL*1*", "NM1*IL*1*Ñ".encode(), 1)
    (first, *_) = edi837.claims(data)
    assert edi837.text(first.patient.last).startswith("Ñ") and not first.patient.last.startswith("Ñ")


@pytest.mark.parametrize("now", [date(2026, 1, 15), "2026-01-15", None])
def test_now_is_a_moment(now: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="now is a datetime"):
        edi837.acknowledge(BYTES, out=tmp_path / "out", now=now)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("control", [0, -1, 10**9])
def test_a_control_number_fits_its_element(control: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"from 1 to 999999999, as ISA13 holds it, not {control}"):
        edi837.acknowledge(BYTES, out=tmp_path, now=NOW, control=control)
    assert edi837.acknowledge(BYTES, out=tmp_path, now=NOW, control=999_999_999)


@pytest.mark.parametrize("name", ["../evil", "a/b", "/evil", "a/", ".", "x\0y"])
def test_a_name_leads_out_of_no_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without a folder or a NUL in it"):
        edi837.acknowledge(BYTES, out=tmp_path / "out", now=NOW, name=name)
    assert list(tmp_path.iterdir()) == []


GUIDES, CODES = r"edi837\.Guides\.read\(paths\), not str", r"edi837\.Tables\.load\(folder\), not str"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda wrong: edi837.acknowledge(BYTES, out="no", now=NOW, guides=wrong("own.xml")), GUIDES),
        (lambda wrong: list(rows.rows(BYTES, guides=wrong("own.xml"))), GUIDES),
        (lambda wrong: list(edi837.check(BYTES, codes=wrong("codes"))), CODES),
        (lambda wrong: list(claimrows.rows(BYTES, codes=wrong("codes"))), CODES),
        (lambda wrong: list(edi837.check(BYTES, wrong(None))), r"or \[\] for none, and not NoneType"),
        (lambda wrong: list(edi837.check(BYTES, wrong([b"042"]))), "by its name, its path or as read, not as bytes"),
        (lambda wrong: edi837.policy(wrong(42)), "by its name, its path or as read, not as int"),
        (lambda wrong: list(edi837.claims(wrong(GivesText()))), r"gives bytes .* open\(path, 'rb'\), not str"),
    ],
)  # fmt: skip
def test_what_is_of_another_type_is_refused_with_what_to_give(call: Callable[[Any], object], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        call(lambda wrong: wrong)


def test_none_is_no_policy_and_a_file_no_folder_of_tables(tmp_path: Path) -> None:
    for asked in ("none", ["none"]):
        with pytest.raises(edi837.PolicyError, match=r"pass \[\] as policies"):
            list(edi837.check(BYTES, asked))
    with pytest.raises(edi837.CodeTableError, match=r"demo\.edi is a file: give the folder"):
        edi837.Tables.load(DEMO)


def test_companions_and_tables_by_text_or_path(tmp_path: Path) -> None:
    path = tmp_path / "own.xml"
    path.write_text(
        '<companion guide="005010X222A1">'
        '<change loop="2310B" fact="usage" value="R" reason="the rendering provider"/></companion>'
    )
    forms: Iterator[Any] = iter([str(path), path, [str(path)], [path]])
    found = [len(list(edi837.check(DEMO, [], guides=edi837.Guides.read(each)))) for each in forms]
    assert found == [8, 8, 8, 8]
    assert edi837.Tables.load(str(tmp_path)).releases() == edi837.Tables.load(tmp_path).releases() == []


def test_an_error_goes_between_processes() -> None:
    with pytest.raises(edi837.PolicyError) as caught:
        edi837.policy("043")
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.problems == caught.value.problems == ('there is no policy "043"; did you mean "042"?',)
    assert str(again) == str(caught.value)
    with pytest.raises(edi837.NotX12) as other:
        list(edi837.check(b"\n\nhello"))
    assert pickle.loads(pickle.dumps(other.value)).offset == other.value.offset == 2


@pytest.mark.parametrize("name", rules.names())
def test_a_policy_goes_between_processes(name: str) -> None:
    policy = edi837.policy(name)
    again = pickle.loads(pickle.dumps(policy))
    assert again.file == policy.file
    assert list(edi837.check(DEMO, again)) == list(edi837.check(DEMO, policy))


def test_what_a_caller_catches_has_public_names(tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "hcpcs-2025.codes").write_text("nothing")
    (tmp_path / "own.xml").write_text("<companion/>")
    wrong: dict[type[Exception], Callable[[], object]] = {
        edi837.GrammarError: lambda: edi837.Guides.read(tmp_path / "own.xml"),
        edi837.HistoryError: lambda: list(edi837.check(DEMO, history=tmp_path / "none.db")),
        edi837.CodeTableError: lambda: edi837.Tables.load(tmp_path / "codes"),
        edi837.PolicyError: lambda: edi837.policy("043"),
        edi837.NotX12: lambda: list(edi837.claims(b"hello")),
    }
    for error, call in wrong.items():
        assert error.__name__ in edi837.__all__ and issubclass(error, edi837.Edi837Error)
        with pytest.raises(error) as caught:
            call()
        assert type(caught.value) is error
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(OSError, match="No such file"):
        list(edi837.claims(tmp_path / "none.edi"))


def test_the_examples_of_the_page_are_typed(tmp_path: Path) -> None:
    """As a program that is checked strictly would have them, one after the other."""
    root = DEMO.parent.parent
    page = (root / "docs" / "python.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 7
    (tmp_path / "page.py").write_text("\n".join(examples), "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "setup.cfg", str(tmp_path / "page.py")]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


def test_a_name_that_is_too_long_is_told_as_the_answer_s(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File name too long") as caught:
        edi837.acknowledge(BYTES, out=tmp_path, now=NOW, name="a" * 250)
    assert str(caught.value.filename).startswith(f"{tmp_path}/aaaa") and not list(tmp_path.iterdir())
