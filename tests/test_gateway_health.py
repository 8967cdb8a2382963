"""Health over HTTP: on a loopback address when asked for, the counts and nothing more, and nobody is held up."""

from __future__ import annotations

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edi837 import cli
from edi837.gateway import World, health, status
from edi837.gateway.crew import Crew
from edi837.gateway.settingsfile import loopback, read
from edi837.problems import PolicyError
from edi837.terms import Terms
from tests.gateways import GOOD, drop, numbered, once, tree, world
from tests.storm import Chance, forked, put
from tests.test_gateway_crew import alive, ended, until, working
from tests.test_gateway_privacy import FILES, dropped, words


def port() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


@contextmanager
def serving(root: Path, **settings: Any) -> Iterator[tuple[int, int]]:
    """A crew at work, with its port."""
    number = port()
    with working(root, http=f"127.0.0.1:{number}", **settings) as pid:
        until(lambda: bool(asked(number, "/healthz")))
        yield pid, number


def asked(number: int, path: str, method: str = "GET") -> tuple[int, str, str] | None:
    """Status, text and all headers of a page; None where nobody answers."""
    line = http.client.HTTPConnection("127.0.0.1", number, timeout=10)
    try:
        line.request(method, path)
        answer = line.getresponse()
        return answer.status, answer.read().decode(), str(answer.headers)
    except ConnectionError:
        return None
    finally:
        line.close()


def test_it_tells_how_it_is(tmp_path: Path) -> None:
    once(tmp_path)
    with serving(tmp_path) as (pid, number):
        until(lambda: asked(number, "/readyz") == (200, "OK\n", asked(number, "/readyz")[2]))  # type: ignore[index]
        put(tmp_path, "a.edi", GOOD)
        until(lambda: len(tree(tmp_path, "out")) == 2)
        code, text, headers = asked(number, "/metrics")  # type: ignore[misc]
        assert (code, "edi837_gateway_out 2\n" in text, "version=0.0.4" in headers) == (200, True, True)
        assert "edi837_gateway_up 1\n" in text and "Python" not in headers
        assert asked(number, "/metrics", "HEAD")[:2] == (200, "")  # type: ignore[index]
        for path in ("/", "/in", "/../etc/passwd", "/healthz/x", "/metrics/"):
            assert asked(number, path)[0] == 404, path  # type: ignore[index]
        for method in ("POST", "PUT", "DELETE"):
            assert asked(number, "/healthz", method)[0] == 501  # type: ignore[index]
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 5) == 0
        assert asked(number, "/healthz") is None, "it goes with the crew"


def test_a_gateway_that_is_pressed_is_healthy_and_not_ready(tmp_path: Path) -> None:
    once(tmp_path)
    with serving(tmp_path, min_free=1 << 60) as (_, number):
        until(lambda: asked(number, "/readyz")[0] == 503, 10)  # type: ignore[index]
        code, text, _ = asked(number, "/healthz")  # type: ignore[misc]
        assert (code, text) == (200, "DEGRADED min_free\n")


def test_without_a_worker_it_is_down(tmp_path: Path) -> None:
    once(tmp_path)
    assert health.page(world(tmp_path), "/healthz") == (503, "text/plain; charset=utf-8", "DOWN no worker\n")
    assert health.page(world(tmp_path), "/metrics")[0] == 200, "the counts are told whatever they are"


def test_nothing_of_a_file_is_told(tmp_path: Path) -> None:
    """Nor of who asked: a path and a header that hold canaries stay out of the answer and of the log."""
    dropped(tmp_path)
    once(tmp_path)
    for path in ("/healthz", "/readyz", "/metrics", "/ZQNOTE"):
        _, kind, text = health.page(world(tmp_path), path)
        assert not words((kind + text).encode()) and not any(name in text for name in FILES), path


def test_the_check_sees_a_page_that_tells_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped(tmp_path)
    once(tmp_path)
    plain = status.metrics
    monkeypatch.setattr(status, "metrics", lambda said: plain(said) + "ZQLASTA")
    with pytest.raises(AssertionError):
        for path in ("/metrics",):
            _, kind, text = health.page(world(tmp_path), path)
            assert not words((kind + text).encode())


def test_those_who_ask_and_say_nothing_hold_up_nobody(tmp_path: Path) -> None:
    """Three that never send a request: files are answered and others are told meanwhile; more than eight are let go."""
    once(tmp_path)
    with serving(tmp_path) as (_, number):
        idle = [socket.create_connection(("127.0.0.1", number)) for _ in range(3)]
        put(tmp_path, "a.edi", GOOD)
        begun = time.monotonic()
        assert asked(number, "/healthz")[0] == 200  # type: ignore[index]
        assert time.monotonic() - begun < 3
        until(lambda: len(tree(tmp_path, "out")) == 2)
        idle += [socket.create_connection(("127.0.0.1", number)) for _ in range(30)]
        time.sleep(0.3)
        assert any(_closed(line) for line in idle), "they are not let in without bound"
        for line in idle:
            line.close()
        until(lambda: (asked(number, "/healthz") or (0,))[0] == 200)


