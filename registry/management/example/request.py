"""The example as a run request: its code in a git repository, and who may run it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from registry.catalogue.models import (
    DataProduct,
    Object,
    ObjectComponent,
    StorageLocation,
)
from registry.core.records import create_records
from registry.execution.actions import SUSPEND, act
from registry.execution.levels import LEVELS
from registry.execution.models import (
    Attempt,
    AttemptOutput,
    Backend,
    BackendGrant,
    GrantedUse,
    RunRequest,
)
from registry.execution.models.backends import LogReaders
from registry.execution.project_files.model import FILE_NAME, RUN_ALL
from registry.execution.requesting import register_run_requests
from registry.identity.models import User
from registry.identity.services import create_user
from registry.management.example.runs import FOLDER, source_files
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django.db.models import QuerySet

    from registry.core.models import Record

#: The backend of the example, and the account of its executor.
BACKEND, EXECUTOR = "example", "example-executor"
#: The time of the one commit, so that it has the same name everywhere.
_COMMITTED = "2026-12-01T00:00:00Z"


class NoGit(Exception):
    """There is no git on this machine, so the example has no run request."""


def repository() -> Path:
    """Return the folder of the example's repository."""
    return Path(settings.EXAMPLE_DIR) / "repositories" / FOLDER.name


def load_request(*, by: User) -> bool:
    """Register the example's backend and its run request, if there are none.

    The request is suspended: visitors resume it, to see it at work. Raises ``NoGit``.
    """
    if Backend.objects.filter(slug=BACKEND).exists():
        return False
    commit = make_repository()
    executor = User.objects.filter(username=EXECUTOR).first() or create_user(
        username=EXECUTOR, by=by
    )
    [backend] = create_records(
        Backend,
        [
            {
                "slug": BACKEND,
                "name": "This machine",
                "description": "Runs the example, by the agent that `make run` starts.",
                "log_readers": LogReaders.EVERYBODY,
                "leaving": list(LEVELS[1:]),
            }
        ],
        by=by,
    )
    grant = {"backend": backend, "user": executor.pk, "use": GrantedUse.EXECUTE}
    create_records(BackendGrant, [grant], by=by)
    request = register_request(backend, commit, by=by)
    act(request.pk, SUSPEND, by=by)
    return True


def register_request(backend: Backend, commit: str, *, by: User) -> RunRequest:
    """Register a request for all actions of the example."""
    row = {
        "description": "Influenza in an English boarding school: fit, simulate, draw",
        "backend": backend,
        "repo_url": str(repository()),
        "branch": "main",
        "commit": commit,
        "requested_actions": [RUN_ALL],
    }
    [request] = register_run_requests([row], by=by)
    return request


def make_repository() -> str:
    """Make the example's repository with its one commit, and return that.

    Raises ``NoGit`` where there is no git.
    """
    if shutil.which("git") is None:
        raise NoGit
    folder = repository()
    if not (folder / ".git").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for path in _files():
            target = folder / path.relative_to(FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        _git(folder, "init", "--quiet", "--initial-branch=main")
        _git(folder, "add", ".")
        _git(folder, "commit", "--quiet", "--message", "The example")
    return _git(folder, "rev-parse", "HEAD").strip()


def made_by_requests(requests: Collection[int]) -> dict[type[Record], list[int]]:
    """Return the records that executors made for these requests, by model."""
    attempts = Attempt.objects.filter(task__run_request__in=requests)
    runs = CodeRun.objects.filter(pk__in=attempts.values("code_run"))
    outputs = AttemptOutput.objects.filter(attempt__in=attempts.values("pk"))
    things = Object.objects.filter(
        Q(pk__in=outputs.values("object")) | Q(submission_script_of__in=runs)
    )
    parts = ObjectComponent.objects.filter(object__in=things)
    locations = StorageLocation.objects.filter(objects_here__in=things)
    products = DataProduct.objects.filter(object__in=things)
    found: list[QuerySet[Any]] = [runs, products, parts, things, locations]
    return {
        rows.model: sorted(set(rows.values_list("pk", flat=True))) for rows in found
    }


def _files() -> Iterator[Path]:
    yield from source_files()
    yield FOLDER / FILE_NAME


def _git(folder: Path, *arguments: str) -> str:
    who = {"NAME": "The Research Registry authors", "EMAIL": "example@localhost"}
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{name}": value
            for role in ("AUTHOR", "COMMITTER")
            for name, value in {**who, "DATE": _COMMITTED}.items()
        },
    }
    done = subprocess.run(  # noqa: S603 (the arguments are those above)
        ["git", "-C", str(folder), *arguments],  # noqa: S607 (found by PATH)
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
