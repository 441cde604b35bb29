"""A repository of git on this machine, which requests can name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from pytest_django import Settings

if TYPE_CHECKING:
    from tests.execution.work import Place

pytest.register_assert_rewrite("tests.execution.work")


@dataclass(frozen=True)
class Repository:
    """A folder with a repository, which has one commit and many branches."""

    folder: Path
    commit: str
    #: The one of this session.
    current: ClassVar[Repository]

    @property
    def url(self) -> str:
        """The address in requests."""
        return str(self.folder / "study")


def _git(folder: Path, *arguments: str) -> str:
    people = {
        f"GIT_{role}_{what}": "ada@lab.example"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    home = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **home, **people},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Make a repository with a commit."""
    root = tmp_path_factory.mktemp("sources")
    folder = root / "study"
    folder.mkdir()
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "commit", "--quiet", "--allow-empty", "--message=the model")
    Repository.current = Repository(root, _git(folder, "rev-parse", "HEAD"))
    yield Repository.current
    del Repository.current


@pytest.fixture(autouse=True)
def repository_settings(settings: Settings, study: Repository) -> None:
    """Allow repositories of that folder; mirrors stay for the session."""
    settings.REPOSITORIES_DIR = study.folder / "mirrors"
    settings.REPOSITORY_PREFIXES = (f"{study.folder}/",)
    settings.REPOSITORY_ORGANISATIONS = frozenset()
    settings.REPOSITORY_SECONDS = 60
    settings.REPOSITORY_MAX_BYTES = 50_000_000


@pytest.fixture
def place(db: None, settings: Settings, tmp_path: Path) -> Place:
    """Return a backend with somebody who asks for runs there, and an executor."""
    from tests.execution.work import new_place

    settings.STORE_DIR = tmp_path / "store"
    return new_place()
