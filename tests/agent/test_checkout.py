"""Commits are checked out by a real git, without what a repository could do with it."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.agent.checkout import CheckoutFailed, Repositories
from tests.agent.test_cache import run_together
from tests.agent.tools import Repository

pytestmark = pytest.mark.once


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    return Repositories(tmp_path / "mirrors", allows_local=True)


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_commit_is_checked_out_whole(
    repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    (repository.folder / "run").write_text("#!/bin/sh\n")
    (repository.folder / "run").chmod(0o755)
    hidden = {".gitattributes": "secret export-ignore\nid export-subst\n"}
    commit = repository.commit(a__b="1", secret="2", id="$Format:%H$", **hidden)
    repository.commit(a__b="3")

    repositories.check_out(str(repository.folder), commit, tmp_path / "work")

    found = files_of(tmp_path / "work")
    assert (found["a/b"], found["secret"], found["id"]) == ("1", "2", "$Format:%H$")
    assert os.access(tmp_path / "work" / "run", os.X_OK)
    assert ".git" not in found


def test_a_commit_that_is_here_needs_no_repository(
    repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    commit = repository.commit(a="1")
    repositories.check_out(str(repository.folder), commit, tmp_path / "one")
    repository.folder.rename(tmp_path / "moved")
    repositories.check_out(str(repository.folder), commit, tmp_path / "two")
    assert files_of(tmp_path / "two") == {"a": "1"}


def test_hooks_and_filters_do_not_run(
    repositories: Repositories,
    repository: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, ran = tmp_path / "home", tmp_path / "ran"
    (home / "hooks").mkdir(parents=True)
    hook = home / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\nhooksPath = {home}/hooks\n"
        f'[filter "f"]\nsmudge = touch {ran}\n[init]\ntemplateDir = {home}\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(home / "hooks"))
    commit = repository.commit(a="1", **{".gitattributes": "* filter=f\n"})

    repositories.check_out(str(repository.folder), commit, tmp_path / "work")

    assert (tmp_path / "work" / "a").read_text() == "1"
    assert not ran.exists()


def test_submodules_are_not_fetched(
    repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    other.commit(a="1")
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "--quiet", "add", str(other.folder), "sub")
    commit = repository.commit(b="2")

    repositories.check_out(str(repository.folder), commit, tmp_path / "work")

    assert files_of(tmp_path / "work").keys() == {"b", ".gitmodules"}


@pytest.mark.parametrize(
    "address",
    ["file:///a", "/a", "ext::sh -c touch% ran", "git@host:a", "ssh://host/a", "-x"],
)
def test_only_addresses_of_the_web_are_allowed(tmp_path: Path, address: str) -> None:
    with pytest.raises(CheckoutFailed, match="--allow-local-repositories"):
        Repositories(tmp_path).check_out(address, "a" * 40, tmp_path / "work")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["ext::sh -c touch% ran", "ssh://localhost/a"])
def test_other_transports_are_refused_even_if_local_ones_are_allowed(
    repositories: Repositories, tmp_path: Path, address: str
) -> None:
    with pytest.raises(CheckoutFailed, match="not allowed"):
        repositories.check_out(address, "a" * 40, tmp_path / "work")


@pytest.mark.parametrize("commit", ["main", "--upload-pack=x", "a" * 39, "A" * 40])
def test_a_commit_has_40_digits(
    repositories: Repositories, tmp_path: Path, commit: str
) -> None:
    with pytest.raises(CheckoutFailed, match="is not a commit"):
        repositories.check_out("https://example.org/a", commit, tmp_path / "work")


def test_a_commit_that_is_missing_is_named(
    repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    repository.commit(a="1")
    with pytest.raises(CheckoutFailed, match=f"has no commit {'a' * 40}"):
        repositories.check_out(str(repository.folder), "a" * 40, tmp_path / "work")


def test_threads_share_a_mirror(
    repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    commits = [repository.commit(a=str(i)) for i in range(4)]

    def check_out(i: int) -> None:
        target = tmp_path / str(i)
        repositories.check_out(str(repository.folder), commits[i], target)

    run_together([lambda number=i: check_out(number) for i in range(4)])  # type: ignore[misc]

    assert [(tmp_path / str(i) / "a").read_text() for i in range(4)] == list("0123")


def test_a_mirror_recovers_from_a_git_that_was_killed(
    repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    first = repository.commit(a="1")
    repositories.check_out(str(repository.folder), first, tmp_path / "one")
    (mirror,) = (path for path in repositories.mirrors.iterdir() if path.is_dir())
    second = repository.commit(a="2")
    (mirror / "shallow.lock").touch()
    (mirror / "refs" / "fetched" / f"{second}.lock").touch()
    repositories.check_out(str(repository.folder), second, tmp_path / "two")
    assert (tmp_path / "two" / "a").read_text() == "2"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def address(repository: Repository) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=repository.folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/.git"
    server.shutdown()
    server.server_close()


def test_a_server_that_gives_branches_only_is_read_as_well(
    repository: Repository, address: str, tmp_path: Path
) -> None:
    commit = repository.commit(a="1")
    repository.commit(a="2")
    repository.git("update-server-info")
    repositories = Repositories(tmp_path / "mirrors")

    repositories.check_out(address, commit, tmp_path / "work")

    assert files_of(tmp_path / "work") == {"a": "1"}
    refs = subprocess.run(
        ["git", "--git-dir", str(next(repositories.mirrors.glob("*[!k]"))), "show-ref"],
        capture_output=True,
        check=True,
    )
    assert f"refs/fetched/{commit}".encode() in refs.stdout
