"""A small registry that speaks the protocol of executors, and fails as a test asks.

It is a real HTTP server on loopback. The registry's own server is tested elsewhere;
here answers get lost, tokens are revoked and the server is away, at moments that a test
chooses.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "secret-token-of-a-test"
Answer = tuple[int, Any]


@dataclass
class Received:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Registry:
    """The tasks, leases, logs, reports and files of the server, and what fails."""

    lease_seconds: float = 2
    ready: list[dict[str, Any]] = field(default_factory=list)
    leases: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, tuple[bytes, Any]] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)
    stages: dict[str, list[str]] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    #: Called before a request is answered: an answer instead, or None.
    instead: Callable[[Received], Answer | None] = lambda _request: None
    #: Called after a request was carried out: whether its answer gets lost.
    loses: Callable[[Received], bool] = lambda _request: False
    #: Whether bodies are read before the answer; a server need not.
    reads_bodies: bool = True
    _lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    def add_task(self, command: list[str], **more: Any) -> str:
        """Add a task; return its lease, which it has from the start."""
        lease = str(uuid.uuid4())
        task = {
            "lease": lease,
            "task": f"{self.url}/api/task/1/",
            "attempt": f"{self.url}/api/attempt/1/",
            "name": "a task",
            "number": 1,
            "repo_url": None,
            "commit": None,
            "command": command,
            "image": "",
            "environment": {},
            "inputs": [],
            "outputs": [],
            "limits": {},
            "needs": {},
            "leaving": [],
            "hidden": [],
            "kept": f"request/{lease}",
        }
        self.ready.append({**task, **more})
        return lease

    def add_file(self, content: bytes) -> dict[str, Any]:
        """Add a file; return it as an input of a task, without a path."""
        sha1 = hashlib.sha1(content).hexdigest()  # noqa: S324 - as the protocol has it
        self.files[sha1] = content
        return {"sha1": sha1, "size": len(content), "url": f"{self.url}/data/{sha1}"}

    def report_of(self, lease: str) -> dict[str, Any] | None:
        """Return the report of a task, None if there is none yet."""
        found = [one for one in self.reports if one["lease"] == lease]
        assert len(found) < 2, f"the task was reported {len(found)} times"
        return found[0] if found else None

    def paths(self) -> list[str]:
        return [one.path for one in self.received]

    def answer(self, request: Received) -> Answer:
        """Carry out a request."""
        with self._lock:
            self.received.append(request)
            replaced = self.instead(request)
            return replaced or self._authorised(request)

    def _authorised(self, request: Received) -> Answer:
        if request.path.startswith("/upload/"):
            return self._upload(request)
        if request.headers.get("Authorization") != f"token {TOKEN}":
            return 403, {"detail": "The token is not valid."}
        for start, act in self._routes():
            if request.path.startswith(start):
                return act(request)
        return 404, {"detail": "Not found."}

    def _routes(self) -> list[tuple[str, Callable[[Received], Answer]]]:
        return [
            ("/api/backend/claim/", self._claim),
            ("/api/attempt/heartbeat/", self._beat),
            ("/api/attempt/complete/", self._complete),
            ("/api/data/", self._announce),
            ("/data/", self._download),
        ]

    def _claim(self, request: Received) -> Answer:
        key = request.headers["Idempotency-Key"]
        if key in self.answered:
            body, answer = self.answered[key]
            if body != request.body:
                return 422, {"detail": "This key was used for another request."}
            return 200, answer
        slots = request.json()["slots"]
        given, self.ready[:] = self.ready[:slots], self.ready[slots:]
        self.leases.update({task["lease"]: task for task in given})
        answer = {"lease_seconds": self.lease_seconds, "attempts": given}
        self.answered[key] = (request.body, answer)
        return 200, answer

    def _beat(self, request: Received) -> Answer:
        stop = []
        for one in request.json()["attempts"]:
            lease = one["lease"]
            if lease not in self.leases or lease in self.stops:
                reason = self.stops.get(lease, "The lease has ended.")
                stop.append({"lease": lease, "reason": reason})
                continue
            self.stages.setdefault(lease, []).append(one["stage"])
            self._append(lease, one["log"])
        return 200, {"lease_seconds": self.lease_seconds, "stop": stop}

    def _append(self, lease: str, log: dict[str, Any]) -> None:
        """Add a piece of a log, which may repeat what was sent or leave out a part."""
        known, piece = self.logs.get(lease, b""), log["text"].encode()
        if log["offset"] > len(known):
            known += b"..."
            self.logs[lease] = known + piece
        else:
            self.logs[lease] = known[: log["offset"]] + piece

    def _complete(self, request: Received) -> Answer:
        answers = []
        for one in request.json()["attempts"]:
            lease = one["lease"]
            if lease not in self.leases:
                known = self.report_of(lease)
                if known is None or known["outcome"] != one["outcome"]:
                    return 409, {"detail": "The lease has ended."}
            else:
                del self.leases[lease]
                self.reports.append(one)
                if "log" in one:
                    self._append(lease, one["log"])
            answers.append({"lease": lease, "state": one["outcome"], "code_run": None})
        return 200, {"attempts": answers}

    def _announce(self, request: Received) -> Answer:
        sha1 = request.path.rpartition("/")[2]
        if sha1 in self.files:
            return 409, {"detail": "The registry already holds the file."}
        return 200, {"url": f"{self.url}/upload/{sha1}?signature=1"}

    def _upload(self, request: Received) -> Answer:
        sha1 = request.path[len("/upload/") :].partition("?")[0]
        if hashlib.sha1(request.body).hexdigest() != sha1:  # noqa: S324
            return 400, {"detail": "The bytes have another checksum."}
        self.files[sha1] = request.body
        return 201, {"checksum": sha1}

    def _download(self, request: Received) -> Answer:
        content = self.files.get(request.path.rpartition("/")[2])
        return (404, {"detail": "Not found."}) if content is None else (200, content)


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the registry of its server."""

    protocol_version = "HTTP/1.1"
    registry: Registry

    def _handle(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if self.registry.reads_bodies else b""
        headers = dict(self.headers.items())
        request = Received(self.command, self.path, headers, body)
        status, content = self.registry.answer(request)
        self.close_connection = True
        if not self.registry.loses(request):
            self._send(status, content)

    def _send(self, status: int, content: Any) -> None:
        further: dict[str, str] = {}
        if isinstance(content, tuple):
            content, further = content
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **further}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _handle  # noqa: N815 - the names of its base

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server that can go away and come back at the same address."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed."""


def serve(registry: Registry, port: int = 0) -> Server:
    """Start to serve on loopback; ``stop`` ends it."""
    handler = type("OneHandler", (Handler,), {"registry": registry})
    server = Server(("127.0.0.1", port), handler)
    registry.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def stop(server: Server) -> None:
    """End a server; its port refuses connections afterwards."""
    server.shutdown()
    server.server_close()
