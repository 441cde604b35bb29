"""A file is read at one commit, which must be on its branch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.execution.repositories import read_file, reading, require_commit
from registry.execution.repositories.errors import (
    CannotFetch,
    CommitNotOnBranch,
    FileTooLarge,
    InvalidCommit,
    InvalidRepository,
    NoSuchBranch,
    NoSuchCommit,
    NoSuchFile,
)
from tests.execution.repositories.conftest import Source

pytestmark = pytest.mark.once

FILE = "project.yaml"
NO_COMMIT = "0" * 39 + "1"


def test_a_file_is_read_as_it_was_at_a_commit(source: Source) -> None:
    first = source.commit("first")
    second = source.commit("second")
    assert read_file(source.url, second, FILE) == b"second"
    assert read_file(source.url, first, FILE) == b"first"
    assert read_file(f"{source.url}/", first, FILE) == b"first"


@pytest.mark.parametrize(
    "path", ["a b.txt", "folder/é.txt", "-x.txt", "*.txt", ":(glob)x.txt", '"q".txt']
)
def test_a_path_means_nothing_but_itself(source: Source, path: str) -> None:
    source.commit("other", "folder/a.txt")
    source.commit("other", "b.txt")
    commit = source.commit("this", path)
    assert read_file(source.url, commit, path) == b"this"


@pytest.mark.parametrize(
    "path",
    [
        *("missing.yaml", "folder", "folder/", "/project.yaml", "./project.yaml"),
        *("folder/../project.yaml", "../project.yaml", "", ".", "project.yaml/x", "*"),
        *("project.yaml\0", "\udc80", ":project.yaml", "PROJECT.YAML", "-r", "--help"),
        *("\ud800", "x" * 1_000_000, "x" * 300),
    ],
)
def test_no_other_path_is_a_file(source: Source, path: str, settings: Settings) -> None:
    source.commit("inner", "folder/inner.txt")
    commit = source.commit()
    require_commit(source.url, commit)
    (made,) = [one.stat() for one in settings.REPOSITORIES_DIR.glob("*/files.git")]
    with pytest.raises(NoSuchFile) as caught:
        read_file(source.url, commit, path)
    # the mirror was not taken for damaged
    (kept,) = [one.stat() for one in settings.REPOSITORIES_DIR.glob("*/files.git")]
    assert kept.st_ino == made.st_ino
    message = f"Commit {commit} of {source.url} has no file {path}."
    assert caught.value.detail == message


def test_links_are_not_followed(source: Source, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / FILE).write_text("secret")
    source.commit("inner", "folder/inner.txt")
    (source.folder / FILE).symlink_to(secret / FILE)
    (source.folder / "inside.yaml").symlink_to("folder/inner.txt")
    (source.folder / "out").symlink_to(secret)
    source.git("add", "--all")
    commit = source.commit_staged()
    for path in (FILE, "inside.yaml", "out", f"out/{FILE}"):
        with pytest.raises(NoSuchFile):
            read_file(source.url, commit, path)


def test_a_file_can_be_too_large(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = source.commit("12345")
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 5)
    assert read_file(source.url, commit, FILE) == b"12345"
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 4)
    with pytest.raises(FileTooLarge, match=f"{FILE} .* 4 bytes are allowed"):
        read_file(source.url, commit, FILE)


@pytest.mark.parametrize(
    "commit",
    [
        *("", "main", "HEAD", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "a" * 40 + "\n"),
        *("--help", "refs/heads/main", "+" + "a" * 39, "a" * 36 + "^{0}"),
    ],
)
def test_a_commit_is_forty_digits(source: Source, commit: str) -> None:
    source.commit()
    for read in (require_commit, lambda url, it: read_file(url, it, FILE)):
        with pytest.raises(InvalidCommit) as caught:
            read(source.url, commit)
        assert caught.value.fields == {"commit": [caught.value.detail]}


def test_a_commit_that_is_not_there_cannot_be_fetched(source: Source) -> None:
    source.commit()
    with pytest.raises(NoSuchCommit) as caught:
        read_file(source.url, NO_COMMIT, FILE)
    message = f"There is no commit {NO_COMMIT} in {source.url}."
    assert (caught.value.detail, caught.value.fields) == (
        message,
        {"commit": [message]},
    )


def test_what_is_no_commit_cannot_be_fetched(source: Source) -> None:
    source.commit()
    source.git("tag", "--annotate", "--message=one", "v1")
    for name in ("HEAD^{tree}", f"HEAD:{FILE}", "v1^{tag}"):
        other = source.git("rev-parse", name)
        with pytest.raises(CannotFetch, match="this is not a commit"):
            read_file(source.url, other, FILE)


def test_a_repository_that_is_not_there_cannot_be_fetched(
    tmp_path: Path, settings: Settings
) -> None:
    url = f"{tmp_path}/sources/nothing"
    for branch in (None, "main"):
        with pytest.raises(CannotFetch, match="does not appear to be a git repo") as it:
            require_commit(url, NO_COMMIT, branch=branch)
        assert str(settings.REPOSITORIES_DIR) not in it.value.detail


def test_a_commit_of_a_branch_is_read(source: Source) -> None:
    first, second = source.commit("first"), source.commit("second")
    source.git("checkout", "--quiet", "-b", "feature/a-b.c", first)
    third = source.commit("third")
    for commit, branch, text in (
        (second, "main", b"second"),
        (first, "main", b"first"),
        (first, "feature/a-b.c", b"first"),
        (third, "feature/a-b.c", b"third"),
    ):
        assert read_file(source.url, commit, FILE, branch=branch) == text
        require_commit(source.url, commit, branch=branch)


def test_a_commit_that_is_not_on_the_branch_is_refused(source: Source) -> None:
    first = source.commit("first")
    source.git("checkout", "--quiet", "-b", "other")
    second = source.commit("second")
    # the commit of a pull request is in the repository, and on none of its branches
    source.git("update-ref", "refs/pull/1/head", second)
    assert read_file(source.url, second, FILE, branch="other") == b"second"
    for commit in (second, NO_COMMIT):
        with pytest.raises(CommitNotOnBranch, match=f"{commit} is not on branch main"):
            read_file(source.url, commit, FILE, branch="main")
    source.git("checkout", "--quiet", "main")
    source.git("branch", "--quiet", "-D", "other")
    with pytest.raises(NoSuchBranch):
        read_file(source.url, second, FILE, branch="pull/1/head")
    assert read_file(source.url, first, FILE, branch="main") == b"first"


def test_a_branch_is_taken_as_it_is_now(source: Source) -> None:
    first, second = source.commit("first"), source.commit("second")
    require_commit(source.url, first, branch="main")
    require_commit(source.url, second, branch="main")
    source.git("reset", "--quiet", "--hard", first)
    third = source.commit("third")
    with pytest.raises(CommitNotOnBranch):
        require_commit(source.url, second, branch="main")
    require_commit(source.url, first, branch="main")
    require_commit(source.url, third, branch="main")
    # without a branch, what was fetched can be read for as long as it is kept
    assert read_file(source.url, second, FILE) == b"second"


BAD_NAMES = [
    "x" * 1_000_000,
    *("", "missing", "HEAD", "refs/heads/main", "main*", "m?in", "[m]ain", "main^"),
    *(
        "main~1",
        "main:x",
        "ma in",
        "main\n",
        "main\0",
        "-x",
        "--upload-pack=x",
        "/main",
    ),
    *(
        "main/",
        "a//b",
        "a..b",
        "../main",
        ".main",
        "main.lock",
        "@",
        "@{0}",
        "\udc80",
        "\ud800",
    ),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_there_is_no_branch_of_another_name(source: Source, name: str) -> None:
    commit = source.commit()
    with pytest.raises(NoSuchBranch) as caught:
        require_commit(source.url, commit, branch=name)
    message = f"{source.url} has no branch {name}."
    assert caught.value.fields == {"branch": [message]}


def test_a_tag_is_no_branch(source: Source) -> None:
    commit = source.commit()
    source.git("tag", "v1")
    # a branch whose whole name ends with that of the one that is asked for
    source.git("branch", "x/refs/heads/v1")
    with pytest.raises(NoSuchBranch):
        require_commit(source.url, commit, branch="v1")


def test_a_repository_that_is_not_listed_is_not_read(
    make_source: Callable[[str], Source], repository_settings: Settings
) -> None:
    source = make_source("study")
    commit = source.commit()
    repository_settings.REPOSITORY_PREFIXES = ("https://github.com/",)
    for read in (
        lambda: read_file(source.url, commit, FILE),
        lambda: require_commit(source.url, commit, branch="main"),
    ):
        with pytest.raises(InvalidRepository):
            read()
    assert not repository_settings.REPOSITORIES_DIR.exists()
