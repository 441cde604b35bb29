"""Run git on repositories that strangers publish.

Git gets no settings, hooks, credentials or ``GIT_*`` variables of the server's account,
follows no redirects, and uses one protocol. Its time and the size of the files that it
writes are limited. Nothing is ever checked out.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.conf import settings

from registry.execution.repositories.addresses import Address
from registry.execution.repositories.errors import (
    CannotFetch,
    CannotFetchNow,
    FetchTimeout,
    NoSuchCommit,
    RepositoryError,
)

#: What a host answers if it does not have a commit.
_NO_COMMIT: Final = "not our ref"
#: The protocol of commands that must not use the network.
_NO_PROTOCOL: Final = "none"
_SETTINGS: Final = (
    "core.askPass=",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "maintenance.auto=false",
    "pack.threads=1",
    "protocol.version=2",
    # one file for all that is fetched, so that the limit of its size counts
    "fetch.unpackLimit=1",
    # objects are checked, but for what older programs wrote into good repositories
    "transfer.fsckObjects=true",
    "fetch.fsck.badTimezone=ignore",
    "fetch.fsck.missingSpaceBeforeDate=ignore",
    "fetch.fsck.zeroPaddedFilemode=ignore",
)
#: An option for commands that read a repository: a local one that an operator lists can
#: belong to any account.
UPLOAD_PACK: Final = "--upload-pack=git -c 'safe.directory=*' upload-pack"
_KEPT_VARIABLES: Final = (
    *("PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)
#: A shell script that sets limits for git and what it starts: the size of each
#: file that they write, in blocks of 512 bytes, and their memory, in kilobytes. A file
#: that is too large is then an error of git instead of a signal.
_LIMITED_GIT: Final = (
    'trap "" XFSZ; ulimit -f "$1" || exit 126; ulimit -v 4000000 2>/dev/null; '
    'shift; exec git "$@"'
)
_BLOCK: Final = 512
#: Git can always write as much as this, for its messages.
_MIN_BLOCKS: Final = 128
_MAX_STDERR: Final = 20_000
_MAX_REASON: Final = 500
_CREDENTIALS: Final = re.compile(r"(?<=//)[^/\s@]*@")
_WARNINGS: Final = re.compile(r"^(remote: )?(warning|hint): .*$", re.MULTILINE)
_TOO_LARGE: Final = "File too large"
#: What git says if a repository has lost objects that it should have.
_DAMAGE: Final = re.compile(
    "bad object|did not send all necessary objects|corrupt|cannot be accessed"
    "|does not match index|fatal: not a git repository: |reference broken"
    "|is empty|unable to read|unable to parse|missing blob|missing tree"
)
#: What git says about failures that are temporary.
_TEMPORARY: Final = re.compile(
    "Could not resolve|Failed to connect|Couldn't connect|Connection (refused|reset)"
    "|timed out|Operation too slow|returned error: (429|5[0-9]{2})|hung up|early EOF"
    "|unexpected disconnect|transfer closed|No space left on device"
)


@dataclass(frozen=True)
class GitResult:
    """The exit code and the output of a git command."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def is_too_large(self) -> bool:
        """Whether git stopped at the limit of the size of files."""
        return self.returncode != 0 and _TOO_LARGE in self.stderr

    @property
    def is_damage(self) -> bool:
        """Whether the mirror has lost objects that it should have."""
        return self.returncode != 0 and bool(_DAMAGE.search(self.stderr))

    @property
    def reason(self) -> str:
        """Git's message about its failure, in one line without secrets or paths."""
        text = _WARNINGS.sub("", self.stderr)
        text = text.replace(str(settings.REPOSITORIES_DIR), "…")
        text = _CREDENTIALS.sub("…@", text)
        lines = [" ".join(line.split()) for line in text.splitlines()]
        joined = "; ".join(line for line in lines if line)
        shown = "".join(one if one.isprintable() else "�" for one in joined)
        return shown[:_MAX_REASON] or f"git ended with {self.returncode}"

    def to_error(self, url: str, commit: str | None = None) -> RepositoryError:
        """Return the error for a command that failed."""
        if commit is not None and _NO_COMMIT in self.stderr:
            return NoSuchCommit(url, commit)
        if _TEMPORARY.search(self.stderr):
            return CannotFetchNow(url, self.reason)
        return CannotFetch(url, self.reason, commit)


@dataclass(frozen=True)
class Git:
    """Git for one repository; all its commands share ``REPOSITORY_SECONDS``.

    Methods raise ``FetchTimeout``.
    """

    address: Address
    #: The time of ``time.monotonic`` at which the commands must have ended.
    deadline: float = field(
        default_factory=lambda: time.monotonic() + settings.REPOSITORY_SECONDS
    )

    @property
    def seconds_left(self) -> float:
        """The seconds until the commands must have ended."""
        return self.deadline - time.monotonic()

    def local(self, folder: Path, *arguments: str) -> GitResult:
        """Run a command on a mirror, without the network."""
        max_bytes = settings.REPOSITORY_MAX_BYTES
        command = ["--git-dir", str(folder), *arguments]
        return self._run(command, _NO_PROTOCOL, max_bytes)

    def remote(
        self, *arguments: str, max_bytes: int, keep_open: tuple[int, ...] = ()
    ) -> GitResult:
        """Run a command that reads the repository, which it can call ``origin``.

        ``keep_open`` are descriptors of locks: git holds them too, so that they last as
        long as git does if this process is killed.
        """
        name = ["-c", f"remote.origin.url={self.address.remote}"]
        protocol = self.address.protocol
        return self._run([*name, *arguments], protocol, max_bytes, keep_open)

    def _run(
        self,
        arguments: list[str],
        protocol: str,
        max_bytes: int,
        keep_open: tuple[int, ...] = (),
    ) -> GitResult:
        home = _home_folder()
        options = [part for one in _SETTINGS for part in ("-c", one)]
        blocks = str(max(max_bytes // _BLOCK, _MIN_BLOCKS))
        # files, because their size is limited and that of pipes is not
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - names and paths were checked
                ["/bin/sh", "-c", _LIMITED_GIT, "git", blocks, *options, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                cwd=home,
                env=_environment(protocol, home),
                pass_fds=keep_open,
                start_new_session=True,
            )
            self._wait(process)
            output.seek(0)
            errors.seek(0)
            messages = errors.read(_MAX_STDERR).decode(errors="replace")
            return GitResult(process.returncode, output.read(), messages)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for a process; if it is too slow, kill it and all that it started."""
        try:
            process.wait(timeout=max(self.seconds_left, 0))
        except subprocess.TimeoutExpired as error:
            seconds = settings.REPOSITORY_SECONDS
            raise FetchTimeout(self.address.url, seconds) from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _home_folder() -> Path:
    """Return the empty folder that is git's home and working directory."""
    folder: Path = settings.REPOSITORIES_DIR / "home"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _environment(protocol: str, home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": protocol,
        "GIT_ASKPASS": "",
        "GIT_ATTR_NOSYSTEM": "1",
        # git looks for no repository in the folders above
        "GIT_CEILING_DIRECTORIES": str(home.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
