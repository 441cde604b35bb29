"""Repositories of git on this machine, and hosts that serve them by HTTP."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pytest_django import Settings

_NAME = "Ada"
_MAIL = "ada@lab.example"


@dataclass(frozen=True)
class Source:
    """A repository that somebody works in."""

    folder: Path

    @property
    def url(self) -> str:
        return str(self.folder)

    def git(self, *arguments: str) -> str:
        """Run git in the repository, and return what it prints."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "GIT_CONFIG_NOSYSTEM": "1",
                **{f"GIT_{role}_NAME": _NAME for role in ("AUTHOR", "COMMITTER")},
                **{f"GIT_{role}_EMAIL": _MAIL for role in ("AUTHOR", "COMMITTER")},
            },
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def commit(self, text: str = "version: 4", path: str = "project.yaml") -> str:
        """Commit a file with a text, and return the commit."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.git("--literal-pathspecs", "add", "--", path)
        return self.commit_staged()

    def commit_staged(self) -> str:
        self.git("commit", "--quiet", "--allow-empty", "--message=a change")
        return self.git("rev-parse", "HEAD")


@dataclass
class Host:
    """A host that serves the repositories of a folder by HTTP."""

    folder: Path
    url: str
    #: Paths that were requested.
    requests: list[str] = field(default_factory=list)
    #: Where requests are redirected to, if anywhere.
    redirect: str | None = None
    #: The status of all responses, if it is none of git's.
    status: int | None = None
    #: Bytes of the response to a fetch, after which it stops until it is set.
    stop_after: int | None = None
    released: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach hosts of this machine directly, wherever the tests run."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


@pytest.fixture(autouse=True)
def repository_settings(settings: Settings, tmp_path: Path) -> Settings:
    """Allow the repositories of the folder `sources`, and no others."""
    settings.REPOSITORIES_DIR = tmp_path / "data" / "repositories"
    settings.REPOSITORY_PREFIXES = (f"{tmp_path}/sources/",)
    settings.REPOSITORY_ORGANISATIONS = frozenset()
    settings.REPOSITORY_SECONDS = 60
    settings.REPOSITORY_MAX_BYTES = 50_000_000
    return settings


@pytest.fixture
def make_source(tmp_path: Path) -> Callable[[str], Source]:
    def make(name: str) -> Source:
        folder = tmp_path / "sources" / name
        folder.mkdir(parents=True)
        source = Source(folder)
        source.git("init", "--quiet", "--initial-branch=main")
        return source

    return make


@pytest.fixture
def source(make_source: Callable[[str], Source]) -> Source:
    return make_source("study")


@pytest.fixture
def host(tmp_path: Path, repository_settings: Settings) -> Iterator[Host]:
    """Serve the folder `sources` by HTTP, and allow its repositories."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    server.host = Host(tmp_path / "sources", url)  # type: ignore[attr-defined]
    repository_settings.REPOSITORY_PREFIXES = (f"{url}/",)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.host  # type: ignore[attr-defined]
    finally:
        server.host.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Gives requests to ``git http-backend``."""

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Stay silent."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        host: Host = self.server.host  # type: ignore[attr-defined]
        host.requests.append(self.path)
        if host.redirect is not None:
            self.send_response(302)
            self.send_header("Location", f"{host.redirect}{self.path}")
            self.end_headers()
            return
        if host.status is not None:
            self.send_response(host.status)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
            return
        self._send(host, self._run_backend(host, body))

    def _run_backend(self, host: Host, body: bytes) -> bytes:
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(host.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"],
            env=environment,
            input=body,
            capture_output=True,
            check=True,
        )
        return done.stdout

    def _send(self, host: Host, answer: bytes) -> None:
        head, _, content = answer.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((value for name, value in lines if name == "Status"), "200")
        self.send_response(int(status.split()[0]))
        for name, value in lines:
            if name != "Status":
                self.send_header(name, value)
        self.end_headers()
        if host.stop_after is not None and b"PACK" in content:
            self.wfile.write(content[: host.stop_after])
            self.wfile.flush()
            host.released.wait()
            return
        self.wfile.write(content)
