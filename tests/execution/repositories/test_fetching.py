"""Git fetches by HTTP from the listed host alone, without hooks or submodules."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.core.errors import InvalidInput, Unavailable
from registry.execution.repositories import git, read_file, require_commit
from registry.execution.repositories.addresses import Address
from registry.execution.repositories.errors import (
    CannotFetch,
    CannotFetchNow,
    CommitNotOnBranch,
    FetchTimeout,
    RepositoryTooLarge,
)
from registry.execution.repositories.git import Git, GitResult
from tests.execution.repositories.conftest import Host, Source

pytestmark = pytest.mark.once

FILE = "project.yaml"


@pytest.fixture
def url(host: Host, source: Source) -> str:
    """Return the address of the source by HTTP."""
    return f"{host.url}/{source.folder.name}"


def objects(settings: Settings, store: str, kind: str = "") -> set[str]:
    """Return the objects of a kind that the only mirror has."""
    (folder,) = settings.REPOSITORIES_DIR.glob(f"*/{store}.git")
    done = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch-check"],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    return {line[0] for line in lines if line[1] == kind}


def test_files_and_branches_are_read_by_http(url: str, source: Source) -> None:
    first, second = source.commit("first"), source.commit("second")
    assert read_file(url, first, FILE, branch="main") == b"first"
    assert read_file(url, second, FILE, branch="main") == b"second"


def test_one_commit_is_fetched_without_those_before_it(
    url: str, source: Source, settings: Settings
) -> None:
    source.commit("first")
    second = source.commit("second")
    read_file(url, second, FILE)
    assert objects(settings, "files", "commit") == {second}
    assert len(objects(settings, "files", "blob")) == 1


def test_a_commit_is_fetched_once(url: str, source: Source, host: Host) -> None:
    commit = source.commit()
    read_file(url, commit, FILE)
    requests = len(host.requests)
    read_file(url, commit, FILE)
    assert len(host.requests) == requests


def test_the_latest_commit_of_a_branch_needs_no_history(
    url: str, source: Source, settings: Settings
) -> None:
    source.commit("first")
    require_commit(url, source.commit("second"), branch="main")
    assert not list(settings.REPOSITORIES_DIR.glob("*/history.git"))


def test_history_is_fetched_without_files_where_the_host_leaves_them_out(
    url: str, source: Source, settings: Settings
) -> None:
    first, second = source.commit("first"), source.commit("second")
    source.git("config", "uploadpack.allowFilter", "true")
    require_commit(url, first, branch="main")
    assert objects(settings, "history", "commit") == {first, second}
    assert objects(settings, "history", "blob") == set()
    third = source.commit("third")
    require_commit(url, second, branch="main")
    assert objects(settings, "history", "commit") == {first, second, third}
    with pytest.raises(CommitNotOnBranch):
        require_commit(url, "0" * 40, branch="main")
    assert objects(settings, "history", "blob") == set()


def test_a_commit_that_is_not_in_the_history_is_not_fetched(
    url: str, source: Source, settings: Settings
) -> None:
    first = source.commit("first")
    source.git("config", "uploadpack.allowFilter", "true")
    source.git("checkout", "--quiet", "-b", "other")
    other = source.commit("other")
    source.git("update-ref", "refs/pull/1/head", other)
    source.git("checkout", "--quiet", "main")
    second = source.commit("second")
    with pytest.raises(CommitNotOnBranch):
        require_commit(url, other, branch="main")
    assert objects(settings, "history", "commit") == {first, second}


def test_a_redirect_to_another_port_is_not_followed(
    url: str, source: Source, host: Host
) -> None:
    commit = source.commit()
    host.redirect = host.url.replace("127.0.0.1", "localhost")
    for read in (
        lambda: read_file(url, commit, FILE),
        lambda: require_commit(url, commit, branch="main"),
    ):
        host.requests.clear()
        with pytest.raises(CannotFetch, match="302"):
            read()
        assert len(host.requests) == 1


def test_only_the_protocol_of_the_prefix_is_used(
    source: Source, host: Host, tmp_path: Path
) -> None:
    source.commit()
    wrong = Address(str(source.folder), "http")
    for remote in (wrong, Address(f"ext::touch {tmp_path}/touched", "https")):
        done = Git(remote).remote("ls-remote", "origin", max_bytes=1_000_000)
        assert done.returncode == 128
        assert "not allowed" in done.stderr
    assert not (tmp_path / "touched").exists()


def test_commands_on_a_mirror_use_no_network(
    url: str, source: Source, host: Host, tmp_path: Path
) -> None:
    source.commit()
    ours = Git(Address(url, "http"))
    ours.local(tmp_path / "empty", "init", "--bare")
    done = ours.local(tmp_path / "empty", "fetch", url, "main")
    assert "transport 'http' not allowed" in done.stderr
    assert host.requests == []


def test_neither_hooks_nor_submodules_nor_settings_of_the_account_count(
    url: str,
    source: Source,
    host: Host,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    touched = tmp_path / "touched"
    home = tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {touched}\n")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[core]\n\thooksPath = {hooks}\n[url "http://127.0.0.1:1/"]\n'
        f'\tinsteadOf = {host.url}\n[credential]\n\thelper = "!touch {touched}"\n'
        f"[init]\n\ttemplateDir = {home}\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {touched}")
    monkeypatch.setenv("GIT_PROXY_COMMAND", f"touch {touched}")
    (source.folder / ".gitmodules").write_text(
        f'[submodule "x"]\n\tpath = x\n\turl = {host.url}/inner\n'
    )
    source.git("add", ".gitmodules")
    source.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    commit = source.commit()
    assert read_file(url, commit, FILE, branch="main") == b"version: 4"
    assert not touched.exists()
    assert not [path for path in host.requests if "inner" in path]


def test_git_is_given_none_of_the_secrets_of_the_server(
    monkeypatch: pytest.MonkeyPatch, source: Source, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TOKEN", "s3cret")
    ours = Git(Address(source.url, "file"))
    done = ours.local(source.folder / ".git", "-c", "alias.env=!env", "env")
    assert b"s3cret" not in done.stdout
    assert b"GIT_TERMINAL_PROMPT=0" in done.stdout
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("is_local", [True, False])
def test_a_repository_that_is_too_large_is_refused(
    host: Host, source: Source, settings: Settings, is_local: bool
) -> None:
    url = source.url if is_local else f"{host.url}/{source.folder.name}"
    settings.REPOSITORY_PREFIXES = (url.removesuffix(source.folder.name),)
    settings.REPOSITORY_MAX_BYTES = 100_000
    small = source.commit()
    # many small files, which git would keep one by one if it was not told otherwise
    for number in range(20):
        (source.folder / f"{number}.bin").write_bytes(os.urandom(10_000))
    source.git("add", "--all")
    large = source.commit_staged()
    assert read_file(url, small, FILE) == b"version: 4"
    with pytest.raises(RepositoryTooLarge) as caught:
        read_file(url, large, FILE)
    assert caught.value.detail == f"{url} is too large: 100,000 bytes are allowed."
    stored = [one for one in settings.REPOSITORIES_DIR.rglob("*") if one.is_file()]
    assert sum(one.stat().st_size for one in stored) < 200_000
    assert read_file(url, small, FILE) == b"version: 4"


def test_what_a_mirror_has_gives_way_to_what_is_needed(
    url: str, source: Source, settings: Settings
) -> None:
    settings.REPOSITORY_MAX_BYTES = 100_000
    commits = []
    for _ in range(3):
        (source.folder / "data.bin").write_bytes(os.urandom(70_000))
        source.git("add", "data.bin")
        commits.append(source.commit())
    for commit in commits:
        assert read_file(url, commit, FILE) == b"version: 4"
    assert objects(settings, "files", "commit") == {commits[-1]}


def test_a_fetch_that_takes_too_long_is_ended_and_leaves_the_mirror_usable(
    url: str, source: Source, host: Host, settings: Settings
) -> None:
    before = source.commit("before")
    read_file(url, before, FILE)
    (source.folder / "data.bin").write_bytes(os.urandom(100_000))
    source.git("add", "data.bin")
    commit = source.commit("after")
    host.stop_after = 60_000
    settings.REPOSITORY_SECONDS = 1
    with pytest.raises(FetchTimeout, match=f"{url} took longer than 1 seconds"):
        read_file(url, commit, FILE)
    host.stop_after = None
    settings.REPOSITORY_SECONDS = 60
    assert read_file(url, before, FILE) == b"before"
    assert read_file(url, commit, FILE) == b"after"


def test_a_repository_that_does_not_exist_at_the_host_cannot_be_fetched(
    host: Host,
) -> None:
    url = f"{host.url}/nothing"
    with pytest.raises(CannotFetch, match=f"{url}/' not found"):
        require_commit(url, "1" * 40)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_that_fails_may_answer_later(host: Host, status: int) -> None:
    host.status = status
    with pytest.raises(CannotFetchNow, match=f"{status}.* Try again later") as caught:
        require_commit(f"{host.url}/study", "1" * 40)
    assert isinstance(caught.value, Unavailable)


def test_a_host_that_does_not_answer_may_answer_later(settings: Settings) -> None:
    settings.REPOSITORY_PREFIXES = ("http://127.0.0.1:1/",)
    with pytest.raises(CannotFetchNow, match="Failed to connect"):
        require_commit("http://127.0.0.1:1/study", "1" * 40)


def test_nobody_is_asked_for_a_password(host: Host) -> None:
    host.status = 401
    with pytest.raises(CannotFetch, match="terminal prompts disabled"):
        require_commit(f"{host.url}/study", "1" * 40)


def test_listed_repositories_of_this_machine_can_belong_to_others(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = source.commit()
    # a variable of git for its own tests
    variable = "GIT_TEST_ASSUME_DIFFERENT_OWNER"
    monkeypatch.setenv(variable, "1")
    monkeypatch.setattr(git, "_KEPT_VARIABLES", ("PATH", variable))
    assert read_file(source.url, commit, FILE, branch="main") == b"version: 4"


def test_errors_are_the_clients_or_temporary() -> None:
    assert issubclass(CannotFetch, InvalidInput)
    assert issubclass(FetchTimeout, Unavailable)
    assert not issubclass(FetchTimeout, InvalidInput)


@pytest.mark.parametrize(
    "stderr, reason",
    [
        ("fatal: not found\n", "fatal: not found"),
        ("warning: x\nremote: one\n\nfatal:  two\n", "remote: one; fatal: two"),
        ("fatal: 'http://ada:s3cret@x/y' no", "fatal: 'http://…@x/y' no"),
        ("fatal: http://s3cret@x/ no", "fatal: http://…@x/ no"),
        ("\x1b[2Jboo", "�[2Jboo"),
        ("", "git ended with 128"),
        ("x" * 10_000, "x" * 500),
    ],
)
def test_the_reasons_of_git_are_one_line_without_secrets(
    stderr: str, reason: str
) -> None:
    assert GitResult(128, b"", stderr).reason == reason


def test_paths_of_the_server_are_not_part_of_reasons(settings: Settings) -> None:
    stderr = f"fatal: {settings.REPOSITORIES_DIR}/abc/files.git is broken"
    assert GitResult(128, b"", stderr).reason == "fatal: …/abc/files.git is broken"
