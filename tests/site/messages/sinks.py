"""The other side of sending, on this machine: a mail server and an SMS gateway that remember what they got."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Sink:
    """What came in, and what to say to it."""

    port: int = 0
    got: list[Any] = field(default_factory=list)
    refuse: str = ""  # what a mail server says to every recipient
    hang_up: bool = False  # after the whole message, before saying that it has it
    status: int = 201  # of the gateway
    code: int | None = None


class Mailbox(socketserver.StreamRequestHandler):
    """Speaks as much SMTP as a sender needs."""

    sink: Sink

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 sink")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "RCPT" and self.sink.refuse:
                self.say(self.sink.refuse)
            elif verb == "DATA":
                self.say("354 go on")
                if not self.take():
                    return
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        mail: Message = message_from_bytes(b"".join(lines), policy=default)
        self.sink.got.append(mail)
        if not self.sink.hang_up:
            self.say("250 kept")
        return not self.sink.hang_up


@contextmanager
def mail_server() -> Iterator[Sink]:
    """A mail server that remembers what it got."""
    sink = Sink()
    handler = type("Handler", (Mailbox,), {"sink": sink})
    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler), sink):
        yield sink


@contextmanager
def gateway() -> Iterator[Sink]:
    """Answers as Twilio does."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sink.got.append({"path": self.path, "headers": dict(self.headers), **parse_qs(body)})
            answer = {"sid": f"SM{len(sink.got):04}"} if sink.code is None else {"code": sink.code}
            self.send_response(sink.status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            return

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler), sink):
        yield sink


@contextmanager
def _running(server: socketserver.TCPServer, sink: Sink) -> Iterator[None]:
    sink.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
