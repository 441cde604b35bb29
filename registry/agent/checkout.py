"""Check out one commit of a repository, from a mirror on this machine.

Git runs without hooks, prompts, credentials and settings of the user's account. No
submodule is fetched, and no filter of the repository runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from registry.agent.files import FileLock
from registry.agent.processes import own_variables

#: Seconds that a fetch can take, and every other call of git.
FETCH_TIMEOUT, TIMEOUT = 1800, 600
_COMMIT = re.compile("[0-9a-f]{40}")
#: Variables of its own environment that an agent passes on to git.
_PASSED_ON = (
    *("PATH", "http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"),
)


class CheckoutFailed(Exception):
    """The commit could not be checked out; the message is for people."""


class Repositories(NamedTuple):
    """The mirrors of repositories; ``allows_local`` is for demonstrations."""

    mirrors: Path
    allows_local: bool = False

    def check_out(self, address: str, commit: str, target: Path) -> None:
        """Put the files of a commit into a folder; raises ``CheckoutFailed``."""
        self._require_allowed(address, commit)
        self.mirrors.mkdir(parents=True, exist_ok=True)
        name = sha256(address.encode()).hexdigest()[:32]
        with FileLock(self.mirrors / (name + ".lock")) as lock:
            mirror = _Mirror(self.mirrors / name, self.allows_local, lock.fileno())
            mirror.require(address, commit)
        target.mkdir(parents=True, exist_ok=True)
        mirror.write_files(commit, target)

    def _require_allowed(self, address: str, commit: str) -> None:
        if not _COMMIT.fullmatch(commit):
            raise CheckoutFailed(f"{commit!r} is not a commit: give all 40 digits.")
        if not self.allows_local and not address.startswith(("https://", "http://")):
            raise CheckoutFailed(
                f"The address of the repository {address!r} must begin with https://. "
                "The agent reads local ones only with --allow-local-repositories."
            )


class _Mirror(NamedTuple):
    """A bare repository. ``lock`` is the descriptor of its lock, held for changes."""

    folder: Path
    allows_local: bool
    lock: int

    def require(self, address: str, commit: str) -> None:
        """Fetch a commit unless it is here."""
        if not (self.folder / "HEAD").exists():
            self.folder.mkdir(exist_ok=True)
            self.git("init", "--quiet", "--bare", "--template=")
        if self._has(commit):
            return
        self._remove_stale_locks()
        self._fetch(address, commit)
        # without a reference it would be collected as garbage
        self.git("update-ref", "refs/fetched/" + commit, commit)

    def _has(self, commit: str) -> bool:
        name = f"refs/fetched/{commit}"
        return self._run("rev-parse", "--verify", "--quiet", name).returncode == 0

    def _fetch(self, address: str, commit: str) -> None:
        options = ("--quiet", "--no-tags", "--no-recurse-submodules")
        fetch = ("fetch", *options, "--depth=1", "--", address, commit)
        if self._run(*fetch, timeout=FETCH_TIMEOUT).returncode == 0:
            return
        # some servers serve branches only, not single commits
        branches = "+refs/heads/*:refs/heads/*"
        self.git("fetch", *options, "--", address, branches, timeout=FETCH_TIMEOUT)
        if self._run("cat-file", "-e", commit + "^{commit}").returncode:
            raise CheckoutFailed(f"{address} has no commit {commit} on its branches.")

    def _remove_stale_locks(self) -> None:
        """Remove the lock files of a git that was killed: no other runs here now."""
        for path in self.folder.rglob("*.lock"):
            path.unlink(missing_ok=True)

    def write_files(self, commit: str, target: Path) -> None:
        """Write the files of a commit: git never writes through a link."""
        with tempfile.TemporaryDirectory() as folder:
            index = str(Path(folder) / "index")
            self.git("read-tree", commit, index=index)
            words = ("checkout-index", "--all", "--force", "--quiet")
            self.git("--work-tree", str(target), *words, index=index)

    def git(
        self, *words: str, timeout: float = TIMEOUT, index: str | None = None
    ) -> None:
        """Run git; raises ``CheckoutFailed``."""
        done = self._run(*words, timeout=timeout, index=index)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise CheckoutFailed(f"git failed: {said[-1000:]}")

    def _run(
        self, *words: str, timeout: float = TIMEOUT, index: str | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(  # noqa: S603 - no shell, and options of ours
                ["git", "--git-dir", str(self.folder), *words],  # noqa: S607 (by PATH)
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=timeout,
                env=self._environment(index),
                # a git that survives its agent keeps the mirror locked
                pass_fds=[self.lock] if index is None else [],
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"git took longer than {error.timeout:g} s."
            raise CheckoutFailed(message) from error
        except FileNotFoundError as error:
            raise CheckoutFailed("git is not installed on this machine.") from error

    def _environment(self, index: str | None) -> dict[str, str]:
        given = {} if index is None else {"GIT_INDEX_FILE": index}
        return {
            **own_variables(_PASSED_ON),
            **given,
            # without the settings and credentials of the account
            "HOME": str(self.folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "GIT_ALLOW_PROTOCOL": "https:http" + (":file" * self.allows_local),
            "LC_ALL": "C",
        }
