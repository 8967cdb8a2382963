"""How a gateway is, over HTTP, for who cannot read its files: /healthz, /readyz and /metrics on a loopback address.

Enters: a socket that listens. Leaves: the counts of `status` and nothing more; no name of a file, no value, and
nothing that can be changed. A process of its own answers, so that nobody who asks can hold up a worker.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn

from edi837.findings import Edi837Error
from edi837.gateway import status
from edi837.gateway.outside import World

_PATIENCE = 5.0  # seconds for who asks
_MOST = 8  # who may ask at a time
_PLAIN = "text/plain; charset=utf-8"


class ListenError(Edi837Error):
    """Nobody can listen on that address, and why."""


def listening(address: tuple[str, int]) -> socket.socket:
    """A socket on a loopback address; ListenError when it cannot be had."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=16)
    except OSError as error:
        told = {
            errno.EADDRINUSE: f"port {address[1]} is taken: choose another",
            errno.EACCES: f"port {address[1]} is for root alone: choose one from 1024 on",
        }.get(error.errno or 0, f"{address[0]} cannot be had: {os.strerror(error.errno or 0)}")
    raise ListenError(f"nobody can answer over HTTP, {told}, with --http or the key http")


def page(world: World, path: str) -> tuple[int, str, str]:
    """Status, type and text of a page."""
    if path not in ("/healthz", "/readyz", "/metrics"):
        return 404, _PLAIN, "there are /healthz, /readyz and /metrics\n"
    said = status.current(world)
    if path == "/metrics":
        return 200, "text/plain; version=0.0.4; charset=utf-8", status.metrics(said)
    good = said["state"] == "OK" or (path == "/healthz" and said["state"] == "DEGRADED")
    return (200 if good else 503), _PLAIN, f"{said['state']}{' ' * bool(said['because'])}{said['because']}\n"


def attend(world: World, line: socket.socket, life: int) -> NoReturn:
    """Answer until the crew is gone, whose end of ``life`` it is; ends the process."""
    try:
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)  # the crew ends it, last of all
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        server = _Server(world, line)
        while life not in select.select([life, line.fileno()], [], [])[0]:
            server.handle_request()
    finally:
        os._exit(0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    timeout = 0.0

    def __init__(self, world: World, line: socket.socket) -> None:
        super().__init__(line.getsockname()[:2], _Asked, bind_and_activate=False)
        self.socket.close()
        self.socket, self.world, self._room = line, world, threading.Semaphore(_MOST)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return self._room.acquire(blocking=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hung up is no trouble of ours."""


class _Asked(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE
    server_version, sys_version = "edi837", ""

    def do_GET(self) -> None:
        """A page."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """A page without its text."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        try:
            code, kind, text = page(self.server.world, self.path.partition("?")[0])
        except OSError:
            code, kind, text = 503, _PLAIN, "DOWN the folders cannot be read\n"
        said = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if body:
            self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked for is whoever asks' own text."""