def _closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_who_answers_there_is_replaced_and_goes_with_its_crew(tmp_path: Path) -> None:
    once(tmp_path)
    with serving(tmp_path) as (pid, number):
        locks = {path.name for path in (tmp_path / ".edi837" / "workers").iterdir()}
        children = {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
        assert len(children) == 2 and len(locks) == 1

        def attendant() -> int:
            return next(each for each in children if str(number) and _listens(each))

        os.kill(attendant(), signal.SIGKILL)
        until(lambda: bool(asked(number, "/healthz")))
        children = {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        until(lambda: not any(map(alive, children)), 10)
        assert asked(number, "/healthz") is None


def test_new_settings_are_told_too(tmp_path: Path) -> None:
    """Who answers goes by the settings of SIGHUP, at their address; where that cannot be had, all stays as it was."""
    first, second = port(), port()
    one, other = {"http": f"127.0.0.1:{first}"}, {"http": f"127.0.0.1:{second}"}
    turns: list[dict[str, Any]] = [{**one, "incomplete_after": 60.0}, other, {**other, "incomplete_after": 60.0}, {}]
    once(tmp_path)
    drop(tmp_path, "cut.edi", GOOD[:300])

    def made(**settings: Any) -> World:
        clock = Chance()
        clock.at = datetime.now() + timedelta(seconds=600)  # of the file, by its time of change
        return world(tmp_path, clock=clock, poll=0.05, **settings)

    def work() -> int:
        return Crew(made(**one), remade=lambda: made(**turns.pop(0))).run()

    def says(number: int, text: str) -> bool:
        with suppress(http.client.IncompleteRead):  # who was answering is ended in the middle of it
            return (asked(number, "/healthz") or (0, ""))[1] == text
        return False

    pid = forked(work)
    try:
        until(lambda: says(first, "OK\n"))
        os.kill(pid, signal.SIGHUP)
        until(lambda: says(first, "DEGRADED waiting\n"))
        with socket.create_server(("127.0.0.1", second)):
            os.kill(pid, signal.SIGHUP)
            time.sleep(0.7)
            assert says(first, "DEGRADED waiting\n"), "the port is taken: it stays where it was"
        os.kill(pid, signal.SIGHUP)
        until(lambda: says(second, "DEGRADED waiting\n"))
        assert asked(first, "/healthz") is None
        os.kill(pid, signal.SIGHUP)
        until(lambda: asked(second, "/healthz") is None)
        assert alive(pid)
    finally:
        os.kill(pid, signal.SIGTERM)
        assert ended(pid, 5) == 0


def test_the_address_of_the_command_stays_when_settings_are_read_again(tmp_path: Path) -> None:
    number = port()
    (tmp_path / "edi837.toml").write_text("[gateway]\nmin_free = 0\npoll = 0.05\n")
    assert CliRunner().invoke(cli.main, ["gateway", "init", str(tmp_path)]).exit_code == 0
    command = [sys.executable, "-m", "edi837", "gateway", "run", str(tmp_path), "--http", f"127.0.0.1:{number}"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as run:
        try:
            until(lambda: bool(asked(number, "/healthz")))
            run.send_signal(signal.SIGHUP)
            until(lambda: b'"reloaded"' in (tmp_path / "log").read_bytes())
            until(lambda: bool(asked(number, "/healthz")))
        finally:
            run.terminate()
        assert run.wait(20) == 0


def _listens(pid: int) -> bool:
    """Whether a process holds a socket."""
    try:
        return any(os.readlink(each).startswith("socket:") for each in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def test_workers_do_not_hold_the_socket(tmp_path: Path) -> None:
    once(tmp_path)
    with serving(tmp_path, workers=3) as (pid, _):
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        assert sum(map(_listens, children)) == 1 and len(children) == 4


@pytest.mark.parametrize("address", ["0.0.0.0:9837", "192.168.1.5:9837", "example.org:80", "127.0.0.1", ":9837",
                                     "127.0.0.1:70000", "127.0.0.1:x", "[::]:1"])  # fmt: skip
def test_no_address_but_this_machines_own(address: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:9837"):
        loopback(address)
    (tmp_path / "edi837.toml").write_text(f'[gateway]\nhttp = "{address}"\n')
    with pytest.raises(PolicyError, match="this machine's own"):
        read(tmp_path / "edi837.toml", Terms())
    done = CliRunner().invoke(cli.main, ["gateway", "run", str(tmp_path / "gate"), "--http", address])
    assert (done.exit_code, "this machine's own" in done.stderr) == (2, True)


def test_addresses_of_this_machine() -> None:
    assert (loopback(""), loopback("127.0.0.1:0"), loopback("[::1]:9837")) == (None, ("127.0.0.1", 0), ("::1", 9837))


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    once(tmp_path)
    drop(tmp_path, "a.edi", numbered(2))
    with socket.create_server(("127.0.0.1", 0)) as line:
        address = f"127.0.0.1:{line.getsockname()[1]}"
        with pytest.raises(health.ListenError, match="taken: choose another"):
            Crew(world(tmp_path, http=address)).run()
        done = CliRunner().invoke(cli.main, ["gateway", "run", str(tmp_path), "--http", address])
        assert done.exit_code == 5 and "folders" not in done.output
        assert f"port {address[10:]} is taken: choose another" in done.output
    assert tree(tmp_path, "in") == ["in/a.edi"]


@pytest.mark.parametrize(
    ("code", "said"), [(errno.EACCES, "root alone: choose one from 1024 on"),
                       (errno.EADDRNOTAVAIL, "::1 cannot be had: Cannot assign requested address")],
)  # fmt: skip
def test_an_address_that_cannot_be_had_is_told(code: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(socket, "create_server", refused)
    with pytest.raises(health.ListenError, match=said):
        health.listening(("::1", 80))


def test_off_by_default_and_in_a_single_round(tmp_path: Path) -> None:
    """`once` never listens, and no socket is made where none is asked for."""
    made: list[Any] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(health, "listening", made.append)
        Crew(world(tmp_path, http=f"127.0.0.1:{port()}")).run(drain=True, all=True)
    assert made == []
    with working(tmp_path) as pid:
        until(lambda: len(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()) == 1)
        assert not _listens(pid)
